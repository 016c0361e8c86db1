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
