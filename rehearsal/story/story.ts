import { writeFileSync } from "node:fs";

import { type RehearsalOptions } from "../options";
import { loadWorkload } from "../synthesize";
import { conclusion, keepsPromise } from "./conclusion";
import { afterPicture, beforePicture, pictureFiles } from "./pictures";
import { storyTables } from "./story-tables";
import { markdownTable } from "./ordeal-table";

/**
 * `npm run rehearse -- --story`: the report's probe settings and our synthesized ones, through the same ordeals.
 *
 * Prints the tables; `--json` as data, `--svg FILE` writes FILE-before.svg and FILE-after.svg.
 */
export async function story(options: RehearsalOptions, root: string, print: (line: string) => void): Promise<number> {
  const workload = await loadWorkload(options, root);
  const tables = storyTables(workload);
  if (options.json) print(JSON.stringify(tables, null, 2));
  else {
    print(
      "Seconds count from the client's question. Ranges are over every second of a liveness period at which it may come.",
    );
    for (const { title, rows } of tables) print(`\n${title}\n\n${markdownTable(rows)}`);
    print("");
    for (const line of conclusion(workload, tables)) print(line);
  }
  if (options.svg !== undefined) {
    const { before, after } = pictureFiles(options.svg);
    writeFileSync(before, beforePicture());
    writeFileSync(after, afterPicture(workload));
    if (!options.json) print(`\nPictures: ${before}, ${after}`);
  }
  return keepsPromise(workload, tables) ? 0 : 1;
}
