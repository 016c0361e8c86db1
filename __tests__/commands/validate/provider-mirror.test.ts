import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findMirror, mirrorRoots, mirroredVersions } from "../../../commands/validate/provider-mirror";

const root = mkdtempSync(join(tmpdir(), "carepath-mirror-"));
const mirror = join(root, "plugins");
const aws = join(mirror, "registry.terraform.io", "hashicorp", "aws");

beforeAll(() => {
  for (const version of ["5.100.0", "5.9.0", "not-a-version"]) mkdirSync(join(aws, version), { recursive: true });
  for (const file of [
    "terraform-provider-aws_6.25.0_linux_amd64.zip",
    "terraform-provider-aws_6.25.0_darwin_arm64.zip",
    "6.25.0.json",
  ])
    writeFileSync(join(aws, file), "");
});
afterAll(() => rmSync(root, { recursive: true }));

describe("the versions of a mirror", () => {
  test("are folders and packed files, each once, oldest first by number", () => {
    expect(mirroredVersions(mirror, "hashicorp/aws")).toEqual(["5.9.0", "5.100.0", "6.25.0"]);
  });

  test("are found by every spelling of a source", () => {
    for (const source of ["aws", "hashicorp/aws", "registry.terraform.io/hashicorp/aws"])
      expect(mirroredVersions(mirror, source)).toHaveLength(3);
  });

  test("are none for a provider that it does not have", () => {
    expect(mirroredVersions(mirror, "hashicorp/helm")).toEqual([]);
    expect(mirroredVersions(mirror, "example.org/hashicorp/aws")).toEqual([]);
  });
});

describe("finding a mirror", () => {
  test("looks into each root and one level below, in order", () => {
    const elsewhere = join(root, "nowhere");
    expect(findMirror({}, [elsewhere, root])).toBe(mirror);
    expect(findMirror({}, [mirror])).toBe(mirror);
    expect(findMirror({}, [join(mirror, "registry.terraform.io", "hashicorp")])).toBeUndefined();
  });

  test("takes the one that TF_PLUGIN_MIRROR names, and ignores it when empty", () => {
    expect(findMirror({ TF_PLUGIN_MIRROR: "/mine" }, [root])).toBe("/mine");
    expect(findMirror({ TF_PLUGIN_MIRROR: "" }, [root])).toBe(mirror);
    expect(findMirror({ TF_PLUGIN_MIRROR: "" }, [])).toBeUndefined();
  });

  test("begins with the folders of the user", () => {
    expect(mirrorRoots({ HOME: "/home/a" }).slice(0, 2)).toEqual([
      "/home/a/.terraform.d",
      "/home/a/.local/share/terraform",
    ]);
    expect(mirrorRoots({ HOME: "/home/a", XDG_DATA_HOME: "/data" })[1]).toBe("/data/terraform");
  });
});
