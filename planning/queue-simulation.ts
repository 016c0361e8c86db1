/**
 * A small queueing model of the service: what users wait for their first token under a given load.
 *
 * Questions arrive at random (Poisson). A replica answers up to `slots` of them at once; its cores are shared equally
 * between them, as the engine does it (streams take their steps together). The rest wait in line, and a question that
 * finds the line full is refused (429). Work is counted in seconds of the whole replica: prompt tokens / prefill rate,
 * then answer tokens / decode rate.
 *
 * Deterministic: the same input and seed give the same figures on every machine.
 */
export interface SimulationInput {
  /** Questions a second, for all replicas together. */
  readonly arrivalsPerSecond: number;
  readonly replicas: number;
  readonly slots: number;
  /** Waiting places of each replica. */
  readonly maxQueue: number;
  /** One stream alone on a replica, tokens a second. */
  readonly decode: number;
  /** Reading a prompt, tokens a second. */
  readonly prefill: number;
  readonly lengths: TokenLengths;
  /**
   * `random`: a Kubernetes Service, which knows nothing of load. `least-busy`: a router that sends each question to the
   * replica with the most room and lets the rest wait for whichever is free first.
   */
  readonly routing: "random" | "least-busy";
  /** Questions to simulate; the first tenth is not counted. @default 5000 */
  readonly questions?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** Tokens that have to be computed for one question. */
export interface TokenLengths {
  /** New prompt tokens, on average: what the slot does not remember from the turn before. */
  readonly prompt: number;
  /** Answer tokens, on average. */
  readonly answer: number;
  /** Spread of both (sigma of a log-normal distribution). */
  readonly spread: number;
  readonly maxAnswer: number;
}

export interface SimulationResult {
  /** Seconds to the first token. */
  readonly firstToken: { readonly median: number; readonly p95: number };
  /** Seconds to the last token. */
  readonly answer: { readonly median: number; readonly p95: number };
  /** Share of the questions that were answered 429. */
  readonly refused: number;
  /** Share of the time that the replicas' cores were busy. */
  readonly utilisation: number;
}

interface Job {
  readonly arrived: number;
  readonly counted: boolean;
  /** Seconds of a whole replica that are left of the prompt, then of the answer. */
  prompt: number;
  answer: number;
  firstToken: number;
}

interface Replica {
  readonly active: Job[];
  readonly queue: Job[];
  busySeconds: number;
}

export function simulate(input: SimulationInput): SimulationResult {
  const { arrivalsPerSecond, replicas: count, slots, maxQueue, routing, questions = 5_000, seed = 1 } = input;
  const random = seededRandom(seed);
  const replicas: Replica[] = Array.from({ length: count }, () => ({ active: [], queue: [], busySeconds: 0 }));
  const pooled: Job[] = [];
  const firstTokens: number[] = [];
  const answers: number[] = [];
  const warmUp = Math.floor(questions / 10);
  let now = 0;
  let refused = 0;
  let created = 0;
  let nextArrival = exponential(random) / arrivalsPerSecond;

  const advance = (seconds: number): void => {
    for (const replica of replicas) {
      if (replica.active.length === 0) continue;
      replica.busySeconds += seconds;
      const share = seconds / replica.active.length;
      for (const job of replica.active) work(job, share, now + seconds);
    }
    now += seconds;
  };
  const finish = (replica: Replica): void => {
    for (let index = replica.active.length - 1; index >= 0; index--) {
      const job = replica.active[index];
      if (job === undefined || job.prompt > 0 || job.answer > 0) continue;
      replica.active.splice(index, 1);
      if (job.counted) {
        firstTokens.push(job.firstToken - job.arrived);
        answers.push(now - job.arrived);
      }
    }
    while (replica.active.length < slots) {
      const next = routing === "random" ? replica.queue.shift() : pooled.shift();
      if (next === undefined) break;
      replica.active.push(next);
    }
  };
  const arrive = (): void => {
    const job = newJob(input, random, now, created >= warmUp);
    created++;
    const least = (a: Replica, b: Replica): Replica => (b.active.length < a.active.length ? b : a);
    const target = routing === "random" ? replicas[Math.floor(random() * count)] : replicas.reduce(least);
    if (target === undefined) return;
    const queue = routing === "random" ? target.queue : pooled;
    if (target.active.length < slots) target.active.push(job);
    else if (queue.length < maxQueue * (routing === "random" ? 1 : count)) queue.push(job);
    else if (job.counted) refused++;
  };

  while (created < questions || replicas.some(({ active }) => active.length > 0)) {
    let completion = Number.POSITIVE_INFINITY;
    for (const replica of replicas) completion = Math.min(completion, nextChange(replica));
    const untilArrival = created < questions ? nextArrival - now : Number.POSITIVE_INFINITY;
    if (untilArrival <= completion) {
      advance(untilArrival);
      arrive();
      nextArrival = now + exponential(random) / arrivalsPerSecond;
    } else {
      advance(completion);
    }
    for (const replica of replicas) finish(replica);
  }

  return {
    firstToken: medianAndTail(firstTokens),
    answer: medianAndTail(answers),
    refused: refused / (questions - warmUp),
    utilisation: replicas.reduce((total, { busySeconds }) => total + busySeconds, 0) / (now * count),
  };
}

/** Less work than this is rounding. */
const EPSILON = 1e-9;

function work(job: Job, seconds: number, now: number): void {
  if (job.prompt > 0) {
    job.prompt -= seconds;
    if (job.prompt <= EPSILON) {
      job.prompt = 0;
      job.firstToken = now;
    }
    return;
  }
  job.answer -= seconds;
  if (job.answer <= EPSILON) job.answer = 0;
}

/** Seconds until a stage of one of the replica's jobs is done. */
function nextChange({ active }: Replica): number {
  if (active.length === 0) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (const { prompt, answer } of active) least = Math.min(least, prompt > 0 ? prompt : answer);
  return least * active.length;
}

function newJob(
  { lengths, prefill, decode }: SimulationInput,
  random: () => number,
  now: number,
  counted: boolean,
): Job {
  const prompt = Math.max(1, lengths.prompt * logNormal(random, lengths.spread));
  const answer = Math.min(lengths.maxAnswer, Math.max(1, lengths.answer * logNormal(random, lengths.spread)));
  return { arrived: now, counted, prompt: prompt / prefill, answer: answer / decode, firstToken: now };
}

/** Mean 1. */
function logNormal(random: () => number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal - (sigma * sigma) / 2);
}

function exponential(random: () => number): number {
  return -Math.log(1 - random());
}

function medianAndTail(values: readonly number[]): { readonly median: number; readonly p95: number } {
  const sorted = Float64Array.from(values).sort();
  return { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}

/** The value below which the share `q` of the values, which are in order, lies; 0 without values. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Mulberry32: 32 bits of state, enough for a queue. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
