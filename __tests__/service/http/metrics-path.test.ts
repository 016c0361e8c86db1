import { afterAll, expect, it } from "@jest/globals";
import { FakeEngine } from "../../helpers/fake-engine";
import { closeHttpServices, httpService } from "../../helpers/http-service";

afterAll(closeHttpServices);

it.each([
  ["/metrics", 200],
  ["/metrics?a=b", 200],
  ["/%6Detrics", 404],
  ["/metric%73", 404],
  ["//metrics", 404],
  ["/metrics/", 404],
])("%s is answered %s: a load balancer keeps one spelling inside", async (url, status) => {
  const { app } = await httpService({ engine: new FakeEngine(1) });
  expect((await app.inject({ url })).statusCode).toBe(status);
});

it.each([
  ["10.30.1.2", 200],
  ["127.0.0.1", 200],
  ["203.0.113.7", 404],
])("a client at %s is answered %s where METRICS_CIDRS is 10.30.0.0/16", async (remoteAddress, status) => {
  const { app } = await httpService({ engine: new FakeEngine(1), settings: { metricsCidrs: ["10.30.0.0/16"] } });
  expect((await app.inject({ url: "/metrics", remoteAddress })).statusCode).toBe(status);
  expect((await app.inject({ url: "/health", remoteAddress })).statusCode).toBe(200);
});
