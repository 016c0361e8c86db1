import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { annotationLines } from "../../../commands/lib/stack-folders";
import { synthEnvironment } from "../../helpers/synth-app";

it("a warning of the constructs is one line, once", () => {
  const folder = mkdtempSync(join(tmpdir(), "carepath-annotations-"));
  try {
    writeFileSync(join(folder, "manifest.json"), synthEnvironment("demo").manifestText);
    const lines = annotationLines(folder).filter((line) => line.includes("CAREPATH_API_CIDRS"));
    expect(lines).toEqual([
      expect.stringMatching(/^warn: carepath-demo-cluster: cluster\.endpoint\.publicAccessCidrs /),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
