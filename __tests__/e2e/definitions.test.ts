import { Keda } from "../../constructs/kubernetes/keda";
import { DEFINITIONS } from "../../e2e/lib/definitions";
import { synthConstructs } from "../helpers/synth-stack";

it("the end-to-end suite takes KEDA's definition from the version that the platform stack installs", () => {
  const { version } = synthConstructs((stack) => new Keda(stack, "keda")).one("helm_release");
  const tried = DEFINITIONS.find(({ kind }) => kind === "ScaledObject");
  expect(tried?.version).toBe(`v${String(version)}`);
});
