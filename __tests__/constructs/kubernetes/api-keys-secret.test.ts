import { ApiKeysSecret } from "../../../constructs/kubernetes/api-keys-secret";
import { SECRET_KEYS } from "../../../service/src/contract";
import { synthConstructs } from "../../helpers/synth-stack";

const stack = synthConstructs((scope) => {
  new ApiKeysSecret(scope, "api-keys", { name: "chat-api", namespace: "carepath", revision: 3 });
});

it("takes the keys from a variable that Terraform neither shows nor keeps", () => {
  expect(stack.json.variable?.["chat_api_keys"]).toMatchObject({
    type: "string",
    sensitive: true,
    ephemeral: true,
    nullable: false,
  });
  expect(stack.json.variable?.["chat_api_keys"]).not.toHaveProperty("default");
});

it("hands them to the cluster through the write-only attribute alone", () => {
  const secret = stack.one("kubernetes_secret_v1");
  expect(secret["data_wo"]).toEqual({ [SECRET_KEYS.apiKeys]: "${var.chat_api_keys}" });
  expect(secret).not.toHaveProperty("data");
  expect(secret).toMatchObject({ metadata: { name: "chat-api-keys", namespace: "carepath" }, type: "Opaque" });
});

it("mentions the keys nowhere else", () => {
  const others = stack.text.replace(/"keys": "\$\{var\.chat_api_keys\}"/, "");
  const uses = [...others.matchAll(/var\.chat_api_keys/g)];
  const condition = stack.json.variable?.["chat_api_keys"]?.["validation"] as { condition: string }[];
  expect(uses).toHaveLength([...(condition[0]?.condition ?? "").matchAll(/var\.chat_api_keys/g)].length);
});

it("sends them again when the revision of the configuration changes, which no shell can forget", () => {
  expect(stack.one("kubernetes_secret_v1")["data_wo_revision"]).toBe(3);
  expect(Object.keys(stack.json.variable ?? {})).toEqual(["chat_api_keys"]);
});

it("refuses keys that would lock everyone out", () => {
  const condition = (name: string) => {
    const [first] = stack.json.variable?.[name]?.["validation"] as { condition: string; error_message: string }[];
    return first;
  };
  expect(condition("chat_api_keys")).toEqual({
    condition:
      '${length([for line in split("\\n", var.chat_api_keys) : line if trimspace(line) != "" && ' +
      '!startswith(trimspace(line), "#")]) > 0}',
    error_message:
      "chat_api_keys holds no key: the service would refuse every request. Set TF_VAR_chat_api_keys to one key a line.",
  });
});

it("asks for the Terraform version that knows write-only attributes", () => {
  expect(stack.json.terraform["required_version"]).toBe(">= 1.11.0");
});
