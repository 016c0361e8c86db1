import { afterEach, describe, expect, it } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020";
import { PATHS } from "../../../service/src/contract.js";
import { chatSchema } from "../../../service/src/http/routes/chat-schema.js";
import { FakeEngine } from "../../helpers/fake-engine";
import { apiKeysOf, closeHttpServices, httpService, type HttpService } from "../../helpers/http-service";

afterEach(closeHttpServices);

interface Media {
  readonly schema: Record<string, unknown>;
}
interface Operation {
  readonly operationId: string;
  readonly security?: unknown;
  readonly requestBody?: { readonly content: { readonly "application/json": Media } };
  readonly responses: Record<string, { readonly content: Record<string, Media> }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components?: object;
}

async function documentOf({ app }: HttpService): Promise<Document> {
  const response = await app.inject({ url: PATHS.openapi });
  expect(response.statusCode).toBe(200);
  return response.json();
}

const NO_MEDIA: Partial<Media> = {};
const TRIAGE = '{"summary":"An itch.","red_flags":[],"urgency":"routine","advice":["Wait a day."]}';
const ASK = { messages: [{ role: "user", content: "Hi" }] };

describe("the description of the API", () => {
  it("is a valid OpenAPI document", async () => {
    const document = await documentOf(await httpService({ engine: new FakeEngine() }));
    const { valid, errors } = await new Validator().validate(document as unknown as Record<string, unknown>);
    expect([valid, errors]).toEqual([true, undefined]);
  });

  it("has every address for programs, and every field of a chat request as the route reads it", async () => {
    const { paths } = await documentOf(await httpService({ engine: new FakeEngine() }));
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(
      [
        `GET ${PATHS.health}`,
        `GET ${PATHS.ready}`,
        `GET ${PATHS.models}`,
        `GET ${PATHS.models}/{model}`,
        `POST ${PATHS.chatCompletions}`,
        `POST ${PATHS.triage}`,
      ].sort(),
    );
    const body = paths[PATHS.chatCompletions]?.["post"]?.requestBody?.content["application/json"].schema;
    expect(Object.keys(body?.["properties"] ?? {}).sort()).toEqual(Object.keys(chatSchema.shape).sort());
    expect(body?.["required"]).toEqual(["messages"]);
  });

  it.each<[method: "GET" | "POST", url: string, path: string, payload: object | undefined, status: number]>([
    ["GET", PATHS.health, PATHS.health, undefined, 200],
    ["GET", PATHS.ready, PATHS.ready, undefined, 200],
    ["GET", PATHS.models, PATHS.models, undefined, 200],
    ["GET", `${PATHS.models}/fake-model`, `${PATHS.models}/{model}`, undefined, 200],
    ["GET", `${PATHS.models}/other`, `${PATHS.models}/{model}`, undefined, 404],
    ["POST", PATHS.chatCompletions, PATHS.chatCompletions, ASK, 200],
    ["POST", PATHS.chatCompletions, PATHS.chatCompletions, { messages: [] }, 400],
    ["POST", PATHS.chatCompletions, PATHS.chatCompletions, { ...ASK, model: "other" }, 404],
    ["POST", PATHS.triage, PATHS.triage, { query: "It itches", patient_mrn: "MRN-7" }, 200],
    ["POST", PATHS.triage, PATHS.triage, { query: "" }, 400],
    ["POST", PATHS.triage, PATHS.triage, { query: "chest pain" }, 502],
  ])("%s %s answers as it says (%s, %j): %i", async (method, url, path, payload, status) => {
    const engine = new FakeEngine(1, { pieces: [status === 502 ? "{" : TRIAGE], reasoning: ["Hm."] });
    const service = await httpService({ engine });
    const { paths } = await documentOf(service);
    const response = await service.app.inject({ method, url, ...(payload && { payload }) });
    expect(response.statusCode).toBe(status);
    const { schema } =
      paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.content["application/json"] ?? NO_MEDIA;
    const valid = new Ajv2020({ strict: false }).compile(schema ?? false);
    valid(response.json());
    expect(valid.errors).toBeNull();
  });

  it("describes the events of a stream", async () => {
    const service = await httpService({ engine: new FakeEngine(1, { reasoning: ["Hm."] }) });
    const { paths } = await documentOf(service);
    const { schema } = paths[PATHS.chatCompletions]?.["post"]?.responses["200"]?.content["text/event-stream"] ?? {};
    const valid = new Ajv2020({ strict: false }).compile(schema ?? false);
    const payload = { ...ASK, stream: true, stream_options: { include_usage: true } };
    const { body } = await service.app.inject({ method: "POST", url: PATHS.chatCompletions, payload });
    const events = body.split("\n\n").filter((event) => event.startsWith("data: {"));
    expect(events.length).toBeGreaterThan(4);
    for (const event of events) {
      valid(JSON.parse(event.slice("data: ".length)));
      expect(valid.errors).toBeNull();
    }
  });

  it("asks for a key where the service does, and is itself for everyone", async () => {
    const service = await httpService({ engine: new FakeEngine(), apiKeys: apiKeysOf("a-key") });
    const { paths, components } = await documentOf(service);
    expect(paths[PATHS.triage]?.["post"]?.security).toEqual([{ key: [] }]);
    expect(paths[PATHS.health]?.["get"]?.security).toBeUndefined();
    expect(components).toMatchObject({ securitySchemes: { key: { type: "http", scheme: "bearer" } } });
    const open = await documentOf(await httpService({ engine: new FakeEngine() }));
    expect(JSON.stringify(open)).not.toContain('"security');
  });
});

describe("the page of the API", () => {
  it("loads from its own origin alone, and nothing inline", async () => {
    const { app } = await httpService({ engine: new FakeEngine() });
    const page = await app.inject({ url: PATHS.apiDocs });
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    const linked = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
    expect(linked.length).toBeGreaterThan(4);
    for (const address of linked) {
      const { statusCode } = await app.inject({ url: new URL(address, `http://localhost${PATHS.apiDocs}`).pathname });
      expect([address, statusCode]).toEqual([address, 200]);
    }
  });
});
