import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { summaryLine } from "../../../commands/synth/main";

const folder = mkdtempSync(join(tmpdir(), "synth-summary-"));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ["cdk.tf.json", JSON.stringify({ resource: { aws_vpc: { one: {} }, aws_subnet: { a: {}, b: {} } } })],
  ["cdk.tf", 'resource "aws_vpc" "one" {\n}\nresource "aws_subnet" "a" {\n}\nresource "aws_subnet" "b" {\n}\n'],
])("counts the resources of %s and says where it is", (name, text) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  expect(summaryLine("carepath-demo-cluster", file)).toBe(
    `  carepath-demo-cluster: 3 resources in ${relative(process.cwd(), file)}`,
  );
});
