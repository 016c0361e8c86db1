/** What can go wrong, in the words of a person who asks for help; what an operator wants to know is in `details`. */

/**
 * `details`: lines for the people who run the service. `wait`: seconds after which the service may be asked again.
 * `temporary`: it will pass by itself. `final`: the same request would fail again. `stopped`: the person ended it.
 * `status` and `code`: as the service gave them.
 */
export class Problem extends Error {
  constructor(message, facts = {}) {
    super(message);
    Object.assign(this, facts);
  }
}

/** Of an answer whose status is not 200. */
export async function problemOfResponse(response) {
  const error = await response.json().then(
    (body) => body.error ?? {},
    () => ({}),
  );
  return problemOf(error, {
    status: response.status,
    wait: Number(response.headers.get("retry-after")) || undefined,
    request: response.headers.get("x-request-id"),
  });
}

/** Of an error that came in the stream, after the status 200. */
export function problemInStream(error, response) {
  return problemOf(error, { request: response.headers.get("x-request-id") });
}

/** Of whatever was thrown. */
export function problemOfError(error) {
  if (error instanceof Problem) return error;
  return lost(String(error));
}

export function lost(details) {
  return new Problem("The connection was lost.", { temporary: true, details: [details] });
}

function problemOf(error, { status, wait, request }) {
  const facts = {
    status,
    code: error.code,
    details: [
      error.message,
      status && `Status ${status}`,
      error.code && `Code ${error.code}`,
      request && `Request ${request}`,
    ].filter(Boolean),
  };
  const known = BY_CODE[error.code] ?? BY_STATUS[status];
  if (known !== undefined)
    return new Problem(known.words, { ...facts, ...known.facts, ...(known.waits ? { wait: wait ?? 10 } : {}) });
  return new Problem("Something went wrong in the service. This is not your fault.", facts);
}

const BUSY = { words: "Many people are asking right now, and the line is full.", waits: true };
const RESTARTING = { words: "The service is restarting. Your question is kept.", facts: { temporary: true } };
const GETTING_READY = { words: "The service is not ready yet. Your question is kept.", facts: { temporary: true } };
const TOO_LONG = {
  words: "That is more text than this service takes at once. Please shorten it.",
  facts: { final: true },
};

const BY_CODE = {
  queue_full: BUSY,
  draining: RESTARTING,
  model_not_ready: GETTING_READY,
  deadline_exceeded: { words: "The answer took too long and was stopped. A shorter question may help." },
  context_length_exceeded: {
    words: "This conversation has become too long to go on with. Please start a new one.",
    facts: { final: true },
  },
};

const BY_STATUS = {
  401: { words: "This service needs a valid access key." },
  413: TOO_LONG,
  429: BUSY,
  502: RESTARTING,
  503: RESTARTING,
  504: RESTARTING,
};
