/**
 * A small queueing model of one replica of the service: what users wait for their first token under a given load.
 *
 * Questions arrive at random (Poisson). The replica answers up to `slots` of them at once; its cores are shared equally
 * between them, as the engine does it (streams take their steps together). The rest wait in line, and a question that
 * finds the line full is refused (429). Work is counted in seconds of the whole replica: prompt tokens / prefill rate,
 * then answer tokens / decode rate.
 *
 * Deterministic: the same input and seed give the same figures on every machine.
 */
export interface SimulationInput {
  readonly arrivalsPerSecond: number;
  readonly slots: number;
  /** Waiting places. */
  readonly maxQueue: number;
  /** One stream alone, tokens a second. */
  readonly decode: number;
  /** Reading a prompt, tokens a second. */
  readonly prefill: number;
  readonly lengths: TokenLengths;
  /** Questions to simulate; the first tenth is not counted. */
  readonly questions: number;
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
  /** Share of the time that the cores were busy. */
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

export function simulate(input: SimulationInput): SimulationResult {
  const { arrivalsPerSecond, slots, maxQueue, questions, seed = 1 } = input;
  const random = seededRandom(seed);
  const active: Job[] = [];
  const queue: Job[] = [];
  const firstTokens: number[] = [];
  const answers: number[] = [];
  const warmUp = Math.floor(questions / 10);
  let now = 0;
  let busySeconds = 0;
  let refused = 0;
  let created = 0;
  let nextArrival = exponential(random) / arrivalsPerSecond;

  const advance = (seconds: number): void => {
    now += seconds;
    if (active.length === 0) return;
    busySeconds += seconds;
    const share = seconds / active.length;
    for (const job of active) work(job, share, now);
  };
  const finish = (): void => {
    for (const job of active.filter(({ prompt, answer }) => prompt === 0 && answer === 0)) {
      active.splice(active.indexOf(job), 1);
      if (!job.counted) continue;
      firstTokens.push(job.firstToken - job.arrived);
      answers.push(now - job.arrived);
    }
    active.push(...queue.splice(0, slots - active.length));
  };
  const arrive = (): void => {
    const job = newJob(input, random, now, created >= warmUp);
    created++;
    if (active.length < slots) active.push(job);
    else if (queue.length < maxQueue) queue.push(job);
    else if (job.counted) refused++;
  };

  while (created < questions || active.length > 0) {
    const completion = nextChange(active);
    const untilArrival = created < questions ? nextArrival - now : Number.POSITIVE_INFINITY;
    if (untilArrival <= completion) {
      advance(untilArrival);
      arrive();
      nextArrival = now + exponential(random) / arrivalsPerSecond;
    } else {
      advance(completion);
    }
    finish();
  }

  return {
    firstToken: medianAndTail(firstTokens),
    answer: medianAndTail(answers),
    refused: refused / (questions - warmUp),
    utilisation: busySeconds / now,
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

/** Seconds until a stage of one of the jobs is done. */
function nextChange(active: readonly Job[]): number {
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
