import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { STORY_CONFIGURATIONS } from "../../../rehearsal/story/configurations";
import { afterPicture, beforePicture, ourTables } from "../../../rehearsal/story/report";
import { LazyBlockingServer } from "../../../rehearsal/story/simulated-servers";
import { markdownTable, tableRows } from "../../../rehearsal/story/table";
import { synthesizeWorkload } from "../../../rehearsal/synthesize";
import type { Workload } from "../../../rehearsal/workload";

const ROOT = join(__dirname, "..", "..", "..");
const unpadded = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");
const documentation = unpadded(readFileSync(join(ROOT, "docs", "rehearsal.md"), "utf8"));
const image = (name: string) => readFileSync(join(ROOT, "docs", "images", name), "utf8");

test.each(STORY_CONFIGURATIONS)("docs/rehearsal.md shows the table that the replay makes of $id", ({ title, pod }) => {
  const rows = tableRows({ title, pod, server: (props) => new LazyBlockingServer(props) });
  expect(documentation).toContain(`### ${title}\n\n${unpadded(markdownTable(rows))}`);
});

test("docs/images/rehearsal-before.svg is the picture that the replay makes", () => {
  expect(image("rehearsal-before.svg")).toBe(beforePicture());
});

describe("with the synthesized demo environment", () => {
  let workload: Workload;

  beforeAll(async () => {
    const outdir = mkdtempSync(join(tmpdir(), "carepath-documentation-"));
    workload = await synthesizeWorkload({ root: ROOT, environment: "demo", outdir });
    rmSync(outdir, { recursive: true });
  }, 120_000);

  test("docs/rehearsal.md shows our tables", () => {
    for (const { title, rows } of ourTables(workload)) {
      expect(documentation).toContain(`### ${title}\n\n${unpadded(markdownTable(rows))}`);
    }
  });

  test("docs/images/rehearsal-after.svg is the picture that the replay makes", () => {
    expect(image("rehearsal-after.svg")).toBe(afterPicture(workload));
  });
});
