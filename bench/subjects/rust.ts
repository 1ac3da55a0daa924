// Starts @lmnr-ai/claude-code-proxy, a pass-through proxy in Rust inside a native addon: node rust.ts PORT ORIGIN
import { createRequire } from "node:module";

interface RustProxy {
  readonly ProxyServer: new (port: number) => { runServer(upstream: string): unknown };
}

const [port = "0", origin = ""] = process.argv.slice(2);
const requirePeer = createRequire(new URL("../peers/package.json", import.meta.url));
const { ProxyServer } = requirePeer("@lmnr-ai/claude-code-proxy") as RustProxy;
new ProxyServer(Number(port)).runServer(origin);
