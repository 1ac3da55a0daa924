import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { startHttp } from "../proxy/support/loopback.ts";
import { type RunningGateway, startTestGateway } from "../proxy/support/running-gateway.ts";

interface Arrived {
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

interface Bench {
  readonly gateway: RunningGateway;
  readonly arrived: Arrived[];
  /** Statuses of the next answers; 201 once they are used up. */
  readonly answers: number[];
  post(path: string, body: string, headers?: Record<string, string>): Promise<Response>;
}

const form = "application/x-www-form-urlencoded";
const directive = { in: "graphql-directive", fields: ["refund*"], directive: "idempotent", argument: "key" };
const variable = { in: "graphql-variable", fields: ["*Create"], argument: "input", pointer: "/id" };

/** A gateway before a service that records what arrives, with a row for each place. */
async function bench(tool: object = {}): Promise<Bench> {
  const arrived: Arrived[] = [];
  const answers: number[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await buffer(request)).toString("utf8");
    arrived.push({ url: request.url ?? "", rawHeaders: request.rawHeaders, body });
    response.writeHead(answers.shift() ?? 201, { "content-type": "application/json" }).end('{"ok":true}');
  };
  const service = await startHttp((request, response) => void answer(request, response));
  const folder = await mkdtemp(join(tmpdir(), "longstop-services-"));
  const file = join(folder, "services.yaml");
  const row = (path: string, key: object, more: object = {}): object => ({
    name: path,
    hosts: ["127.0.0.1"],
    paths: [path],
    key,
    source: "https://service.test/docs",
    checked: "2026-11-30",
    ...more,
  });
  const services = [
    row("/header", { in: "header", name: "X-Pay-Key" }, { keyLengthMax: 32 }),
    row("/quoted", { in: "header", name: "Idempotency-Key", quoted: true }),
    row("/json", { in: "json", pointer: "/meta/key" }, { keyForm: "uuid", storesErrors: true }),
    row("/kept", { in: "json", pointer: "/meta/key" }, { keyRetentionSeconds: 3600, ignore: ["/nonce"] }),
    row("/form", { in: "form", field: "IdempotencyKey" }),
    row("/query", { in: "query", parameter: "requestId" }),
    row("/directive", directive),
    row("/variable", variable),
    row("/refused", { in: "header", name: "Idempotency-Key" }, { conflict: "refused" }),
  ];
  await writeFile(file, stringify({ services }));
  const gateway = await startTestGateway({
    tools: { pay: { url: service.origin, ...tool } },
    effects: { services: file },
    posts: [],
  });
  onTestFinished(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true });
  });
  return {
    gateway,
    arrived,
    answers,
    post: (path, body, headers = {}) =>
      fetch(`${gateway.url}/tools/pay${path}`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...headers },
      }),
  };
}

function headersOf({ rawHeaders }: Arrived, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name.toLowerCase());
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

