import { afterEach, expect, it } from "@jest/globals";
import { officialClient } from "../../../helpers/chat-client";
import { FakeEngine } from "../../../helpers/fake-engine";
import { closeHttpServices, httpService } from "../../../helpers/http-service";

afterEach(closeHttpServices);

async function connect(modelAliases: string[] = []) {
  const service = await httpService({ engine: new FakeEngine(), settings: { modelAliases } });
  return officialClient(await service.listen());
}

const ask = (model: string) => ({ model, messages: [{ role: "user" as const, content: "Hi" }] });
const FACTS = { id: "fake-model", object: "model", owned_by: "carepath", context_size: 4096 };
const UNKNOWN = {
  status: 404,
  code: "model_not_found",
  param: "model",
  message:
    '404 The model that you name is not loaded here; this service runs "fake-model". ' +
    "Ask for that, or add your name to MODEL_ALIASES.",
};

it("the loaded model is listed with its other names, and found by each of them", async () => {
  const aliases = ["gpt-4o-mini", "org/model:free"];
  const client = await connect(aliases);
  const { data } = await client.models.list();
  expect(data).toEqual([expect.objectContaining({ ...FACTS, aliases })]);
  for (const name of ["fake-model", ...aliases]) expect(await client.models.retrieve(name)).toEqual(data[0]);
});

it("is found by a name whose slash stands in the address as it is", async () => {
  const { app } = await httpService({ engine: new FakeEngine(), settings: { modelAliases: ["org/model:free"] } });
  expect((await app.inject({ url: "/v1/models/org/model:free" })).json()).toMatchObject(FACTS);
  const unknown = await app.inject({ url: "/v1/models/org/other" });
  expect([unknown.statusCode, unknown.json<{ error: { code: string } }>().error.code]).toEqual([
    404,
    "model_not_found",
  ]);
});

it("answers to an alias, under the name of the model that answered", async () => {
  const client = await connect(["gpt-4o-mini"]);
  expect((await client.chat.completions.create(ask("gpt-4o-mini"))).model).toBe("fake-model");
});

it("any other name is 404, in both places", async () => {
  const client = await connect(["gpt-4o-mini"]);
  await expect(client.chat.completions.create(ask("gpt-4o"))).rejects.toMatchObject(UNKNOWN);
  await expect(client.models.retrieve("gpt-4o")).rejects.toMatchObject(UNKNOWN);
});
