import { chatProbes } from "../../../constructs/kubernetes/probes";
import { PATHS, SERVICE_PORT_NAME } from "../../../service/src/contract";
import { SAMPLE_PLAN } from "../../helpers/sample-config";

const probes = chatProbes(SAMPLE_PLAN.probes);

it("asks /ready at startup, so that loading is never taken for a hang", () => {
  expect(probes.startupProbe.httpGet).toEqual({ path: PATHS.ready, port: SERVICE_PORT_NAME });
});

it("asks /health for liveness, so that a draining pod is not killed in the middle of an answer", () => {
  expect(probes.livenessProbe.httpGet).toEqual({ path: PATHS.health, port: SERVICE_PORT_NAME });
});

it("asks /ready for readiness", () => {
  expect(probes.readinessProbe.httpGet).toEqual({ path: PATHS.ready, port: SERVICE_PORT_NAME });
});

it("takes every timing of the plan as it is", () => {
  const { startup, liveness, readiness } = SAMPLE_PLAN.probes;
  expect(probes.startupProbe).toMatchObject(startup);
  expect(probes.livenessProbe).toMatchObject(liveness);
  expect(probes.readinessProbe).toMatchObject(readiness);
});
