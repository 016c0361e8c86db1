/** Bad usage that is told before anything is synthesized or built. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "../../commands/lib/repository";
import { checkInputs } from "../../rehearsal/check-inputs";
import { parseOptions } from "../../commands/rehearse/options";
import { UsageError } from "../../rehearsal/options";
import { loadWorkload } from "../../rehearsal/synthesize";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "carepath-inputs-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is refused, as exit code 2 prints it; "accepted" when nothing is. */
function refusal(...argv: string[]): string {
  try {
    checkInputs(parseOptions(argv, {}), ROOT);
    return "accepted";
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

describe("--env", () => {
  it.each(["demo", "production", "local"])("%s", (name) => {
    expect(refusal("--env", name)).toBe("accepted");
  });

  it("one that does not exist", () => {
    const start = "The environment (--env or CAREPATH_ENV) is";
    const rule = "It must be one of demo, local, production, scale.";
    expect(refusal("--env", "prod")).toBe(`${start} "prod". ${rule}`);
  });
});

describe("--model", () => {
  const fix = "Give --model a readable GGUF file or an id of the catalogue.";

  it("a readable file, and an id of the catalogue", () => {
    const model = join(folder, "model.gguf");
    writeFileSync(model, "");
    expect(refusal("--model", model)).toBe("accepted");
    expect(refusal("--model", "qwen2.5-0.5b-instruct")).toBe("accepted");
  });

  it("a file that is not there, and a folder", () => {
    expect(refusal("--model", "nope.gguf")).toBe(`--model is "nope.gguf", which does not exist. ${fix}`);
    expect(refusal("--model", folder)).toBe(`--model is "${folder}", which is not a file. ${fix}`);
  });

  it("an id that the catalogue does not have is refused in the synth's own words", async () => {
    const modelId = "qwen2.5-0.5b-instrukt";
    const refused = loadWorkload(parseOptions(["--model", modelId], {}), ROOT);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `^--model is "${modelId}", and the synth refuses it:\n[^]* must be a model of planning/catalogue/models.ts \\(qwen`,
      ),
    );
  }, 60_000);
});

describe("--synthesized", () => {
  const fix = "Give --synthesized the output folder of an earlier synth, e.g. cdktf.out.";

  it("a folder that is not there, and one that no synth wrote", () => {
    expect(refusal("--synthesized", "nowhere")).toBe(`--synthesized is "nowhere", and there is no such folder. ${fix}`);
    expect(refusal("--synthesized", folder)).toBe(
      `--synthesized is "${folder}", which has no folder "stacks": no synth wrote it. ${fix}`,
    );
  });

  it("one of another environment; its own may have any name", () => {
    const stack = join(folder, "stacks", "carepath-ours-chat");
    mkdirSync(stack, { recursive: true });
    writeFileSync(join(stack, "cdk.tf.json"), "{}");
    expect(refusal("--synthesized", folder, "--env", "ours")).toBe("accepted");
    expect(refusal("--synthesized", folder)).toBe(
      `--synthesized is "${folder}", which has no chat stack of environment demo (carepath-ours-chat). Choose its environment by --env.`,
    );
  });
});

describe("--svg", () => {
  const fix = "Give --svg a file in a folder that can be written to.";

  it("a folder that is not there", () => {
    const missing = join(folder, "missing");
    const svg = join(missing, "x.svg");
    const why = `there is no folder ${missing}. ${fix}`;
    expect(refusal("--svg", svg)).toBe(`--svg cannot write "${svg}": ${why}`);
    expect(refusal("--story", "--svg", svg)).toBe(`--svg cannot write "${join(missing, "x-before.svg")}": ${why}`);
  });

  it("a folder instead of a file", () => {
    expect(refusal("--svg", folder)).toBe(`--svg cannot write "${folder}": it is a folder. ${fix}`);
  });

  it("a file that can be written, which is not written yet", () => {
    expect(refusal("--svg", join(folder, "x.svg"))).toBe("accepted");
    expect(refusal("--story", "--svg", join(folder, "x.svg"))).toBe("accepted");
    expect(readdirSync(folder)).toEqual([]);
  });
});
