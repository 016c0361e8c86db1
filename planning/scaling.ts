import { simulate, type SimulationInput, type SimulationResult } from "./queue-simulation";

/**
 * From users to replicas. All figures are estimates on paper; the assumptions below are where to start when you know
 * better. docs/scaling.md explains them.
 */
export const ASSUMED_USERS = {
  /** Share of the users who are in a conversation in the busiest hour. */
  activeShare: 0.05,
  /** One of them asks a question this often, seconds. */
  secondsBetweenQuestions: 120,
  lengths: { prompt: 250, answer: 180, spread: 0.6 },
} as const;

/** What counts as good enough: 95 of 100 first tokens within `firstTokenSeconds`, and few questions refused. */
export const TARGET = { firstTokenSeconds: 15, refusedShare: 0.01 } as const;

/** One replica: its speed and its limits. */
export interface ReplicaFacts extends Pick<SimulationInput, "decode" | "prefill" | "slots" | "maxQueue"> {
  /** Longest answer, tokens. */
  readonly maxTokens: number;
}

export interface FleetOptions {
  /** @default TARGET.firstTokenSeconds */
  readonly firstTokenSeconds?: number;
  /** Questions of each simulation. @default 5000 */
  readonly questions?: number;
}

export interface FleetSize {
  /** Questions a second in the busiest hour. */
  readonly questionsPerSecond: number;
  /** Most users that one replica serves within the target; 0 where even one user waits longer. */
  readonly usersPerReplica: number;
  /** Null where no number of replicas reaches the target. */
  readonly replicas: number | null;
  /** How each of the replicas fares, or one with a single user where no number of them reaches the target. */
  readonly load: SimulationResult;
}

/**
 * The replicas that so many users need. A Service picks replicas at random, so each has a queue that knows nothing of the
 * others, and one replica with its share of the users stands for all.
 */
export function fleetSize(users: number, replica: ReplicaFacts, options: FleetOptions = {}): FleetSize {
  const { firstTokenSeconds = TARGET.firstTokenSeconds, questions = SIMULATED_QUESTIONS } = options;
  const usersPerReplica = usersWithinTarget(replica, firstTokenSeconds, questions);
  const replicas = usersPerReplica === 0 ? null : Math.ceil(users / usersPerReplica);
  return {
    questionsPerSecond: questionsPerSecond(users),
    usersPerReplica,
    replicas,
    load: simulateUsers(replicas === null ? 1 : users / replicas, replica, questions),
  };
}

/** Enough for two digits. */
const SIMULATED_QUESTIONS = 5000;

function questionsPerSecond(users: number): number {
  return (users * ASSUMED_USERS.activeShare) / ASSUMED_USERS.secondsBetweenQuestions;
}

function simulateUsers(users: number, { maxTokens, ...replica }: ReplicaFacts, questions: number): SimulationResult {
  const lengths = { ...ASSUMED_USERS.lengths, maxAnswer: maxTokens };
  return simulate({ ...replica, arrivalsPerSecond: questionsPerSecond(users), lengths, questions });
}

/** Most users that keep the target, by bisection to a whole user. */
function usersWithinTarget(replica: ReplicaFacts, firstTokenSeconds: number, questions: number): number {
  const enough = (users: number): boolean => {
    const { firstToken, refused } = simulateUsers(users, replica, questions);
    return firstToken.p95 <= firstTokenSeconds && refused <= TARGET.refusedShare;
  };
  let most = 0;
  let tooMany = 1;
  while (enough(tooMany)) [most, tooMany] = [tooMany, tooMany * 2];
  while (tooMany - most > 1) {
    const users = Math.floor((most + tooMany) / 2);
    if (enough(users)) most = users;
    else tooMany = users;
  }
  return most;
}
