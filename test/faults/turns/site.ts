import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { Gateways } from "../support/gateways.ts";
import type { SiteLedger } from "../support/ledgers.ts";
import { Asking, type Way } from "./asking.ts";
import { Model } from "./model.ts";
import type { Content, Speech } from "./speech.ts";

/** One model, one configuration and one ledger; gateways come and go. */
export class TurnSite extends Gateways {
  readonly model: Model;
  readonly speech: Speech;
  readonly askings: Asking[] = [];

  private constructor(model: Model, speech: Speech, config: string, ledger: SiteLedger) {
    super(config, ledger);
    this.model = model;
    this.speech = speech;
  }

  /** `judged`: a post watches the answers, so that calls are held. */
  static async make(folder: string, speech: Speech, ledger: SiteLedger, judged: boolean): Promise<TurnSite> {
    await mkdir(folder, { recursive: true });
    const config = join(folder, "longstop.yaml");
    const model = await Model.start();
    await writeFile(
      config,
      stringify({
        listen: { port: 0 },
        ledger: ledger.configured,
        upstreams: { openai: { url: model.url }, anthropic: { url: model.url } },
        posts: judged ? [{ guard: "tool-schema" }] : [],
        turns: { mode: "enforce", graceSeconds: 30 },
        log: { level: "error" },
      }),
    );
    return new TurnSite(model, speech, config, ledger);
  }

  /** A turn that somebody wants. `paid`: how many generations of it may be made in the end. */
  asking(name: string, way: Way, content: Content, ...paid: readonly number[]): Asking {
    const turn = `${name}-${way}-${this.askings.length}-${content}`;
    const asking = new Asking(turn, way, content, this.speech, paid);
    this.askings.push(asking);
    return asking;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.model.close();
  }
}
