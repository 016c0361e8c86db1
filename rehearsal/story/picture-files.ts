/** The two files that `--story --svg FILE` writes. */
import { resolve } from "node:path";

export function pictureFiles(svg: string): { readonly before: string; readonly after: string } {
  const base = resolve(svg).replace(/\.svg$/, "");
  return { before: `${base}-before.svg`, after: `${base}-after.svg` };
}
