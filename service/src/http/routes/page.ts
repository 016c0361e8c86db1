import { type FastifyInstance } from "fastify";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PAGE_INSTRUCTIONS, PATHS } from "../../contract.js";
import { PAGE_POLICY } from "../security.js";

/** Text becomes elements in DOMPurify and nowhere else. */
const TRUSTED_TYPES = { "require-trusted-types-for": "'script'", "trusted-types": "dompurify" };
const POLICY = Object.entries({ ...PAGE_POLICY, ...TRUSTED_TYPES })
  .map((directive) => directive.join(" "))
  .join("; ");

/** Both `src/http/routes` and `dist/http/routes` lie three levels below the folder that holds `public`. */
const PUBLIC = fileURLToPath(new URL("../../../public/", import.meta.url));

/** Libraries as their packages ship them for browsers. */
const LIBRARIES = [
  { name: "marked", file: "marked.esm.js" },
  { name: "dompurify", file: "purify.es.mjs" },
];

const SCRIPT = "text/javascript; charset=utf-8";

interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly content: string;
}

/**
 * The chat page: everything below `public/` and the libraries that it imports, read once. Browsers ask each time whether
 * a file changed (a 304 of no bytes when not), so a new release shows at the next visit.
 */
export async function page(app: FastifyInstance): Promise<void> {
  for (const { path, type, content } of await pageFiles()) {
    const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
    app.get(path, (request, reply) => {
      reply.headers({ etag, "cache-control": "no-cache", "content-security-policy": POLICY });
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
      return reply.type(type).send(content);
    });
  }
}

async function pageFiles(): Promise<PageFile[]> {
  const own = (path: string, type: string, file = path) => read(path, type, join(PUBLIC, file));
  const folder = async (path: string, type: string) =>
    (await readdir(join(PUBLIC, path))).map((name) => own(`${path}/${name}`, type));
  const files = await Promise.all([
    own(PATHS.page, "text/html; charset=utf-8", "index.html"),
    own("/icon.svg", "image/svg+xml"),
    ...(await folder("/styles", "text/css; charset=utf-8")),
    ...(await folder("/scripts", SCRIPT)),
    ...LIBRARIES.map(({ name, file }) => read(`/vendor/${name}.js`, SCRIPT, join(folderOf(name), file))),
  ]);
  return [...files, contractModule()];
}

async function read(path: string, type: string, file: string): Promise<PageFile> {
  return { path, type, content: await readFile(file, "utf8") };
}

/** The folder of the file that Node would load, which also holds the one for browsers. */
function folderOf(library: string): string {
  return dirname(createRequire(import.meta.url).resolve(library));
}

/** What the page needs of the contract, so that it is not written a second time. */
function contractModule(): PageFile {
  const exported = { PATHS, PAGE_INSTRUCTIONS };
  const content = Object.entries(exported)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
    .join("");
  return { path: "/scripts/contract.js", type: SCRIPT, content };
}
