import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runCommand } from "../../helpers/run-command";

const folder = mkdtempSync(join(tmpdir(), "bootstrap-state-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("shows Terraform's words and fails where the plan of the bucket fails", async () => {
  const terraform = join(folder, "terraform");
  writeFileSync(
    terraform,
    `#!/bin/sh
if [ "$1" = version ]; then echo '{"terraform_version": "1.11.4"}'; exit; fi
echo "Error: no provider can be installed" >&2
exit 1
`,
  );
  chmodSync(terraform, 0o755);
  const { code, stdout, stderr } = await runCommand("bootstrap-state", ["--dry-run"], {
    PATH: process.env["PATH"],
    TERRAFORM_BINARY_NAME: terraform,
    CAREPATH_STATE_BUCKET: "team-state",
    // No port of AWS: whether the bucket exists is then for Terraform to say.
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  });
  expect(stderr).toContain("Error: no provider can be installed\n");
  expect(stdout).toContain("1/1 carepath-state");
  expect(code).toBe(1);
});
