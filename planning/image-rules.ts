import { type RuleViolation } from "./workload-rules";

/** An image as the configuration names it. */
export interface ImageChoice {
  /** Without tag and digest. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:` and 64 hexadecimal digits; wins over the tag. */
  readonly digest?: string;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A pod must say which image it runs; `latest` is another one tomorrow, and a rollback cannot name it. */
export function imageViolations({ repository, tag, digest }: ImageChoice): RuleViolation[] {
  const violations: RuleViolation[] = [];
  const lastPart = repository.slice(repository.lastIndexOf("/") + 1);
  if (/[:@]/.test(lastPart)) {
    violations.push({
      subject: "image.repository",
      actual: repository,
      rule: "must not contain a tag or digest",
      fix: "Put what follows the name into image.tag or image.digest",
    });
  }
  if (digest !== undefined && !DIGEST.test(digest)) {
    violations.push({
      subject: "image.digest",
      actual: digest,
      rule: 'must be "sha256:" and 64 lower-case hexadecimal digits',
      fix: "Copy it from the output of the image push",
    });
  }
  if (digest !== undefined) return violations;
  if (tag === undefined) {
    violations.push({
      subject: "image",
      actual: repository,
      rule: "has neither a tag nor a digest",
      fix: "Set image.digest, or image.tag to a version such as 1.4.0",
    });
  } else if (tag.toLowerCase() === "latest") {
    violations.push({
      subject: "image.tag",
      actual: tag,
      rule: "names another image tomorrow, and no rollback can return to it",
      fix: "Set image.digest, or image.tag to a version such as 1.4.0",
    });
  } else if (!TAG.test(tag)) {
    violations.push({
      subject: "image.tag",
      actual: tag,
      rule: "must be 1 to 128 letters, digits, dots, dashes and underscores, and not begin with a dot or dash",
      fix: "Set image.tag to a version such as 1.4.0",
    });
  }
  return violations;
}

/** Only the cluster stack makes an image repository; an existing cluster has whatever its owner gave it. */
export function missingRepositoryViolation(repository: string | undefined): RuleViolation | undefined {
  if (repository !== undefined) return undefined;
  return {
    subject: "image.repository",
    actual: undefined,
    rule: "must be set on an existing cluster, where this project has no image repository",
    fix: 'Set it to the name of your image, e.g. "carepath-chat"',
  };
}
