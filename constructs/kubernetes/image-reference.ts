import { Token } from "cdktf";

import { imageViolations, type ImageChoice } from "../../planning/image-rules";
import { refuseViolations } from "../../planning/workload-rules";

/** `repository@sha256:...` where a digest is given, otherwise `repository:tag`, whose tag is never `latest`. */
export function imageReference(image: ImageChoice): string {
  const { repository, tag, digest } = image;
  // A repository that another resource supplies is a token until Terraform runs; the rest can be checked.
  const known = Token.isUnresolved(repository) ? { ...image, repository: "the image repository" } : image;
  refuseViolations("image", imageViolations(known));
  return digest === undefined ? `${repository}:${tag ?? ""}` : `${repository}@${digest}`;
}

/** True when the name says which registry to ask: its first part has a dot, a port, or is `localhost`. */
export function namesRegistry(repository: string): boolean {
  if (Token.isUnresolved(repository)) return true;
  const [first = "", ...rest] = repository.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
}
