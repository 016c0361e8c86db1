import { readFileSync } from "node:fs";
import { join } from "node:path";

import { STORY_CONFIGURATIONS } from "../../../rehearsal/story/configurations";
import { beforePicture } from "../../../rehearsal/story/report";
import { LazyBlockingServer } from "../../../rehearsal/story/simulated-servers";
import { markdownTable, tableRows } from "../../../rehearsal/story/table";

const DOCS = join(__dirname, "..", "..", "..", "docs");
const unpadded = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");

test.each(STORY_CONFIGURATIONS)("docs/rehearsal.md shows the table that the replay makes of $id", ({ title, pod }) => {
  const rows = tableRows({ title, pod, server: (props) => new LazyBlockingServer(props) });
  expect(unpadded(readFileSync(join(DOCS, "rehearsal.md"), "utf8"))).toContain(unpadded(markdownTable(rows)));
});

test("docs/images/rehearsal-before.svg is the picture that the replay makes", () => {
  expect(readFileSync(join(DOCS, "images", "rehearsal-before.svg"), "utf8")).toBe(beforePicture());
});
