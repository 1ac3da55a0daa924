import { userInfo } from "node:os";
import { expect, it } from "vitest";
import { userName } from "../../src/cli/user-name.ts";

it("the audit names the account, and the person behind sudo", () => {
  const account = userInfo().username;
  expect(userName({})).toBe(account);
  expect(userName({ SUDO_USER: "" })).toBe(account);
  expect(userName({ SUDO_USER: account })).toBe(account);
  expect(userName({ SUDO_USER: "ada" })).toBe(`ada as ${account}`);
});
