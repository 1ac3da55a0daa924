import type { Told } from "./exchange.ts";
import { SimulatedGateway, tenants, virtualKey } from "./gateways.ts";
import { generationsIn, Model } from "./model.ts";
import { peace, type Simulated, trouble } from "./simulate.ts";
import { Disk } from "./store.ts";
import { World } from "./world.ts";

/** For so long things go wrong, and within so long after that everybody must have an answer, ms. */
const faultyMs = 60_000;
const answeredMsMax = 10 * 60_000;
/** Where a claim met no ledger, its turn passed and is asked for once more, ms. */
const unrecordedMs = 60_000;

/**
 * How somebody asks again. `agent`: as a later attempt. `retrier`: in the same attempt, and says so. `silent`: in
 * the same attempt, once its connection is gone. `sampler`: it wants several answers to one prompt.
 */
type Way = "agent" | "retrier" | "silent" | "sampler";

/** One turn that somebody wants. */
interface Story {
  readonly name: string;
  readonly tenant: string;
  readonly way: Way;
  /** The generation that its client has, and that is written down: from then on there is no other one. */
  fixed: number | null;
  /** An answer was handed over for a client that had left: an equal request is another sample then. */
  lostOnTheWire: boolean;
  /** Gateways at which a client of it left: what it asked may be heard there late, and is a sample then. */
  readonly left: Set<string>;
  ended: boolean;
}

interface Stage {
  readonly world: World;
  readonly disk: Disk;
  readonly gateways: readonly SimulatedGateway[];
}

interface Asked {
  readonly attempt: string;
  readonly marked?: boolean;
}

/** Plays one history of turns: clients that leave, gateways that die, a model that breaks off. */
export async function simulateTurns(seed: number): Promise<Simulated> {
  const world = new World(seed);
  const disk = new Disk(world);
  const { random } = world;
  const beganMs = world.nowMs;
  const stories = new Map<string, Story>();
  const model = new Model(world, (turn, at) => mayBeAsked(world, disk, stories.get(turn), at));
  const isAlone = random.chance(0.5);
  const names = isAlone ? ["gateway"] : ["one", "two", "three"];
  const gateways = names.map((name) => new SimulatedGateway(name, world, disk, model, isAlone));
  for (const gateway of gateways) gateway.start();
  world.say("world", `seed ${seed}: turns, ${names.length} gateways`);
  const stage: Stage = { world, disk, gateways };
  let running = 0;
  for (let i = random.between(2, 5); i > 0; i--) {
    running += 1;
    void scene(stage, stories, isAlone).then(() => (running -= 1));
  }
  trouble(stage);
  world.after(faultyMs, null, () => peace(stage));
  await world.run(faultyMs + answeredMsMax, () => running === 0);
  for (const story of stories.values()) check(world, disk, story);
  return {
    seed,
    violations: world.violations,
    trace: world.trace,
    counts: world.counts,
    simulatedMs: world.nowMs - beganMs,
  };
}

/** What must be true of every turn once all is over. */
function check(world: World, disk: Disk, { name, tenant, way, ended }: Story): void {
  if (!ended) world.violated(`${name} has no answer`);
  const records = disk.ask("listClaims", { tenant, kind: "turn", run: name, limit: 10 });
  // Its first request may be heard late, when its retries have been; those are never turns of their own.
  if (way === "retrier" && records.length > 2) world.violated(`${name} became ${records.length} turns`);
}

/** Somebody who wants a turn, or several. */
async function scene(stage: Stage, stories: Map<string, Story>, isAlone: boolean): Promise<void> {
  const { world } = stage;
  const { random } = world;
  // Only one gateway can know that a client is gone, and whom an answer is just being handed to.
  const alone = isAlone ? 1 : 0;
  const way = random.weighted({ agent: 3, retrier: 3, silent: 2 * alone, sampler: 2 * alone });
  const name = `${way}-${world.newId()}`;
  const tenant = random.pick(tenants);
  const story: Story = {
    name,
    tenant,
    way,
    fixed: null,
    lostOnTheWire: false,
    left: new Set(),
    ended: false,
  };
  stories.set(name, story);
  world.count(`turns by ${way}`);
  await wait(world, random.between(0, 20_000));
  if (way === "sampler") await sample(stage, story);
  else await insist(stage, story, way);
  story.ended = true;
}

async function insist(stage: Stage, story: Story, way: Exclude<Way, "sampler">): Promise<void> {
  const { world } = stage;
  let starts = 0;
  const ask = (): Promise<number | null> => {
    starts += 1;
    if (way === "agent") return askOnce(stage, story, { attempt: `a${starts}` });
    return askOnce(stage, story, { attempt: "a", marked: way === "retrier" && starts > 1 });
  };
  for (;;) {
    if ((await ask()) !== null) break;
    await wait(world, world.random.between(1, 1500));
  }
  // Begun again, it is told the same.
  for (let more = world.random.between(1, 3); more > 0; more--) {
    await wait(world, world.random.between(0, 4000));
    await askOnce(stage, story, { attempt: `later-${more}` });
  }
}

