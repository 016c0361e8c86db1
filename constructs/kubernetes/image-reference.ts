import { Token } from "cdktf";

/** An image as the configuration names it: with a tag or a digest. */
export interface ImageChoice {
  /** Without tag and digest; a token where the cluster stack's repository is meant. */
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** `repository@sha256:...` where a digest is given, otherwise `repository:tag`. */
export function imageReference({ repository, tag = "", digest }: ImageChoice): string {
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
}

/** True when the name says which registry to ask: its first part has a dot, a port, or is `localhost`. */
export function namesRegistry(repository: string): boolean {
  if (Token.isUnresolved(repository)) return true;
  const [first = "", ...rest] = repository.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
}
