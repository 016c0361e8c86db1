import { type FastifyInstance } from "fastify";
import { ApiError } from "./api-error.js";

/** Bodies are taken as they are or chunked; a compressed one would fail as broken JSON, which says nothing of the cause. */
export function refuseBodyEncodings(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { "transfer-encoding": transfer, "content-encoding": content } = request.headers;
    if (transfer !== undefined && transfer.trim().toLowerCase() !== "chunked") done(unknownTransferEncoding());
    else if (content !== undefined && content.trim().toLowerCase() !== "identity") done(compressed());
    else done();
  });
}

/** The code of the refusal after which no one can tell where the body ends. */
export const UNKNOWN_ENCODING = "unsupported_transfer_encoding";

export function unknownTransferEncoding(): ApiError {
  return new ApiError(501, 'The only transfer encoding is "chunked". Send the body so, or with a content-length.', {
    code: UNKNOWN_ENCODING,
    final: true,
  });
}

function compressed(): ApiError {
  return new ApiError(415, 'Compressed bodies are not read. Send the body without "content-encoding".', {
    code: "unsupported_content_encoding",
  });
}
