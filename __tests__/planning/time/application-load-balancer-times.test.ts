import { applicationLoadBalancerTimes } from "../../../planning/time/application-load-balancer-times";

const times = (requestTimeoutSeconds: number, drainSeconds = 100) =>
  applicationLoadBalancerTimes({ requestTimeoutSeconds, preStopSeconds: 25, drainSeconds });

it("outlasts a request that is not streamed, and the service outlasts the load balancer", () => {
  expect(times(600)).toEqual({ idleTimeoutSeconds: 610, keepAliveSeconds: 620, deregistrationDelaySeconds: 125 });
});

it.each([
  [3990, 4000],
  [3991, 4000],
  [3989, 3999],
])("with requests of %s s the idle timeout is %s s, at most what AWS takes", (request, idle) => {
  expect(times(request)).toMatchObject({ idleTimeoutSeconds: idle, keepAliveSeconds: idle + 10 });
});

it("gives running answers the wait before SIGTERM and the drain, at most an hour", () => {
  expect(times(600, 3575).deregistrationDelaySeconds).toBe(3600);
  expect(times(600, 3576).deregistrationDelaySeconds).toBe(3600);
});
