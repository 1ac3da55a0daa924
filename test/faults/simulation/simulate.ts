import { ask, endingOf, insist, isOk, type Operation, type Stage, type Story } from "./callers.ts";
import { leaseMs, SimulatedGateway, tenants } from "./gateways.ts";
import { Disk } from "./store.ts";
import { Tool } from "./tool.ts";
import { World } from "./world.ts";

/** For so long things go wrong, and within so long after that everything must have ended, ms. */
const faultyMs = 60_000;
const endMsMax = 15 * 60_000;

/** What one seed gave. */
export interface Simulated {
  readonly seed: number;
  /** One sentence for each promise that was broken. Empty is good. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly simulatedMs: number;
}

/** Plays one history: callers that insist, gateways that die, a tool that misbehaves. */
export async function simulate(seed: number): Promise<Simulated> {
  const world = new World(seed);
  const disk = new Disk(world);
  const { random } = world;
  const beganMs = world.nowMs;
  const tool = new Tool(world, disk, random.pick(["dumb", "keyed"] as const));
  const isAlone = random.chance(0.5);
  const names = isAlone ? ["gateway"] : ["one", "two", "three"];
  const gateways = names.map((name) => new SimulatedGateway(name, world, disk, tool, isAlone));
  world.say("world", `seed ${seed}: a ${tool.mode} tool, ${names.length} gateways`);
  for (const gateway of gateways) gateway.start();
  const stage: Stage = { world, disk, gateways };
  const stories: Story[] = [];
  let running = 0;
  const play = (what: Promise<void>): void => {
    running += 1;
    void what.then(() => (running -= 1));
  };
  for (let i = random.between(2, 6); i > 0; i--) play(scene(stage, stories, isAlone));
  trouble(stage);
  world.after(faultyMs, null, () => peace(stage));
  await world.run(faultyMs + endMsMax, () => running === 0);
  if (world.faulty) peace(stage);
  for (const { operation, ending } of stories) {
    if (ending === null) world.violated(`${operation.name} did not end`);
  }
  // Whatever is still running is over when its lease is; then the ledger says how everything ended.
  let isOver = false;
  world.after(3 * leaseMs + 20_000, null, () => (isOver = true));
  await world.run(2 * endMsMax, () => isOver);
  check(world, disk, tool, stories);
  return {
    seed,
    violations: world.violations,
    trace: world.trace,
    counts: world.counts,
    simulatedMs: world.nowMs - beganMs,
  };
}

/** Somebody who wants something done. */
async function scene(stage: Stage, stories: Story[], isAlone: boolean): Promise<void> {
  const { world } = stage;
  const { random } = world;
  // Only one gateway can know that a client is gone.
  const alone = isAlone ? 1 : 0;
  const kinds = { agent: 3, run: 2, key: 2, stable: 1, anonymous: 1.5 * alone, resumed: 1.5 * alone };
  const kind = random.weighted(kinds);
  const tenant = random.pick(tenants);
  const id = world.newId();
  await new Promise<void>((resolve) => world.after(random.between(0, 20_000), null, resolve));
  const begin = (more: Partial<Operation>): Story => {
    const plain = { name: id, tenant, tool: "write", run: null, key: null, freshKeys: false } as const;
    const body = `{"amount":${random.between(1, 2)}}`;
    const story = { operation: { ...plain, body, ...more }, okays: [], ending: null, lostOnTheWire: false };
    stories.push(story);
    world.count(`operations by ${kind}`);
    return story;
  };
  switch (kind) {
    case "agent":
      return agent(stage, begin, id);
    case "run": {
      // The name of a run says nothing about whose it is: tenants choose the same ones.
      const run = `run-${stories.length}-${random.between(1, 2)}`;
      const isTaken = stories.some(({ operation }) => operation.tenant === tenant && operation.run === run);
      const more = {
        tool: "irreversible",
        run: isTaken ? `${run}-${id}` : run,
        freshKeys: random.chance(0.5),
      };
      return insistAndAsk(stage, begin(more as Partial<Operation>), () => "a");
    }
    case "key":
      // Two tenants may use one key, for one payload or for two.
      return twins(stage, begin, { key: `key-${id}` });
    case "stable": {
      // A key that differs is another operation here, also where all else is equal.
      const both = [1, 2].map((n) =>
        begin({ name: `${id}-${n}`, tool: "stable", key: `key-${id}-${n}`, body: "{}" }),
      );
      await Promise.all(both.map((story) => insistAndAsk(stage, story, () => null)));
      return;
    }
    case "resumed": {
      const story = begin({ run: `resumed-${id}` });
      for (const attempt of ["a", "b", "c", "d"]) {
        await insist(stage, story, () => attempt);
        if (story.ending !== "done") return;
      }
      return;
    }
    case "anonymous":
      for (let n = 1; n <= 4; n++) {
        const name = `${id}-${n}`;
        await insist(stage, begin({ name, body: JSON.stringify({ only: name }) }), () => null);
      }
      return;
  }
}

type Begin = (more: Partial<Operation>) => Story;

async function twins(stage: Stage, begin: Begin, more: Partial<Operation>): Promise<void> {
  const body = JSON.stringify({ only: stage.world.newId() });
  const both = tenants.map((tenant) => begin({ ...more, body, tenant, name: `${tenant}-${more.key}` }));
  await Promise.all(both.map((story) => insistAndAsk(stage, story, () => null)));
}

/** Calls until it is known how it ended, and then perhaps once more: an answer must be the same, a doubt may end. */
async function insistAndAsk(stage: Stage, story: Story, attempt: () => string | null): Promise<void> {
  await insist(stage, story, attempt);
  const asksAgain = story.ending === "done" || story.ending === "in-doubt";
  if (asksAgain && stage.world.random.chance(0.5)) await insist(stage, story, attempt);
}

/**
 * An agent that calls the same tool up to three times in a row, partly with equal arguments, and begins from the
 * start under a new attempt whenever it does not hear an answer, or dies itself.
 */
async function agent(stage: Stage, begin: Begin, id: string): Promise<void> {
  const { world } = stage;
  const { random } = world;
  const freshKeys = random.chance(0.3);
  const repeats = random.chance(0.4);
  const steps = Array.from({ length: random.between(1, 3) }, (_, step) =>
    begin({
      name: `${id}-${step + 1}`,
      run: `agent-${id}`,
      freshKeys,
      body: JSON.stringify(repeats ? { amount: random.between(1, 2) } : { step }),
    }),
  );
  for (let attempt = 1; ; attempt++) {
    if (await attemptOf(stage, steps, `a${attempt}`)) return;
    world.count("agents that began again");
    await new Promise<void>((resolve) => world.after(random.between(50, 3000), null, resolve));
  }
}

/** One attempt. False where the agent must begin again. */
async function attemptOf(stage: Stage, steps: readonly Story[], attempt: string): Promise<boolean> {
  const { world } = stage;
  for (const story of steps) {
    // Whether a call counted is not to be known before its answer: an agent that hears none begins again.
    const told = await ask(stage, story, attempt);
    if (told === "nothing") return false;
    if (isOk(told)) story.okays.push(told);
    story.ending = endingOf(told, story.operation);
    if (story.ending === null) return false;
    if (world.faulty && world.random.chance(0.15)) return false;
    if (story.ending === "done") continue;
    // It stops here: whether to go on is for a human to say.
    for (const later of steps) later.ending ??= story.ending;
    return true;
  }
  return true;
}

/** Gateways die and stop, and the ledger is down, now and then. */
export function trouble({ world, disk, gateways }: Stage): void {
  const { random } = world;
  const crashEveryMs = random.pick([4000, 10_000, 1_000_000]);
  const stopEveryMs = random.pick([8000, 1_000_000]);
  const downEveryMs = random.pick([10_000, 1_000_000]);
  const again = (everyMs: number, what: () => void): void => {
    world.after(random.between(0, 2 * everyMs), null, () => {
      if (!world.faulty) return;
      what();
      again(everyMs, what);
    });
  };
  for (const gateway of gateways) {
    again(crashEveryMs, () => {
      if (!gateway.alive) return;
      gateway.crash();
      world.after(random.between(100, 5000), null, () => gateway.alive || gateway.start());
    });
    again(stopEveryMs, () => gateway.stopFor(random.pick([200, 3000, leaseMs + 5000, 3 * leaseMs])));
  }
  again(downEveryMs, () => {
    disk.down = true;
    world.count("outages of the ledger");
    world.after(random.between(50, 6000), null, () => disk.up());
  });
}

/** From now on nothing goes wrong. */
export function peace({ world, disk, gateways }: Stage): void {
  world.faulty = false;
  disk.up();
  world.say("world", "nothing goes wrong any more");
  for (const gateway of gateways) if (!gateway.alive) gateway.start();
}

/** What must be true of every operation once all is over. */
function check(world: World, disk: Disk, tool: Tool, stories: readonly Story[]): void {
  const users = new Map<string, string>();
  for (const story of stories) {
    const { operation, okays, ending, lostOnTheWire } = story;
    const { name, key } = operation;
    const times = tool.effects.get(name) ?? 0;
    const siblings = stories.filter((one) => one !== story && isEqualStep(one.operation, operation));
    // A call that is repeated after its answer was handed over is a new one, if nothing else says that it is not.
    const isUntold = key === null && operation.tool === "write" && lostOnTheWire;
    const ofAll = [story, ...siblings].reduce(
      (sum, one) => sum + (tool.effects.get(one.operation.name) ?? 0),
      0,
    );
    // Which of several equal steps an effect stands for is not to be told; that there are not more is.
    if (ofAll > 1 + siblings.length && !isUntold) world.violated(`${name} was done ${times} times`);
    if (okays.length > 0 && times === 0) {
      // That an answer was handed over may be forgotten by a crash, or not be known yet to another gateway:
      // then a step that is equal to the one before it gets that one's answer. It is never done twice for it.
      if (ofAll > 0) world.count("steps answered as the equal one before");
      else world.violated(`${name} heard ok and was never done`);
    }
    const answers = new Set(okays.map(({ status, body }) => `${status} ${body}`));
    if (answers.size > 1 && !isUntold && siblings.length === 0) {
      world.violated(`${name} heard ${answers.size} different answers`);
    }
    if (ending !== null) world.count(`ended ${ending}`);
    if (ending === "unkept" && (times === 0 || disk.downUntilMs === -Infinity)) {
      world.violated(`${name} heard that its answer is not kept, and nothing kept it from that`);
    }
    if (ending === "in-doubt" && times === 0) world.count("doubted falsely");
    const keys = tool.keys.get(name) ?? new Set();
    for (const one of keys) {
      const other = users.get(one) ?? name;
      if (other !== name && !siblings.some(({ operation: { name: sibling } }) => sibling === other)) {
        world.violated(`${name} and ${other} share the key ${one}`);
      }
      users.set(one, name);
    }
    if (keys.size > 1 && !tool.refusedForMoney.has(name) && !isUntold && siblings.length === 0) {
      world.violated(`${name} was dispatched under ${keys.size} keys`);
    }
  }
  for (const record of disk.records()) {
    if (record.state === "intent") world.violated(`the record ${record.id} never ended`);
    world.count(`records ${record.state}`);
  }
}

/** Two steps of one agent that only their place tells apart. */
function isEqualStep(one: Operation, other: Operation): boolean {
  const isStep = one.run !== null && one.tool === "write";
  return isStep && one.tenant === other.tenant && one.run === other.run && one.body === other.body;
}
