import { afterEach, describe, expect, it } from "@jest/globals";
import { DEFAULTS } from "../../../../service/src/contract.js";
import { BOUNDS, NOTICE, URGENCIES } from "../../../../service/src/http/routes/triage-answer.js";
import { FakeEngine, type FakeAnswer } from "../../../helpers/fake-engine";
import { closeHttpServices, httpService } from "../../../helpers/http-service";

afterEach(closeHttpServices);

const GOOD = {
  summary: "Chest pain for an hour.",
  red_flags: ["chest pain"],
  urgency: "emergency",
  advice: ["Call for help.", "Sit down."],
};

async function triage(answer: FakeAnswer, payload: object = { query: "My chest hurts" }) {
  const engine = new FakeEngine(1, answer);
  const { app } = await httpService({ engine });
  const response = await app.inject({ method: "POST", url: "/triage", payload, headers: { "x-request-id": "case-1" } });
  return {
    engine,
    status: response.statusCode,
    headers: response.headers,
    body: response.json<Record<string, unknown>>(),
  };
}
const saying = (value: unknown, more: FakeAnswer = {}): FakeAnswer => ({ pieces: [JSON.stringify(value)], ...more });

describe("POST /triage", () => {
  it("answers with the schema, readable text, the notice, the trace and the patient number", async () => {
    const { status, body } = await triage(saying(GOOD), { query: "My chest hurts", patient_mrn: "MRN 00-42" });
    expect(status).toBe(200);
    expect(body).toEqual({
      urgency: "emergency",
      summary: "Chest pain for an hour.",
      advice: ["Call for help.", "Sit down."],
      red_flags: ["chest pain"],
      response:
        "Emergency: call your local emergency number now.\n\nChest pain for an hour.\n\nWhat to do:\n- Call for help.\n- Sit down.\n\n" +
        `Warning signs:\n- chest pain\n\n${NOTICE}`,
      notice: NOTICE,
      trace_id: "case-1",
      patient_mrn: "MRN 00-42",
      model: "fake-model",
      inference_time_ms: expect.any(Number),
    });
  });

  it("asks greedily, under the grammar of the schema, without the patient number", async () => {
    const { engine } = await triage(saying(GOOD), { query: "It hurts", patient_mrn: "MRN-42", context: { age: 61 } });
    const [request] = engine.requests;
    expect(request).toMatchObject({ temperature: 0, maxTokens: 512, responseFormat: { type: "json_schema" } });
    expect(request?.messages.at(-1)).toEqual({
      role: "user",
      content: 'Background:\n{"age":61}\n\nThe person writes:\nIt hurts',
    });
    expect(JSON.stringify(request)).not.toContain("MRN-42");
    const format = request?.responseFormat;
    expect(format?.type === "json_schema" && Object.keys(format.schema["properties"] as object)).toEqual([
      "summary",
      "red_flags",
      "urgency",
      "advice",
    ]);
  });

  it.each(URGENCIES)("knows the urgency %s", async (urgency) => {
    expect((await triage(saying({ ...GOOD, urgency, red_flags: [] }))).body).toMatchObject({ urgency, red_flags: [] });
  });

  it("keeps one line for each step in the readable text", async () => {
    const { body } = await triage(saying({ ...GOOD, advice: [" Rest\nand  drink. "] }));
    expect(body["response"]).toContain("\n- Rest and drink.\n");
  });

  it("counts characters and not UTF-16 units, as the grammar does", async () => {
    expect((await triage(saying({ ...GOOD, summary: "😀".repeat(BOUNDS.summaryLength) }))).status).toBe(200);
    expect((await triage(saying({ ...GOOD, summary: "😀".repeat(BOUNDS.summaryLength + 1) }))).status).toBe(502);
  });

  it.each([
    ["another urgency", { ...GOOD, urgency: "maybe" }],
    ["no advice", { ...GOOD, advice: [] }],
    ["five pieces of advice", { ...GOOD, advice: Array(5).fill("x") }],
    ["a piece of advice that is too long", { ...GOOD, advice: ["x".repeat(BOUNDS.adviceLength + 1)] }],
    ["five red flags", { ...GOOD, red_flags: Array(5).fill("x") }],
    ["a red flag that is too long", { ...GOOD, red_flags: ["x".repeat(BOUNDS.redFlagLength + 1)] }],
    ["an empty summary", { ...GOOD, summary: "" }],
    ["a field too many", { ...GOOD, diagnosis: "x" }],
    ["a field too few", { summary: "x", urgency: "routine", advice: ["x"] }],
    ["a list", [GOOD]],
  ])("withholds an answer with %s", async (_, answer) => {
    const { status, body, headers } = await triage(saying(answer));
    expect([status, headers["x-should-retry"]]).toEqual([502, "false"]);
    expect(body).toMatchObject({ error: { code: "invalid_answer", type: "server_error" } });
  });

  it("takes the longest answer that the bounds allow, which fits MAX_TOKENS at 2.3 characters a token", async () => {
    const longest = {
      summary: "x".repeat(BOUNDS.summaryLength),
      red_flags: Array<string>(BOUNDS.redFlags).fill("x".repeat(BOUNDS.redFlagLength)),
      urgency: "emergency",
      advice: Array<string>(BOUNDS.advice).fill("x".repeat(BOUNDS.adviceLength)),
    };
    expect((await triage(saying(longest))).status).toBe(200);
    expect(JSON.stringify(longest).length / 2.3).toBeLessThanOrEqual(DEFAULTS.maxTokens);
  });

  it("says that an answer was cut short instead of giving half of it", async () => {
    const { status, body } = await triage({ pieces: ['{"summary":"Chest pa'], finishReason: "length" });
    expect(status).toBe(502);
    expect(body).toEqual({
      error: {
        message:
          "The model did not complete its answer within 512 tokens, and half an assessment is none. " +
          "Shorten the question, raise MAX_TOKENS or CONTEXT_SIZE, or use a more capable model.",
        type: "server_error",
        param: null,
        code: "truncated_answer",
      },
    });
  });

  it.each([
    [{}, "query"],
    [{ query: "  " }, "query"],
    [{ query: 7 }, "query"],
    [{ query: "x", patient_mrn: "" }, "patient_mrn"],
    [{ query: "x", patient_mrn: "a".repeat(65) }, "patient_mrn"],
    [{ query: "x", patient_mrn: "a\nb" }, "patient_mrn"],
    [{ query: "x", patient_mrn: 42 }, "patient_mrn"],
    [{ query: "x", context: 3 }, "context"],
  ])("refuses %j by naming %s", async (payload, param) => {
    const { status, body, engine } = await triage(saying(GOOD), payload);
    expect([status, engine.requests.length]).toEqual([400, 0]);
    expect(body).toMatchObject({ error: { param, code: "invalid_request", type: "invalid_request_error" } });
  });

  it("takes a patient number of 64 characters, and none", async () => {
    const long = "a".repeat(64);
    expect((await triage(saying(GOOD), { query: "x", patient_mrn: long })).body).toMatchObject({ patient_mrn: long });
    expect((await triage(saying(GOOD), { query: "x", extra: true })).body).toMatchObject({ patient_mrn: null });
  });
});
