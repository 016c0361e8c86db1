/** What a page tells a reader to type, open or look for exists. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";

import { assessEnvironment } from "../../config/assessment";
import { demo } from "../../config/environments/demo";
import { OVERRIDES } from "../../config/overrides";
import { parseConfig } from "../../config/parse-config";
import { type AppConfig } from "../../config/schema";
import { EXIT_CODES } from "../../service/src/contract";
import { npmCommandOf } from "../helpers/npm-command";
import { synthEnvironment } from "../helpers/synth-app";

const ROOT = join(__dirname, "../..");
const read = (page: string) => readFileSync(join(ROOT, page), "utf8");

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "examples/README.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
/** Pages whose kubectl commands are written for the demo environment. */
const DEMO_PAGES = ["README.md", "docs/runbook.md", "docs/local-cluster.md", "docs/teardown.md"];
const FOLDERS = readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));

const SCRIPTS = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;

/** Everything that a page shows as code, fenced or inline, a line each. */
function codeOf(page: string): string[] {
  const text = read(page);
  const fenced = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
  const inline = [...text.replace(/```[\s\S]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) =>
    code.replace(/\s+/g, " "),
  );
  return [...fenced, ...inline];
}

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replace(/\s/g, "-"),
  );
}

/** The usage text of an npm script. */
async function helpOf(script: string): Promise<string> {
  const folder = /commands\/([\w-]+)\/main\.ts$/.exec(SCRIPTS[script] ?? "")?.[1] ?? "no command";
  return (await npmCommandOf(folder)).helpInformation();
}

describe.each(PAGES)("%s", (page) => {
  const code = codeOf(page);

  it("names npm scripts that exist, with options that they have", async () => {
    for (const line of code) {
      for (const [, name = "", args = ""] of line.matchAll(/npm run (?:-s )?([\w:-]+)(?: -- (\S.*))?/g)) {
        expect(Object.keys(SCRIPTS)).toContain(name);
        for (const [option] of args.matchAll(/--[a-z][\w-]*/g))
          if (option !== "--help") expect(await helpOf(name)).toContain(option);
      }
    }
  }, 60_000);

  it("links to pages and headings that exist", () => {
    for (const [, link = "", anchor] of read(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)) {
      const target = link === "" ? page : join(dirname(page), link);
      expect([link, existsSync(join(ROOT, target))]).toEqual([link, true]);
      if (anchor) expect(anchorsOf(target)).toContain(anchor);
    }
  });

  it("names files that exist", () => {
    const paths = code.filter(
      (word) => /^[\w.-]+(\/[\w.-]+)+(\/|\.\w+)$/.test(word) && FOLDERS.includes(word.split("/")[0] ?? ""),
    );
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("names variables that exist", () => {
    const known = ["CAREPATH_ENV", ...OVERRIDES.map(({ variable }) => variable)];
    for (const line of code) for (const [name] of line.matchAll(/CAREPATH_\w+/g)) expect(known).toContain(name);
  });
});

describe.each(DEMO_PAGES)("%s, on the demo environment,", (page) => {
  const demo = synthEnvironment("demo");
  const output = [...demo.stacks.values()].map((stack) => JSON.stringify(stack)).join("\n");
  /** Made by the EBS CSI chart, which is not in the synthesized output. */
  const ofTheChart = ["ebs-csi-controller", "aws-ebs-csi-driver", "aws-load-balancer-controller"];

  it("names resources, namespaces and stacks that are in the synthesized output", () => {
    for (const line of codeOf(page).filter((text) => /kubectl|npm run|terraform/.test(text))) {
      for (const [, namespace = ""] of line.matchAll(/-n ([\w-]+)/g))
        if (namespace !== "kube-system") expect(output).toContain(`"namespace":"${namespace}"`);
      for (const [, byKind, claim, label] of line.matchAll(
        /(?:deployment|service|statefulset)\/([\w-]+)|describe persistentvolumeclaim ([\w-]+)|app\.kubernetes\.io\/name=([\w-]+)/g,
      )) {
        const name = byKind ?? claim ?? label ?? "";
        if (!ofTheChart.includes(name)) expect(output).toContain(`"name":"${name}"`);
      }
      for (const [stack] of line.matchAll(/carepath-demo-(?:cluster|platform|chat)\b/g))
        expect([...demo.stacks.keys()]).toContain(stack);
    }
  });
});

describe("README.md", () => {
  it("lists every npm script", () => {
    const listed = codeOf("README.md").join("\n");
    const missing = Object.keys(SCRIPTS).filter((name) => !new RegExp(`npm (run )?${name}(?![\\w:-])`).test(listed));
    expect(missing).toEqual([]);
  });

  it("shows lines of demo.ts that are there", () => {
    const [, shown = ""] = /```ts\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
    const lines = read("config/environments/demo.ts").split("\n");
    expect(shown).not.toBe("");
    for (const line of shown.trim().split("\n")) expect(lines).toContain(line);
  });
});

it("docs/deploy.md shows settings for the deploy workflow that demo.ts passes with, without any variable", () => {
  const [, shown = ""] = /```ts\n([^`]*deployments:[^`]*)```/.exec(read("docs/deploy.md")) ?? [];
  const { config, problems } = parseConfig({ ...demo, ...(runInNewContext(`({${shown}})`) as object) });
  expect([problems, assessEnvironment(config as AppConfig).problems]).toEqual([[], []]);
  expect((config as AppConfig & { target: "eks" }).deployments).toBeDefined();
});

it("docs/runbook.md explains every exit code of the service", () => {
  const runbook = read("docs/runbook.md").replace(/\s+/g, " ");
  for (const code of Object.values(EXIT_CODES).filter((value) => value > 1))
    expect(runbook).toMatch(new RegExp(`\\b${code} [a-z]`));
});
