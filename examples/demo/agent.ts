// An agent as the demo needs it: something that is asked, calls tools, and remembers everything.

export interface AgentTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: {
    readonly type: "object";
    readonly properties: Readonly<Record<string, { readonly type: string }>>;
    readonly required: string[];
  };
  run(args: Readonly<Record<string, unknown>>): Promise<string>;
}

/** A call as the agent's code received it from its SDK, whether or not it then ran. */
export interface SeenCall {
  readonly name: string;
  readonly args: unknown;
}

export interface Agent {
  /** Every call that reached this agent. */
  readonly calls: readonly SeenCall[];
  ask(question: string): Promise<string>;
}

export interface AgentSettings {
  /** Where the models are: the provider, or Longstop. Nothing else differs. */
  readonly modelsUrl: string;
  readonly system: string;
  readonly tools: readonly AgentTool[];
}

export type MakeAgent = (settings: AgentSettings) => Agent;

export async function runNamed(tools: readonly AgentTool[], name: string, args: unknown): Promise<string> {
  const tool = tools.find((one) => one.name === name);
  return tool === undefined ? `There is no tool ${name}.` : tool.run((args ?? {}) as Record<string, unknown>);
}

/** True where the call names a tool that there is and fits its parameters, and nothing else is in it. */
export function fits(tools: readonly AgentTool[], call: SeenCall): boolean {
  const parameters = tools.find((one) => one.name === call.name)?.parameters;
  if (parameters === undefined || typeof call.args !== "object" || call.args === null) return false;
  const given = Object.entries(call.args);
  return (
    parameters.required.every((name) => given.some(([key]) => key === name)) &&
    given.every(([key, value]) => typeof value === parameters.properties[key]?.type)
  );
}
