import { Command } from "commander";
import { expect, it } from "vitest";
import { addEffectCommands } from "../../src/cli/effect-commands.ts";

it("says of effects and of their resolution what they take", () => {
  const program = new Command();
  addEffectCommands(program, {} as never, {} as never);
  const help = program.commands.map((command) => command.helpInformation());
  expect(help).toHaveLength(2);
  for (const option of ["--in-doubt", "--run <run>", "--limit <count>", "--json", "--ledger <file>"]) {
    expect(help[0]).toContain(option);
  }
  for (const option of ["--done <file>", "--not-done", "--abandon", "--reason <text>", "<operation>"]) {
    expect(help[1]).toContain(option);
  }
});
