import { imageViolations, missingRepositoryViolation } from "../../planning/image-rules";
import { violationMessage } from "../../planning/workload-rules";

const DIGEST = `sha256:${"a1".repeat(32)}`;
const messages = (image: Parameters<typeof imageViolations>[0]) => imageViolations(image).map(violationMessage);

it.each([
  { repository: "carepath-chat", tag: "1.4.0" },
  { repository: "registry.example:5000/team/chat", tag: "_x" },
  { repository: "carepath-chat", tag: "t".repeat(128) },
  { repository: "carepath-chat", digest: DIGEST },
  // The digest wins, so the tag is only a comment.
  { repository: "carepath-chat", digest: DIGEST, tag: "latest" },
])("allows %p", (image) => {
  expect(imageViolations(image)).toEqual([]);
});

it.each(["latest", "Latest", "LATEST"])("refuses the tag %p", (tag) => {
  expect(messages({ repository: "carepath-chat", tag })).toEqual([
    `image.tag (${tag}) names another image tomorrow, and no rollback can return to it. ` +
      "Set image.digest, or image.tag to a version such as 1.4.0.",
  ]);
});

it("refuses an image with neither tag nor digest", () => {
  expect(messages({ repository: "carepath-chat" })).toEqual([
    "image (carepath-chat) has neither a tag nor a digest. Set image.digest, or image.tag to a version such as 1.4.0.",
  ]);
});

it.each(["", ".hidden", "-dash", "a b", "t".repeat(129)])("refuses the malformed tag %p", (tag) => {
  expect(messages({ repository: "carepath-chat", tag })).toEqual([
    `image.tag (${tag}) must be 1 to 128 letters, digits, dots, dashes and underscores, and not begin with a dot or dash. ` +
      "Set image.tag to a version such as 1.4.0.",
  ]);
});

it.each(["sha256:abc", "a1".repeat(32), `sha256:${"A1".repeat(32)}`])("refuses the malformed digest %p", (digest) => {
  expect(messages({ repository: "carepath-chat", digest })).toEqual([
    `image.digest (${digest}) must be "sha256:" and 64 lower-case hexadecimal digits. Copy it from the output of the image push.`,
  ]);
});

it.each(["carepath-chat:1.4.0", "registry.example/chat@sha256"])(
  "refuses the tag inside the repository %p",
  (repository) => {
    expect(messages({ repository, tag: "1.4.0" })).toEqual([
      `image.repository (${repository}) must not contain a tag or digest. Put what follows the name into image.tag or image.digest.`,
    ]);
  },
);

it("needs a repository where this project makes none", () => {
  expect(missingRepositoryViolation("carepath-chat")).toBeUndefined();
  const violation = missingRepositoryViolation(undefined);
  expect(violation && violationMessage(violation)).toBe(
    "image.repository (not set) must be set on an existing cluster, where this project has no image repository. " +
      'Set it to the name of your image, e.g. "carepath-chat".',
  );
});
