import { imageReference, namesRegistry } from "../../../constructs/kubernetes/image-reference";
import { Token } from "cdktf";

const DIGEST = `sha256:${"a1".repeat(32)}`;
const TOKEN = Token.asString({ resolve: () => "known-later" });

it("prefers the digest, and otherwise uses the tag", () => {
  expect(imageReference({ repository: "carepath-chat", tag: "1.4.0" })).toBe("carepath-chat:1.4.0");
  expect(imageReference({ repository: "carepath-chat", tag: "1.4.0", digest: DIGEST })).toBe(`carepath-chat@${DIGEST}`);
});

it("accepts a repository that only Terraform knows, and still checks the rest", () => {
  expect(imageReference({ repository: TOKEN, tag: "1.4.0" })).toBe(`${TOKEN}:1.4.0`);
  expect(() => imageReference({ repository: TOKEN, tag: "latest" })).toThrow(
    new Error(
      "image: image.tag (latest) names another image tomorrow, and no rollback can return to it. " +
        "Set image.digest, or image.tag to a version such as 1.4.0.",
    ),
  );
});

it.each([
  ["carepath-chat", false],
  ["team/carepath-chat", false],
  ["localhost/carepath-chat", true],
  ["localhost:5001/carepath-chat", true],
  ["registry.example/team/chat", true],
  [TOKEN, true],
])("knows whether %p names a registry: %p", (repository, expected) => {
  expect(namesRegistry(repository)).toBe(expected);
});
