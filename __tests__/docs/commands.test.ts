import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { overrides } from "./override-names";
import { EXIT_CODES } from "../../service/src/contract";
import { synthEnvironment } from "../helpers/synth-app";

const ROOT = join(__dirname, "../..");
const scripts = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> })
  .scripts;
const pages = ["runbook.md", "local-cluster.md", "teardown.md"];

/** Everything that a page shows as code, fenced or inline, a command line each. */
function codeOf(page: string): string[] {
  const text = readFileSync(join(ROOT, "docs", page), "utf8");
  const fenced = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
  const inline = [...text.replace(/```[\s\S]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) =>
    code.replace(/\s+/g, " "),
  );
  return [...fenced, ...inline];
}

/** The synthesized output of the environment that the pages are written for. */
const demo = synthEnvironment("demo");
const output = [...demo.stacks.values()].map((stack) => JSON.stringify(stack)).join("\n");

/** Declares cdktf's own options, for the scripts that hand theirs on. */
const CDKTF_CLI = readFileSync(join(ROOT, "node_modules/cdktf-cli/bundle/bin/cdktf.js"), "utf8");

/** Made by the EBS CSI chart, which is not in the synthesized output. */
const OF_THE_CHART = ["ebs-csi-controller", "aws-ebs-csi-driver"];

describe.each(pages)("docs/%s", (page) => {
  const code = codeOf(page);

  it("names npm scripts that exist", () => {
    const named = code.flatMap((line) => [...line.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name));
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  it("passes flags that the script has", () => {
    for (const line of code) {
      const [, name = "", args = ""] = /npm run ([\w:-]+) -- (.+)/.exec(line) ?? [];
      const entry = /[\w/-]+\.ts/.exec(scripts[name] ?? "")?.[0];
      if (entry === undefined) continue;
      const source = readFileSync(join(ROOT, entry), "utf8");
      for (const [, flag = ""] of args.matchAll(/--([\w-]+)/g))
        expect(`${source}${source.includes("runCdktf") ? CDKTF_CLI : ""}`).toMatch(
          new RegExp(`["\\s]?${flag}"?: \\{ type|"--${flag}"|option\\("${flag}",`),
        );
    }
  });

  it("names files and pages that exist", () => {
    const text = readFileSync(join(ROOT, "docs", page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) =>
      join(ROOT, dirname(`docs/${page}`), link),
    );
    const paths = code
      .filter((word) => /^(config|service|docs|planning|commands)\/[\w/.-]+\.\w+$/.test(word))
      .map((path) => join(ROOT, path));
    for (const path of [...links, ...paths]) expect([path, existsSync(path)]).toEqual([path, true]);
  });

  it("names resources, namespaces and stacks that are in the synthesized output", () => {
    for (const line of code.filter((text) => /kubectl|npm run|terraform/.test(text))) {
      for (const [, namespace = ""] of line.matchAll(/-n ([\w-]+)/g)) {
        if (namespace !== "kube-system") expect(output).toContain(`"namespace":"${namespace}"`);
      }
      const resources = [
        ...line.matchAll(
          /(?:deployment|service|statefulset)\/([\w-]+)|describe persistentvolumeclaim ([\w-]+)|app\.kubernetes\.io\/name=([\w-]+)/g,
        ),
      ];
      for (const [, byKind, claim, label] of resources) {
        const name = byKind ?? claim ?? label ?? "";
        if (!OF_THE_CHART.includes(name)) expect(output).toContain(`"name":"${name}"`);
      }
      for (const [stack] of line.matchAll(/carepath-demo-(?:cluster|platform|chat)\b/g))
        expect([...demo.stacks.keys()]).toContain(stack);
    }
  });

  it("names configuration fields and variables that exist", () => {
    const schema = readFileSync(join(ROOT, "config/schema.ts"), "utf8");
    for (const line of code) {
      const [, field] = /^(?:chat|nodes|cluster|cache|network|storage)\.(\w+)(?::.*)?$/.exec(line) ?? [];
      if (field !== undefined) expect(schema).toMatch(new RegExp(`\\b${field}:`));
      for (const [name] of line.matchAll(/CAREPATH_\w+/g)) expect(["CAREPATH_ENV", ...overrides()]).toContain(name);
    }
  });
});

it("explains every exit code of the service", () => {
  const runbook = readFileSync(join(ROOT, "docs/runbook.md"), "utf8").replace(/\s+/g, " ");
  for (const code of Object.values(EXIT_CODES).filter((value) => value > 1))
    expect(runbook).toMatch(new RegExp(`\\b${code} [a-z]`));
});

it("has a page for every symptom that a user would search for", () => {
  const headings = [...readFileSync(join(ROOT, "docs/runbook.md"), "utf8").matchAll(/^## (.+)$/gm)].map(
    ([, heading]) => heading,
  );
  expect(headings).toEqual([
    "The pod stays Pending",
    "The PVC stays Pending",
    "The pod restarts while the model loads",
    "OOMKilled",
    "Answers are slow: few tokens a second",
    "The rollout is stuck",
    "Clients get 429",
    "The state is locked",
    "The state moves into a bucket, or the bucket has to go",
    "The diff of a pull request is refused",
    "The diff fails before the first deploy",
  ]);
});

it("checks every page that holds commands of this kind", () => {
  expect(readdirSync(join(ROOT, "docs"))).toEqual(expect.arrayContaining(pages));
});
