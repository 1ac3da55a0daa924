import type { Told } from "./exchange.ts";
import { virtualKey, type SimulatedGateway } from "./gateways.ts";
import type { Disk } from "./store.ts";
import type { World } from "./world.ts";

/** One thing that somebody wants done once. */
export interface Operation {
  /** Known to the tool alone: the gateway never looks at it. */
  readonly name: string;
  readonly tenant: string;
  readonly tool: "write" | "irreversible" | "stable";
  readonly run: string | null;
  readonly key: string | null;
  /** Another key for each request, as SDKs make one: it says nothing. */
  readonly freshKeys: boolean;
  readonly body: string;
}

/** How an operation ended for its caller. */
export type Ending = "done" | "in-doubt" | "cut" | "unkept" | "refused";

/** What became of an operation, as its caller knows it. */
export interface Story {
  readonly operation: Operation;
  readonly okays: Told[];
  ending: Ending | null;
  /** True once an answer was handed over for a caller that had left: no gateway can know of it. */
  lostOnTheWire: boolean;
}

/** What everything here happens in. */
export interface Stage {
  readonly world: World;
  readonly disk: Disk;
  readonly gateways: readonly SimulatedGateway[];
}

const endings: Readonly<Record<string, Ending>> = {
  outcome_unknown: "in-doubt",
  answer_incomplete: "cut",
  answer_expired: "unkept",
  operation_abandoned: "in-doubt",
};

export function isOk({ status }: Told): boolean {
  return status >= 200 && status < 300;
}

/** How an answer ends a call, or null where calling again is right. */
export function endingOf(told: Told, { key, freshKeys }: Operation): Ending | null {
  if (isOk(told)) return "done";
  // A service may keep the refusal under the caller's own key, and then calling again never helps.
  if (told.status === 402 && (key !== null || freshKeys)) return "refused";
  if (!(told.headers["content-type"] ?? "").includes("problem+json")) return null;
  return endings[(JSON.parse(told.body) as { readonly code: string }).code] ?? null;
}

/** One request and what came of it: an answer, or "nothing" where the connection broke or patience ended. */
export function ask(stage: Stage, story: Story, attempt: string | null): Promise<Told | "nothing"> {
  const { world, disk } = stage;
  const { name, tenant, tool, run, key, freshKeys, body } = story.operation;
  const gateway = world.random.pick(stage.gateways);
  const runs = run === null ? "" : `/run/${run}${attempt === null ? "" : `/attempt/${attempt}`}`;
  const sent = freshKeys ? world.newId() : key;
  const request = {
    method: "POST",
    url: `/k/${virtualKey(tenant)}${runs}/tools/${tool}/charges`,
    headers: {
      "content-type": "application/json",
      "x-operation": name,
      // A service keeps the keys of one account apart from those of another.
      authorization: `Bearer of ${tenant}`,
      ...(sent === null ? {} : { "idempotency-key": sent }),
    },
    body,
  };
  // Some leave just when their answer is about to come.
  const patienceMs = world.faulty
    ? world.random.pick([world.random.between(1, 60), 300, 2000, 12_000])
    : 60_000;
  world.say(name, `calls ${gateway.name} ${request.url}`);
  return new Promise((resolve) => {
    let isHere = true;
    const end = (what: Told | "nothing"): void => {
      if (!isHere) return;
      isHere = false;
      world.say(
        name,
        what === "nothing" ? "hears nothing" : `hears ${what.status} ${what.body.slice(0, 60)}`,
      );
      resolve(what);
    };
    world.after(world.random.between(0, 10), null, () => {
      const leave = gateway.serve(request, {
        head: (status, headers) => mustBeTrue(world, disk, story, status, headers),
        handedOver(told) {
          world.after(world.random.between(0, 10), null, () => {
            if (isHere) return end(told);
            story.lostOnTheWire = true;
            world.count("answers lost on the wire");
          });
        },
        broken: () => world.after(world.random.between(0, 10), null, () => end("nothing")),
      });
      if (leave === null) return end("nothing");
      world.after(patienceMs, null, () => {
        if (!isHere) return;
        world.count("callers that left");
        leave();
        end("nothing");
      });
    });
  });
}

/** Invariant: a caller that hears ok hears it of something that is on the disk as done. */
function mustBeTrue(
  world: World,
  disk: Disk,
  { operation }: Story,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  if (status < 200 || status >= 300) return;
  const record = disk.ask("read", headers["longstop-operation"] ?? "");
  if (headers["idempotent-replayed"] === "true") world.count("replays");
  if (record === null)
    return world.violated(`${operation.name} heard ok of an operation that is not recorded`);
  if (record.state !== "done" && record.state !== "resolved-done") {
    world.violated(`${operation.name} heard ok while its record says ${record.state}`);
  }
}

/** Calls until it is known how the operation ended. `attempt` names the attempt of each call. */
export async function insist(stage: Stage, story: Story, attempt: () => string | null): Promise<void> {
  const { world } = stage;
  for (;;) {
    const told = await ask(stage, story, attempt());
    const ending = told === "nothing" ? null : endingOf(told, story.operation);
    if (told !== "nothing" && isOk(told)) story.okays.push(told);
    if (ending !== null) {
      story.ending = ending;
      return;
    }
    await new Promise<void>((resolve) => world.after(world.random.between(10, 1500), null, resolve));
  }
}
