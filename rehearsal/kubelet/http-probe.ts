/**
 * One HTTP GET as the kubelet makes it.
 *
 * - A new connection each time, `User-Agent: kube-probe/<version>`, any `Accept`, no keep-alive.
 * - Success is a status from 200 to 399 within `timeoutSeconds`, which covers connecting, headers and body. No answer in
 *   time and an error of the connection are failures.
 * - Redirects are followed on the same host, ten requests at most. One to another host is not followed and counts as a
 *   success with a warning.
 * - At most 10 KiB of the body are read. A body that breaks off or stalls makes the attempt an error (`DoHTTPProbe`
 *   returns the error of `ReadAtMost`, while that of `client.Do` becomes a failure). The prober tries it three times in
 *   all (`runProbeWithRetries`, `maxProbeRetries`), and the worker throws away what still is an error, so that it counts
 *   neither way (`doProbe`).
 *
 * Sources: kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/ ("Liveness, Readiness, and Startup
 * Probes"), kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes
 * ("Configure Liveness, Readiness and Startup Probes", section "HTTP probes"); for body and redirects pkg/probe/http/http.go, pkg/kubelet/prober/prober.go and worker.go of
 * kubernetes/kubernetes.
 */
import { get, type IncomingMessage } from "node:http";

import { type ProbeOutcome } from "./probe-worker";

/** The Kubernetes minor version that the clusters of this project run; its kubelets send it. */
const USER_AGENT = "kube-probe/1.35";
const BODY_LIMIT_BYTES = 10 * 1024;
/** Requests of one attempt, the first included, as `RedirectChecker` counts them. */
const REQUEST_LIMIT = 10;
/** Tries of an attempt whose body cannot be read. */
const TRIES = 3;

export interface HttpProbeProps {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

type Attempt = { readonly outcome: ProbeOutcome } | { readonly bodyError: string };

/** Probes once; never rejects. */
export async function httpProbe(props: HttpProbeProps): Promise<ProbeOutcome> {
  let bodyError = "";
  for (let tried = 0; tried < TRIES; tried++) {
    const attempt = await tryOnce(props);
    if ("outcome" in attempt) return attempt.outcome;
    bodyError = attempt.bodyError;
  }
  return { result: "error", detail: `body unreadable ${TRIES} times, thrown away: ${bodyError}` };
}

function tryOnce(props: HttpProbeProps): Promise<Attempt> {
  const signal = new AbortController();
  const timeout = `no answer within ${props.timeoutMs / 1000} s`;
  return new Promise((resolve) => {
    let inBody = false;
    const timer = setTimeout(() => finish(inBody ? { bodyError: timeout } : failure(timeout)), props.timeoutMs);
    const finish = (attempt: Attempt) => {
      clearTimeout(timer);
      resolve(attempt);
      signal.abort();
    };
    const follow = (url: URL, requests: number): void => {
      const headers = { "User-Agent": USER_AGENT, Accept: "*/*", Connection: "close", ...props.headers };
      get(url, { agent: false, headers, signal: signal.signal }, (response) => {
        const target = redirectTarget(response, url);
        if (target?.hostname === url.hostname) {
          response.resume();
          if (requests >= REQUEST_LIMIT) finish(failure(`stopped after ${REQUEST_LIMIT} redirects`));
          else follow(target, requests + 1);
          return;
        }
        inBody = true;
        readBody(response).then(
          () => finish({ outcome: judge(response.statusCode ?? 0, target) }),
          (error: unknown) => finish({ bodyError: message(error) }),
        );
      }).on("error", (error) => finish(inBody ? { bodyError: message(error) } : failure(message(error))));
    };
    follow(new URL(props.path, `http://${props.host}:${props.port}`), 1);
  });
}

/** Where the response redirects to; undefined when it does not. */
function redirectTarget(response: IncomingMessage, from: URL): URL | undefined {
  const { statusCode = 0, headers } = response;
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  return URL.canParse(headers.location, from) ? new URL(headers.location, from) : undefined;
}

async function readBody(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) return;
  }
}

function judge(status: number, elsewhere: URL | undefined): ProbeOutcome {
  if (status < 200 || status >= 400) return { result: "failure", detail: `HTTP ${status}` };
  if (status < 300) return { result: "success", detail: `HTTP ${status}` };
  const warning =
    elsewhere === undefined ? "a redirect without a target" : `a redirect to another host (${elsewhere.host})`;
  return { result: "success", detail: `HTTP ${status}`, warning: `${warning} counts as success and was not followed` };
}

const failure = (detail: string): Attempt => ({ outcome: { result: "failure", detail } });

function message(error: unknown): string {
  const { code, message: text } = error as NodeJS.ErrnoException;
  return code === "ECONNREFUSED" ? "connection refused" : code === "ECONNRESET" ? "connection reset" : text;
}
