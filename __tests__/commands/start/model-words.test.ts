import { modelLines, offlineLines } from "../../../commands/start/model-words";
import { serviceEnvironment } from "../../../commands/start/service-environment";
import { catalogueModel, type ModelFacts } from "../../../planning/catalogue/models";
import { type ReadyReport } from "../../../service/src/contract";

const lines = (id: string, env: Record<string, string> = {}) =>
  modelLines(catalogueModel(id) as ModelFacts, serviceEnvironment({ MODEL_ID: id, ...env }, "/home/me/.cache"));

it("says what is downloaded from where to where, under which licence, and names a quicker model", () => {
  expect(lines("qwen2.5-0.5b-instruct")).toEqual([
    "Model qwen2.5-0.5b-instruct (Apache-2.0): 491 MB from huggingface.co, kept in /home/me/.cache/carepath/models.",
    "For a first look in seconds: MODEL_ID=smollm2-135m-instruct npm start (98 MB).",
  ]);
});

it("names the mirror where there is one", () => {
  expect(lines("qwen2.5-0.5b-instruct", { MODEL_BASE_URL: "https://mirror.example/hub" })[0]).toContain(
    "491 MB from mirror.example,",
  );
});

it("says what the quick model is not for", () => {
  expect(lines("smollm2-135m-instruct")[1]).toBe(
    "It is for trying things out: too small to judge how urgent a complaint is, so /triage is off.",
  );
});

describe("a download that fails", () => {
  const report: ReadyReport = {
    status: "loading",
    phase: "downloading",
    progress: null,
    elapsed_seconds: 9,
    attempt: 3,
    error: "https://huggingface.co cannot be reached.",
  };

  it("is explained after the second failure, with what helps without internet access", () => {
    const words = offlineLines(report)?.join("\n") ?? "";
    for (const variable of ["MODEL_PATH=", "MODEL_BASE_URL=", "HTTPS_PROXY="]) expect(words).toContain(variable);
  });

  it("is not explained before, nor when it went on", () => {
    expect(offlineLines({ ...report, attempt: 2 })).toBeUndefined();
    expect(offlineLines({ ...report, error: null })).toBeUndefined();
  });
});
