import { chatProbes } from "../../../constructs/kubernetes/probes";
import { PATHS, SERVICE_PORT_NAME } from "../../../service/src/contract";
import { SAMPLE_PLAN } from "../../helpers/sample-config";

const probes = chatProbes(SAMPLE_PLAN.probes);

it("asks /ready at startup, so that loading is never taken for a hang", () => {
  expect(probes.startupProbe.httpGet.path).toBe(PATHS.ready);
});

it("asks /health for liveness, so that a draining pod is not killed in the middle of an answer", () => {
  expect(probes.livenessProbe.httpGet.path).toBe(PATHS.health);
});

it("asks /ready for readiness", () => {
  expect(probes.readinessProbe.httpGet.path).toBe(PATHS.ready);
});

it("names the port instead of repeating its number", () => {
  const { startupProbe, livenessProbe, readinessProbe } = probes;
  for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) expect(httpGet.port).toBe(SERVICE_PORT_NAME);
});

it("takes every timing of the plan as it is", () => {
  const { startup, liveness, readiness } = SAMPLE_PLAN.probes;
  expect(probes.startupProbe).toMatchObject(startup);
  expect(probes.livenessProbe).toMatchObject(liveness);
  expect(probes.readinessProbe).toMatchObject(readiness);
});

it("passes an initial delay on where the plan has one", () => {
  const delayed = { ...SAMPLE_PLAN.probes, liveness: { ...SAMPLE_PLAN.probes.liveness, initialDelaySeconds: 17 } };
  expect(chatProbes(delayed).livenessProbe.initialDelaySeconds).toBe(17);
  expect(probes.livenessProbe.initialDelaySeconds).toBeUndefined();
});
