import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the fake answers. */
export interface FakeCluster {
  /** Answer of `get KIND`; a kind that is missing makes kubectl fail. */
  readonly objects: Readonly<Record<string, unknown>>;
  /** Bodies that the forwarded port serves, by path; without them `port-forward` fails. */
  readonly pages?: Readonly<Record<string, string>>;
  /** How `scale` and `wait` fail; without a message they succeed without a word. */
  readonly fails?: Readonly<Record<string, string>>;
}

/** Programs in place of kubectl and the AWS CLI: real processes, which write their calls to a file. */
export class FakeKubectl {
  readonly #folder = mkdtempSync(join(tmpdir(), "fake-kubectl-"));

  constructor(cluster: FakeCluster) {
    writeFileSync(join(this.#folder, "cluster.json"), JSON.stringify(cluster));
    for (const [name, program] of [
      ["kubectl", KUBECTL],
      ["aws", AWS],
    ] as const) {
      writeFileSync(join(this.#folder, name), `#!${process.execPath}\n${LOG}${program}`);
      chmodSync(join(this.#folder, name), 0o755);
    }
  }

  /** Environment in which commands run these programs. */
  env(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    const neutral = Object.entries(process.env).filter(([name]) => !name.startsWith("CAREPATH_"));
    return { ...Object.fromEntries(neutral), PATH: `${this.#folder}:${process.env["PATH"] ?? ""}`, ...more };
  }

  /** `<program> <arguments>` of every call, in order. */
  get calls(): string[] {
    const file = join(this.#folder, "calls.log");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const LOG = `
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const { basename, dirname, join } = require("node:path");
const folder = dirname(__filename);
const args = process.argv.slice(2);
appendFileSync(join(folder, "calls.log"), basename(__filename) + " " + args.join(" ") + "\\n");
`;

const AWS = `writeFileSync(args[args.indexOf("--kubeconfig") + 1], "");`;

const KUBECTL = `
const { objects, pages, fails = {} } = JSON.parse(readFileSync(join(folder, "cluster.json"), "utf8"));
const verb = args.findIndex((word) => ["get", "port-forward", "scale", "wait"].includes(word));
if (fails[args[verb]] !== undefined) { console.error(fails[args[verb]]); process.exit(1); }
if (args[verb] === "scale" || args[verb] === "wait") process.exit(0);
if (args[verb] === "get") {
  const answer = objects[args[verb + 1]];
  if (answer === undefined) { console.error("Unable to connect to the server: i/o timeout"); process.exit(1); }
  console.log(JSON.stringify(answer));
} else if (pages === undefined) {
  console.error("error: unable to forward port because pod is not running");
  process.exit(1);
} else {
  const server = require("node:http").createServer((request, response) => {
    response.statusCode = request.url === "/ready" ? 503 : pages[request.url] === undefined ? 401 : 200;
    response.end(pages[request.url] ?? "");
  });
  const port = Number(args[verb + 2].split(":")[0] || 0);
  server.listen(port, "127.0.0.1", () => console.log("Forwarding from 127.0.0.1:" + server.address().port + " -> 8002"));
}
`;
