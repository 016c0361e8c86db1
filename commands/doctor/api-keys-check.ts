/** Are the API keys where the pods will look for them? */
import { API_KEYS_VARIABLE } from "../../config/names";
import { SECRET_KEYS } from "../../service/src/contract";
import { askCluster } from "./ask-cluster";
import { check, type CheckContext, type Finding, ok, problem, skipped, warning } from "./check";

/** The names of the keys of a Secret, without their values. */
const KEY_NAMES = "go-template={{range $key, $value := .data}}{{$key}} {{end}}";

export const apiKeysCheck = check("API keys", (context) => {
  const { chat } = context.config;
  switch (chat.apiKeys.source) {
    case "none":
      return skipped("the environment has none: only its own namespace reaches the service");
    case "terraform-variable":
      return variableFinding(context.env[`TF_VAR_${API_KEYS_VARIABLE}`]);
    case "external-secret":
    case "existing-secret":
      return secretFinding(context, chat.apiKeys.name);
  }
});

function variableFinding(keys = ""): Finding {
  const name = `TF_VAR_${API_KEYS_VARIABLE}`;
  if (keys.trim() !== "") return ok(`${name} is set`);
  return problem(
    `${name} is not set, and the deploy of the chat stack needs it`,
    `Type the keys without leaving them in the history of the shell: read -rs ${name} && export ${name}`,
  );
}

function secretFinding(context: CheckContext, name: string): Finding {
  const { namespace, apiKeys } = context.config.chat;
  const keys = askCluster(context, ["get", "secret", name, "--namespace", namespace, "-o", KEY_NAMES]);
  if (keys?.split(" ").includes(SECRET_KEYS.apiKeys)) return ok(`Secret ${namespace}/${name}`);
  if (keys !== undefined) {
    return problem(
      `Secret ${namespace}/${name} has no "${SECRET_KEYS.apiKeys}" (it has: ${keys.trim() || "nothing"})`,
      `Put the API keys under "${SECRET_KEYS.apiKeys}", one a line. ${createLine(namespace, name)}`,
    );
  }
  if (apiKeys.source === "external-secret") {
    return skipped(`Secret ${namespace}/${name} is not there or not readable; the deploy of the chat stack makes it`);
  }
  if (askCluster(context, ["get", "namespace", namespace, "-o", "name"]) === undefined) {
    return skipped(
      `namespace ${namespace} is not there or not readable`,
      `After the deploy of the platform stack: ${createLine(namespace, name)}`,
    );
  }
  return warning(
    `Secret ${namespace}/${name} is not there: the pods wait for it and do not start`,
    createLine(namespace, name),
  );
}

function createLine(namespace: string, name: string): string {
  return `openssl rand -hex 24 > chat-keys.txt && kubectl --namespace ${namespace} create secret generic ${name} --from-file=${SECRET_KEYS.apiKeys}=chat-keys.txt`;
}
