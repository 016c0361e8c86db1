import { type FastifyInstance } from "fastify";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { PATHS } from "../../contract.js";

/** The page may load its own files and speak to its own origin; nothing inline, nothing from elsewhere, no frame. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FILES = [
  { path: PATHS.page, file: "index.html", type: "text/html; charset=utf-8" },
  { path: "/chat.js", file: "chat.js", type: "text/javascript; charset=utf-8" },
  { path: "/chat.css", file: "chat.css", type: "text/css; charset=utf-8" },
  { path: "/icon.svg", file: "icon.svg", type: "image/svg+xml" },
] as const;

/**
 * The chat page and its files, read once. Browsers ask each time whether they changed (a 304 of no bytes when not), so a
 * new release shows at the next visit.
 */
export async function page(app: FastifyInstance): Promise<void> {
  for (const { path, file, type } of FILES) {
    // Both `src/http/routes` and `dist/http/routes` lie three levels below the folder that holds `public`.
    const content = await readFile(new URL(`../../../public/${file}`, import.meta.url));
    const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
    app.get(path, (request, reply) => {
      reply.headers({ etag, "cache-control": "no-cache", "content-security-policy": PAGE_POLICY });
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
      return reply.type(type).send(content);
    });
  }
}
