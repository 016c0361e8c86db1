import { writeFileSync } from "node:fs";

import { type RehearsalOptions } from "../options";
import { loadWorkload } from "../synthesize";
import { conclusion, keepsPromise } from "./conclusion";
import { afterPicture, beforePicture, pictureFiles } from "./pictures";
import { storyTables } from "./story-tables";
import { summaryTable } from "./summary-table";
import { markdownTable } from "./ordeal-table";

/**
 * `npm run rehearse -- --story`: the report's probe settings and our synthesized ones, through the same ordeals.
 *
 * Prints one table, with `--all` every set of probes; `--json` as data, `--svg FILE` writes FILE-before.svg and FILE-after.svg.
 */
export async function story(options: RehearsalOptions, root: string, print: (line: string) => void): Promise<number> {
  const workload = await loadWorkload(options, root);
  const tables = storyTables(workload);
  if (options.json) print(JSON.stringify(tables, null, 2));
  else {
    print(
      "Seconds count from the client's question. Ranges are over every second of a liveness period at which it may come.",
    );
    if (options.all) for (const { title, rows } of tables) print(`\n${title}\n\n${markdownTable(rows)}`);
    else
      print(
        `\n${summaryTable(tables)}\n\nEvery set of probes, with reasons and times: npm run rehearse -- --story --all`,
      );
    print("");
    for (const line of conclusion(workload, tables)) print(line);
  }
  if (options.svg !== undefined) {
    const { before, after } = pictureFiles(options.svg);
    const date = new Date();
    writeFileSync(before, beforePicture(date));
    writeFileSync(after, afterPicture(workload, date));
    if (!options.json) print(`\nPictures: ${before}, ${after}`);
  }
  return keepsPromise(workload, tables) ? 0 : 1;
}