/** Several answers to one prompt at the same time, and all of them again. */
async function sample(stage: Stage, story: Story): Promise<void> {
  const { world } = stage;
  const many = world.random.between(2, 5);
  const asking = Array.from({ length: many }, async () => {
    await wait(world, world.random.between(0, 400));
    return askOnce(stage, story, { attempt: "a" });
  });
  const all = await Promise.all(asking);
  distinct(stage, story, all);
  const again: (number | null)[] = [];
  for (let at = 0; at < many; at++) {
    const answer = await askOnce(stage, story, { attempt: "b" });
    again.push(answer);
    // Whoever heard nothing and asks again may have the answer of the request before.
    if (answer === null) return;
  }
  distinct(stage, story, again);
}

function distinct({ world, disk }: Stage, story: Story, answers: readonly (number | null)[]): void {
  const heard = answers.filter((one) => one !== null);
  world.count("samples", heard.length);
  if (new Set(heard).size === heard.length || story.lostOnTheWire || hadNoLedger(world, disk)) return;
  world.violated(`${story.name} lost a sample: ${heard.join(" ")}`);
}

/** One request. Gives the generation that answered it, or null where it had no whole answer. */
async function askOnce(stage: Stage, story: Story, asked: Asked): Promise<number | null> {
  const { world, disk } = stage;
  const told = await send(stage, story, asked);
  if (told === "nothing" || told.status !== 200) return null;
  const { generations, endsWell, hasAll } = generationsIn(told.body);
  if (!endsWell) return null;
  const [generation = 0] = generations;
  if (!hasAll) world.violated(`${story.name} heard a part as if it were all`);
  const isRecorded = told.headers["longstop-recorded"] !== "false";
  world.count(isRecorded ? "whole answers" : "whole answers that are not recorded");
  if (told.headers["longstop-replayed"] === "true") world.count("replays");
  if (!isRecorded || story.way === "sampler" || story.lostOnTheWire) return generation;
  if (story.fixed !== null && story.fixed !== generation && isOne(disk, story)) {
    world.violated(`${story.name} was answered with generation ${story.fixed}, and then with ${generation}`);
  }
  if (isOne(disk, story, "done")) story.fixed ??= generation;
  return generation;
}

/**
 * It is one turn, and its end is on the disk where that is asked. What a gateway heard of late, after its client
 * had asked elsewhere, is a turn of its own.
 */
function isOne(disk: Disk, { name, tenant }: Story, state?: "done"): boolean {
  const records = disk.ask("listClaims", { tenant, kind: "turn", run: name, limit: 10 });
  return records.length === 1 && (state === undefined || records[0]?.state === state);
}

/** True where the mark that an answer was handed over may have met no ledger. */
function hadNoLedger(world: World, disk: Disk): boolean {
  return disk.down || world.nowMs - disk.downUntilMs < unrecordedMs;
}

/** Invariant: what is finished is not paid for again, while there is a ledger to know it. */
function mayBeAsked(world: World, disk: Disk, story: Story | undefined, gateway: string): void {
  if (story === undefined || story.fixed === null || story.lostOnTheWire || story.left.has(gateway)) return;
  if (hadNoLedger(world, disk)) return;
  world.violated(`${story.name} was asked for again, and it was finished`);
}

function send(
  { world, gateways }: Stage,
  story: Story,
  { attempt, marked }: Asked,
): Promise<Told | "nothing"> {
  const { name, tenant } = story;
  const { random } = world;
  const gateway = random.pick(gateways);
  const request = {
    method: "POST",
    url: `/k/${virtualKey(tenant)}/run/${name}/attempt/${attempt}/v1/chat/completions`,
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${name}`,
      ...(marked === true ? { "x-stainless-retry-count": "1" } : {}),
    },
    body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: name }] }),
  };
  const patienceMs = world.faulty ? random.pick([random.between(1, 400), 2000, 12_000]) : 120_000;
  world.say(name, `asks ${gateway.name} as ${attempt}${marked === true ? ", again" : ""}`);
  return new Promise((resolve) => {
    let isHere = true;
    const end = (what: Told | "nothing"): void => {
      if (!isHere) return;
      isHere = false;
      world.say(name, what === "nothing" ? "hears nothing" : `hears ${what.status} ${saidIn(what.body)}`);
      resolve(what);
    };
    world.after(random.between(0, 10), null, () => {
      const leave = gateway.serve(request, {
        head: () => {},
        piece(body) {
          const { generations } = generationsIn(body);
          if (generations.length > 1)
            world.violated(`${name} has words of the generations ${generations.join(" ")}`);
        },
        handedOver(told) {
          world.after(random.between(0, 10), null, () => {
            if (isHere) return end(told);
            story.lostOnTheWire = true;
            world.count("answers lost on the wire");
          });
        },
        broken: () => world.after(random.between(0, 10), null, () => end("nothing")),
      });
      if (leave === null) return end("nothing");
      world.after(patienceMs, null, () => {
        if (!isHere) return;
        world.count("clients that left");
        story.left.add(gateway.name);
        leave();
        end("nothing");
      });
    });
  });
}

function saidIn(body: string): string {
  const { generations, endsWell } = generationsIn(body);
  return `generation ${generations.join(" ")}${endsWell ? "" : ", in part"}`;
}

function wait(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => world.after(ms, null, resolve));
}
