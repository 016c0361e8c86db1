import { chatPodTemplate, type ChatPodProps } from "../../../constructs/kubernetes/chat-pod";
import { CONTAINER_PATHS, ENV, SERVICE_COMMAND, SERVICE_PORT, SERVICE_PORT_NAME } from "../../../service/src/contract";
import { SAMPLE_POD } from "../../helpers/sample-config";

const SHARED = { cacheClaimName: "chat-api-model-cache", spread: false };

function specOf(props: Partial<ChatPodProps> = {}, placement = SHARED) {
  return chatPodTemplate({ ...SAMPLE_POD, ...props }, placement).spec;
}

function containerOf(props: Partial<ChatPodProps> = {}) {
  const [container] = specOf(props).container;
  if (container === undefined) throw new Error("no container");
  return container;
}

describe("container", () => {
  it("runs the contract's command on the contract's named port", () => {
    const { command, port } = containerOf();
    expect(command).toEqual([...SERVICE_COMMAND]);
    expect(port).toEqual([{ name: SERVICE_PORT_NAME, containerPort: SERVICE_PORT, protocol: "TCP" }]);
  });

  it("sleeps before SIGTERM", () => {
    expect(containerOf().lifecycle).toEqual({ preStop: [{ exec: { command: ["sleep", "8"] } }] });
    expect(containerOf({ preStopSeconds: 25 }).lifecycle.preStop[0]?.exec.command).toEqual(["sleep", "25"]);
  });

  it("reports the reason of its end where the service writes it", () => {
    const { env, terminationMessagePath, terminationMessagePolicy } = containerOf();
    expect(terminationMessagePath).toBe(CONTAINER_PATHS.terminationLog);
    expect(env).toContainEqual({ name: ENV.terminationLog, value: terminationMessagePath });
    expect(terminationMessagePolicy).toBe("FallbackToLogsOnError");
  });
});

describe("volumes", () => {
  it("leaves the cache to a claim template, but still mounts it", () => {
    const { volume, container } = chatPodTemplate(SAMPLE_POD, { spread: true }).spec;
    expect(volume.map(({ name }) => name)).toEqual(["tmp", "shared-memory"]);
    expect(container[0]?.volumeMount.map(({ name }) => name)).toEqual(["model-cache", "tmp", "shared-memory"]);
  });

  it("gives a read-only root its one scratch folder, with a limit", () => {
    expect(specOf().volume).toContainEqual({ name: "tmp", emptyDir: { sizeLimit: "64Mi" } });
    expect(containerOf().volumeMount).toContainEqual({ name: "tmp", mountPath: CONTAINER_PATHS.tmp });
  });

  it("has room in memory for the conversations that are kept, and for as much more as the service leaves free", () => {
    const settings = { ...SAMPLE_POD.settings, stateCacheMiB: 900 };
    expect(specOf({ settings }).volume).toContainEqual({
      name: "shared-memory",
      emptyDir: { medium: "Memory", sizeLimit: "1000Mi" },
    });
    expect(containerOf({ settings }).volumeMount).toContainEqual({ name: "shared-memory", mountPath: "/dev/shm" });
  });

  it.each([{ stateCacheMiB: 0 }, { stateCacheOnVolume: true }])("has no such room with %p", (kept) => {
    const settings = { ...SAMPLE_POD.settings, ...kept };
    expect(specOf({ settings }).volume.map(({ name }) => name)).not.toContain("shared-memory");
  });

  it.each([
    ["apiKeysSecretName", "api-keys", CONTAINER_PATHS.apiKeysDir, "keys", ENV.apiKeysFile],
    ["modelTokenSecretName", "model-token", CONTAINER_PATHS.modelTokenDir, "token", ENV.modelTokenFile],
  ] as const)("mounts %s as one read-only file that only the group may read", (prop, volume, mountPath, key, env) => {
    const props = { [prop]: "the-secret" };
    expect(specOf(props).volume).toContainEqual({
      name: volume,
      secret: { secretName: "the-secret", defaultMode: "0440", items: [{ key, path: key }] },
    });
    expect(containerOf(props).volumeMount).toContainEqual({ name: volume, mountPath, readOnly: true });
    expect(containerOf(props).env).toContainEqual({ name: env, value: `${mountPath}/${key}` });
    expect(specOf().volume.map(({ name }) => name)).not.toContain(volume);
  });

  it("mounts no volume that the pod lacks and has none that is not mounted", () => {
    const props = { apiKeysSecretName: "a", modelTokenSecretName: "b" };
    const mounted = containerOf(props).volumeMount.map(({ name }) => name);
    expect(specOf(props).volume.map(({ name }) => name)).toEqual(mounted);
  });
});

describe("pod", () => {
  it("has the account, grace period and name that it is given", () => {
    const template = chatPodTemplate(
      { ...SAMPLE_POD, name: "other", serviceAccountName: "account", terminationGracePeriodSeconds: 77 },
      SHARED,
    );
    expect(template.metadata.labels).toMatchObject({ "app.kubernetes.io/name": "other" });
    expect(template.spec).toMatchObject({ serviceAccountName: "account", terminationGracePeriodSeconds: 77 });
  });

  it("makes the volumes writable for its group without walking over them at every start", () => {
    expect(specOf().securityContext).toMatchObject({ fsGroup: "10001", fsGroupChangePolicy: "OnRootMismatch" });
  });

  it("runs on the image's architecture, or anywhere when that is not known", () => {
    expect(specOf({ architecture: "arm64" }).nodeSelector).toEqual({ "kubernetes.io/arch": "arm64" });
    expect(specOf().nodeSelector).toBeUndefined();
  });

  it("spreads over zones and nodes where there are several replicas, without insisting", () => {
    expect(specOf().topologySpreadConstraint).toBeUndefined();
    expect(specOf({}, { ...SHARED, spread: true }).topologySpreadConstraint).toEqual(
      ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: [{ matchLabels: { "app.kubernetes.io/name": "chat-api" } }],
      })),
    );
  });
});
