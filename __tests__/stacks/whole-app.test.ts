import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { synthEnvironment, type SynthesizedApp } from "../helpers/synth-app";

const ENVIRONMENTS = ["demo", "production", "local", "scale"] as const;

describe.each(ENVIRONMENTS)("environment %s", (environment) => {
  const start = process.cwd();
  const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), "carepath-elsewhere-")));
  let app: SynthesizedApp;
  let again: SynthesizedApp;

  beforeAll(() => {
    app = synthEnvironment(environment);
    process.chdir(elsewhere);
    try {
      again = synthEnvironment(environment);
    } finally {
      process.chdir(start);
    }
  });
  afterAll(() => rmSync(elsewhere, { recursive: true }));

  it("has the resources that its snapshot lists", () => {
    for (const [name, { json }] of app.stacks) {
      const ids = (part: object | undefined) =>
        Object.entries(part ?? {}).flatMap(([type, entries]) =>
          Object.keys(entries as object).map((id) => `${type}.${id}`),
        );
      expect({
        data: ids(json.data),
        resources: ids(json.resource),
        outputs: Object.keys(json.output ?? {}),
      }).toMatchSnapshot(name);
    }
  });

  it("is byte-identical when it is synthesized in another folder", () => {
    expect(again.manifestText).toBe(app.manifestText);
    for (const [name, { text }] of app.stacks) expect(again.stack(name).text).toBe(text);
  });

  it("has no path of this machine, no time and no random value in its output", () => {
    for (const text of [app.manifestText, ...[...app.stacks.values()].map((stack) => stack.text)]) {
      for (const path of [start, elsewhere, tmpdir(), homedir()]) expect(text).not.toContain(`${path}/`);
      expect(text).not.toMatch(/\d{4}-\d\d-\d\dT\d\d:\d\d/);
      expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/);
    }
  });

  it("names a backend in every stack: relative local state, or S3 with a lock file of its own", () => {
    for (const [name, { json }] of app.stacks) {
      expect(json.terraform["backend"]).toEqual(
        app.config.production
          ? {
              s3: {
                bucket: "carepath-test-state",
                encrypt: true,
                key: `carepath-chat/${name}.tfstate`,
                region: "us-east-1",
                use_lockfile: true,
              },
            }
          : { local: { path: `../../../terraform.${name}.tfstate` } },
      );
    }
  });

  it("deploys its stacks in order", () => {
    const expected =
      environment === "local"
        ? { "carepath-local-chat": [] }
        : {
            [`carepath-${environment}-cluster`]: [],
            [`carepath-${environment}-platform`]: [`carepath-${environment}-cluster`],
            [`carepath-${environment}-chat`]: [`carepath-${environment}-platform`],
          };
    const order = Object.fromEntries(
      Object.entries(app.manifest.stacks).map(([name, { dependencies }]) => [name, dependencies]),
    );
    expect(order).toEqual(expected);
  });

  it("links its stacks by name: no stack reads the state of another", () => {
    for (const { json, text } of app.stacks.values()) {
      expect(Object.keys(json.data ?? {})).not.toContain("terraform_remote_state");
      expect(text).not.toContain("cross-stack");
    }
  });
});
