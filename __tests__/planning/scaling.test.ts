import { fleetSize, type ReplicaFacts, TARGET } from "../../planning/scaling";

const REPLICA: ReplicaFacts = { decode: 20, prefill: 66, slots: 2, maxQueue: 16, maxTokens: 512 };
const QUICK = { questions: 1000 };

describe("the replicas for so many users", () => {
  it("is one for few, and grows with them", () => {
    const { usersPerReplica, replicas } = fleetSize(10, REPLICA, QUICK);
    expect(replicas).toBe(1);
    expect(fleetSize(usersPerReplica, REPLICA, QUICK).replicas).toBe(1);
    expect(fleetSize(usersPerReplica + 1, REPLICA, QUICK).replicas).toBe(2);
    expect(fleetSize(1000, REPLICA, QUICK).replicas).toBe(Math.ceil(1000 / usersPerReplica));
  });

  it("keeps the target at the most users of a replica, and misses it with one more", () => {
    const { usersPerReplica } = fleetSize(1, REPLICA, QUICK);
    const at = (users: number) => fleetSize(users, REPLICA, QUICK).load;
    expect(at(usersPerReplica).firstToken.p95).toBeLessThanOrEqual(TARGET.firstTokenSeconds);
    expect(at(usersPerReplica).refused).toBeLessThanOrEqual(TARGET.refusedShare);
    // Two replicas share one user more, so each is nearly idle.
    expect(at(usersPerReplica + 1).utilisation).toBeLessThan(at(usersPerReplica).utilisation);
  });

  it("counts a question every 120 s from each of 5 % of the users", () => {
    expect(fleetSize(2400, REPLICA, QUICK).questionsPerSecond).toBe(1);
  });

  it("is less with a faster replica, and none where a prompt alone takes longer than the target", () => {
    const slow = fleetSize(500, REPLICA, QUICK);
    const fast = fleetSize(500, { ...REPLICA, decode: 80, prefill: 264 }, QUICK);
    expect(fast.replicas).toBeLessThan(slow.replicas ?? 0);
    expect(fleetSize(500, { ...REPLICA, prefill: 10 }, QUICK)).toMatchObject({
      replicas: null,
      usersPerReplica: 0,
    });
  });
});
