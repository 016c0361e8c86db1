import { imageReference, namesRegistry } from "../../../constructs/kubernetes/image-reference";
import { Token } from "cdktf";

const DIGEST = `sha256:${"a1".repeat(32)}`;
const TOKEN = Token.asString({ resolve: () => "known-later" });

it("prefers the digest, and otherwise uses the tag", () => {
  expect(imageReference({ repository: "carepath-chat", tag: "1.4.0" })).toBe("carepath-chat:1.4.0");
  expect(imageReference({ repository: "carepath-chat", tag: "1.4.0", digest: DIGEST })).toBe(`carepath-chat@${DIGEST}`);
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
