/** The `model` block of an environment file, for a GGUF file that is not in the catalogue. */
import { type GgufHeader } from "../../service/src/engine/gguf-header";

export interface ModelFile {
  readonly header: GgufHeader;
  /** Name of the file, without folders. */
  readonly fileName: string;
  readonly sha256: string;
  /** Where a cluster downloads it from; undefined where no one said. */
  readonly url: string | undefined;
}

/** Text that can be pasted into `chat` of an environment file. */
export function modelBlock({ header, fileName, sha256, url }: ModelFile): string {
  const { licence, layers, keyValueHeads, keyLength } = header;
  const forbids = licence !== undefined && /research|non-?commercial|(^|[^a-z])nc([^a-z]|$)/i.test(licence);
  return [
    "model: {",
    `  source: "custom",`,
    `  id: ${quote(idOf(fileName))},`,
    url === undefined
      ? `  url: "https://models.example.com/${encodeURIComponent(fileName)}", // write where the cluster downloads it from`
      : `  url: ${quote(url)},`,
    `  bytes: ${digits(header.fileBytes)},`,
    `  sha256: ${quote(sha256)},`,
    licence === undefined
      ? `  licence: "unknown", // the file does not say; write what the page of the model says`
      : `  licence: ${quote(licence)},`,
    ...(forbids ? ["  nonCommercial: true,"] : []),
    `  shape: { layers: ${layers}, keyValueHeads: ${keyValueHeads}, headSize: ${keyLength} },`,
    "},",
  ].join("\n");
}

/** A branch moves; the pinned bytes and sha256 then refuse what it moved to. */
export function unpinnedWarning(url: string): string | undefined {
  const branch = /\/resolve\/([^/]+)\//.exec(new URL(url).pathname)?.[1];
  if (branch === undefined || /^[0-9a-f]{40}$/.test(branch)) return undefined;
  return (
    `The address names the branch "${branch}", which can move. Put the commit in its place: the 40 digits that the page of ` +
    `the file shows under "History".`
  );
}

/** Under this name the API offers the model: letters, digits, dots, dashes, underscores. */
function idOf(name: string): string {
  return (
    name
      .replace(/\.gguf$/i, "")
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+|-+$/g, "")
      .slice(0, 128)
      .toLowerCase() || "my-model"
  );
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** `98362432` as `98_362_432`. */
function digits(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}