describe("a call of a service in the table", () => {
  it("carries a key in the header that the service reads, within its length, and in no other", async () => {
    const { post, arrived } = await bench();
    expect((await post("/header", '{"a":1}')).status).toBe(201);
    expect(headersOf(arrived[0]!, "x-pay-key")).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(headersOf(arrived[0]!, "idempotency-key")).toEqual([]);
    expect(arrived[0]!.body).toBe('{"a":1}');
  });

  it("carries it in quotes where the service reads the form of the IETF draft", async () => {
    const { post, arrived } = await bench();
    await post("/quoted", "{}");
    expect(headersOf(arrived[0]!, "idempotency-key")).toEqual([expect.stringMatching(`^"${uuid}"$`)]);
  });

  it("carries it in the body, everything else byte for byte", async () => {
    const { post, arrived } = await bench();
    await post("/json", '{ "amount" : 10.00, "id":12345678901234567890 }');
    expect(arrived[0]!.body).toMatch(
      new RegExp(`^\\{ "amount" : 10\\.00, "id":12345678901234567890,"meta":\\{"key":"${uuid}"\\} \\}$`),
    );
    await post("/form", "To=%2B49&Body=a+b", { "content-type": form });
    expect(arrived[1]!.body).toMatch(new RegExp(`^To=%2B49&Body=a\\+b&IdempotencyKey=${uuid}$`));
  });

  it("carries it in the query", async () => {
    const { post, arrived } = await bench();
    await post("/query?zone=a%2fb", "{}");
    expect(arrived[0]!.url).toMatch(new RegExp(`^/query\\?zone=a%2fb&requestId=${uuid}$`));
  });

  it("carries it in a GraphQL directive, and in a variable", async () => {
    const { post, arrived } = await bench();
    const refund = "mutation { refundCreate(input: {a: 1}) { id } }";
    await post("/directive", JSON.stringify({ query: refund }));
    expect((JSON.parse(arrived[0]!.body) as { query: string }).query).toMatch(
      new RegExp(
        `^mutation \\{ refundCreate\\(input: \\{a: 1\\}\\) @idempotent\\(key: "${uuid}"\\) \\{ id \\} \\}$`,
      ),
    );
    const create = "mutation($i: I!) { issueCreate(input: $i) { id } }";
    await post("/variable", JSON.stringify({ query: create, variables: { i: { title: "t" } } }));
    expect(JSON.parse(arrived[1]!.body)).toEqual({
      query: create,
      variables: { i: { title: "t", id: expect.stringMatching(`^${uuid}$`) } },
    });
  });

  it("keeps the client's own key, as the key of its operation", async () => {
    const { post, arrived } = await bench();
    const body = '{"amount":1,"meta":{"key":"0e03978e-40d5-43e8-bc93-6894a57f9324"}}';
    const first = await post("/json", body);
    expect(arrived[0]!.body).toBe(body);
    const again = await post("/json", body);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("longstop-operation")).toBe(first.headers.get("longstop-operation"));
    const other = await post("/json", body.replace('"amount":1', '"amount":2'));
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: "key_reused" });
    expect(arrived).toHaveLength(1);
  });

  it("is the same operation whatever random key its SDK put there, and keeps that of its first dispatch", async () => {
    const { post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    const body = (key: string): string => `{"amount":1,"meta":{"key":"${key}"}}`;
    const [one, other] = [randomUUID(), randomUUID()];
    answers.push(429);
    expect((await post("/json", body(one), run)).status).toBe(429);
    const first = arrived[0]!.body;
    expect((await post("/json", body(other), run)).status).toBe(201);
    expect([first, arrived[1]!.body]).toEqual([body(one), body(one)]);
  });

  it("is the same operation whatever stands in a field that its SDK fills with random tokens", async () => {
    const { post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    answers.push(500);
    const first = await post("/kept", '{"amount":1,"nonce":"a"}', run);
    const { operation } = (await first.json()) as { operation: string };
    expect(await (await post("/kept", '{"amount":1,"nonce":"b"}', run)).json()).toMatchObject({
      code: "outcome_unknown",
      operation,
    });
    expect(arrived).toHaveLength(1);
  });

  it("takes a key that the client said in the usual header to where the service wants it", async () => {
    const { post, arrived } = await bench();
    const key = { "idempotency-key": "order-7" };
    await post("/form", "a=1", { "content-type": form, ...key });
    expect(arrived[0]!.body).toBe("a=1&IdempotencyKey=order-7");
    await post("/json", "{}", key);
    expect(arrived[1]!.body).toMatch(new RegExp(`^\\{"meta":\\{"key":"${uuid}"\\}\\}$`));
    expect((await post("/json", "{}", key)).headers.get("idempotent-replayed")).toBe("true");
    expect(arrived).toHaveLength(2);
  });

  it("leaves its outcome open with 409, unless the row says that it is a refusal", async () => {
    const { post, answers } = await bench();
    answers.push(409, 409);
    expect(await (await post("/form", "a=1", { "content-type": form })).json()).toMatchObject({
      code: "outcome_unknown",
    });
    expect((await post("/refused", "{}")).status).toBe(409);
  });

  it("gets another key after a refusal where the service stores errors, and the same one elsewhere", async () => {
    const { post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    answers.push(422);
    await post("/json", "{}", run);
    await post("/json", "{}", run);
    expect(arrived[1]!.body).not.toBe(arrived[0]!.body);
    answers.push(422);
    await post("/header", "{}", run);
    await post("/header", "{}", run);
    expect(headersOf(arrived[3]!, "x-pay-key")).toEqual(headersOf(arrived[2]!, "x-pay-key"));
  });

  it("goes as it came where no key can be put, counts as not keyed, and the log says why", async () => {
    const { gateway, post, arrived, answers } = await bench();
    answers.push(409);
    const signed = { "content-digest": "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:" };
    const refused = await post("/json", '{"a":1}', signed);
    expect(refused.status).toBe(409);
    expect(arrived[0]!.body).toBe('{"a":1}');
    expect(JSON.stringify(gateway.logged)).toContain("the client vouches for its request in content-digest");
  });

  it("counts as not keyed with a client's key that the service does not take", async () => {
    const { post, arrived, answers } = await bench();
    answers.push(409);
    expect((await post("/json", '{"meta":{"key":"order-7"}}')).status).toBe(409);
    expect(arrived[0]!.body).toBe('{"meta":{"key":"order-7"}}');
  });

  it("cannot lose its key to a Connection header that lists it", async () => {
    const { gateway, arrived } = await bench();
    await new Promise<void>((resolve, reject) => {
      httpRequest(
        `${gateway.url}/tools/pay/quoted`,
        { method: "POST", headers: { connection: "close, Idempotency-Key" } },
        (answer) => answer.resume().on("end", resolve),
      )
        .on("error", reject)
        .end("{}");
    });
    expect(headersOf(arrived[0]!, "idempotency-key")).toHaveLength(1);
  });
});

describe("a call in doubt of a service that states how long it remembers keys", () => {
  const body = (key: string): string => `{"amount":1,"meta":{"key":"${key}"}}`;

  it("is sent again by the next retry: the same bytes, with the key of its first dispatch in its place", async () => {
    const { post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    answers.push(500);
    expect(await (await post("/kept", '{"amount":1}', run)).json()).toMatchObject({ sentAgain: true });
    expect((await post("/kept", '{"amount":1}', run)).status).toBe(201);
    expect(arrived[0]!.body).toMatch(new RegExp(`^\\{"amount":1,"meta":\\{"key":"${uuid}"\\}\\}$`));
    expect(arrived[1]!.body).toBe(arrived[0]!.body);
  });

  it("is sent again also where its SDK put another random key there", async () => {
    const { post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    answers.push(500);
    await post("/kept", body("one"), run);
    expect((await post("/kept", body("other"), run)).status).toBe(201);
    expect(arrived.map((one) => one.body)).toEqual([body("one"), body("one")]);
  });

  it("is not sent again by a retry whose other bytes differ, nor where the service states nothing", async () => {
    const { post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    answers.push(500, 500);
    await post("/kept", body("one"), run);
    expect((await post("/kept", body("one").replace(":1", ": 1"), run)).status).toBe(400);
    await post("/form", "a=1", { ...run, "content-type": form });
    expect((await post("/form", "a=1", { ...run, "content-type": form })).status).toBe(400);
    expect(arrived).toHaveLength(2);
  });

  it("is not sent again once its key has another place", async () => {
    const { gateway, post, arrived, answers } = await bench();
    const run = { "longstop-run": randomUUID() };
    const kept = { keyed: true, keyRetentionSeconds: 3600 };
    const service = `http://${headersOf((await post("/other", "{}"), arrived[0]!), "host")[0]}`;
    await gateway.reload({ posts: [], tools: { pay: { url: service, ...kept } } });
    answers.push(500);
    expect(await (await post("/kept", '{"amount":1}', run)).json()).toMatchObject({ sentAgain: true });
    await gateway.reload({
      posts: [],
      tools: { pay: { url: service, ...kept, idempotencyHeader: "X-Key" } },
    });
    expect((await post("/kept", '{"amount":1}', run)).status).toBe(400);
    expect(arrived).toHaveLength(2);
  });
});

describe("a tool's own settings", () => {
  it.each([{ keyed: false }, { idempotencyHeader: "X-Own" }, { rules: [{ path: "/json", keyed: false }] }])(
    "%j take the row away",
    async (tool) => {
      const { post, arrived } = await bench(tool);
      await post("/json", "{}");
      expect(arrived[0]!.body).toBe("{}");
      const header = "idempotencyHeader" in tool ? tool.idempotencyHeader : "idempotency-key";
      expect(headersOf(arrived[0]!, header)).toHaveLength(1);
    },
  );
});
