import { afterAll, expect, it } from "@jest/globals";
import { FakeEngine } from "../../helpers/fake-engine";
import { closeHttpServices, httpService } from "../../helpers/http-service";

afterAll(closeHttpServices);

it("keeps unused connections as long as the setting says, so that a load balancer closes them first", async () => {
  const { app } = await httpService({ engine: new FakeEngine(1), settings: { keepAliveSeconds: 620 } });
  expect(app.server.keepAliveTimeout).toBe(620_000);
});
