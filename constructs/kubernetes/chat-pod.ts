import {
  CONTAINER_PATHS,
  SECRET_KEYS,
  STATE_CACHE_SHARE,
  SERVICE_COMMAND,
  SERVICE_PORT,
  SERVICE_PORT_NAME,
  SERVICE_UID,
} from "../../service/src/contract";
import { type EnvironmentPlan } from "../../planning/environment-plan";
import { chatEnvironment, type ServiceSettings } from "./chat-environment";
import { chatProbes } from "./probes";
import { selectorLabels, workloadLabels } from "./workload-labels";

/** What the pod needs, whichever controller creates it. */
export interface ChatPodProps {
  /** Name of the workload: labels and selectors follow from it. */
  readonly name: string;
  /** Image with a digest or with a tag that is never `latest`; see `imageReference`. */
  readonly image: string;
  /**
   * `Always` asks the registry at every start: for a tag, which may have moved (CKV_K8S_15). `IfNotPresent` is for a
   * digest, so that a registry that is away stops no start, and for images that were loaded into the node, as with kind.
   */
  readonly imagePullPolicy: "Always" | "IfNotPresent";
  readonly serviceAccountName: string;
  readonly settings: ServiceSettings;
  /** Whole cores, request = limit. */
  readonly cpuCores: number;
  /** MiB, request = limit. */
  readonly memoryMiB: number;
  readonly probes: EnvironmentPlan["probes"];
  /** Seconds between the pod's deletion and SIGTERM, in which the service still takes requests. */
  readonly preStopSeconds: number;
  /** Seconds between the pod's deletion and SIGKILL; more than `preStopSeconds` and `settings.drainSeconds` together. */
  readonly terminationGracePeriodSeconds: number;
  /** CPU architecture of the image. @default any node */
  readonly architecture?: "amd64" | "arm64" | undefined;
  /** Secret with the API keys under `SECRET_KEYS.apiKeys`. @default no keys: anyone who can reach the pod may ask */
  readonly apiKeysSecretName?: string;
  /** Secret with the model hub token under `SECRET_KEYS.modelToken`. @default no token */
  readonly modelTokenSecretName?: string;
}

/** What the controller adds to the pod. */
export interface ChatPodPlacement {
  /** Claim of the shared cache. Undefined where the controller makes a claim for each replica. */
  readonly cacheClaimName?: string;
  /** Prefer another zone and another node for each replica. */
  readonly spread: boolean;
}

/** Name of the container. */
const CHAT_CONTAINER = "chat";

/** Name of the cache volume in the pod, and of the claim template of a StatefulSet. */
export const CACHE_VOLUME = "model-cache";

/** Scratch space: the root file system is read-only, and the service keeps nothing in /tmp that it needs later. */
const TMP_SIZE = "64Mi";

/**
 * Ephemeral storage, request = limit: logs (five files of 10 MiB by the kubelet's rotation) and /tmp. A pod that states
 * its need is not among the first to be evicted when the disk of the node fills up.
 * @see https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
 */
const EPHEMERAL_STORAGE = "256Mi";

/** The group of the service may read the mounted Secrets, no one else; `fsGroup` makes it their group. */
const SECRET_MODE = "0440";

/**
 * The pod of the chat service: the one template of the Deployment and of the StatefulSet.
 *
 * Requests equal limits for cpu and memory, which makes the pod Guaranteed: it is evicted last and its cpu quota is a
 * whole number of cores. It satisfies the Pod Security Standard `restricted`.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function chatPodTemplate(props: ChatPodProps, placement: ChatPodPlacement) {
  return {
    metadata: { labels: workloadLabels(props.name) },
    spec: {
      serviceAccountName: props.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
      nodeSelector: props.architecture && { "kubernetes.io/arch": props.architecture },
      topologySpreadConstraint: placement.spread ? SPREAD_OVER.map((key) => spreadOver(key, props.name)) : undefined,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: String(SERVICE_UID),
        runAsGroup: String(SERVICE_UID),
        fsGroup: String(SERVICE_UID),
        // The default, Always, walks over the whole cache at every start of the pod.
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      container: [chatContainer(props)],
      volume: volumes(props, placement),
    },
  };
}

function chatContainer(props: ChatPodProps) {
  const resources = {
    cpu: String(props.cpuCores),
    memory: `${props.memoryMiB}Mi`,
    "ephemeral-storage": EPHEMERAL_STORAGE,
  };
  return {
    name: CHAT_CONTAINER,
    image: props.image,
    imagePullPolicy: props.imagePullPolicy,
    command: [...SERVICE_COMMAND],
    env: chatEnvironment(props.settings, {
      apiKeys: props.apiKeysSecretName !== undefined,
      modelToken: props.modelTokenSecretName !== undefined,
    }),
    port: [{ name: SERVICE_PORT_NAME, containerPort: SERVICE_PORT, protocol: "TCP" }],
    ...chatProbes(props.probes),
    lifecycle: { preStop: [sleep(props.preStopSeconds)] },
    resources: { requests: resources, limits: { ...resources } },
    securityContext: {
      runAsNonRoot: true,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    // The service writes the reason of a fatal exit; where it could not, the last lines of the log stand in for it.
    terminationMessagePath: CONTAINER_PATHS.terminationLog,
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMount: volumeMounts(props),
  };
}

/**
 * The service closes its listener at SIGTERM, while kube-proxy and a load balancer still have to learn that the pod ends:
 * without a wait in between, requests are refused. It runs the image's `sleep`, because the provider has no block for
 * the kubelet's own sleep action (https://github.com/hashicorp/terraform-provider-kubernetes/issues/2837).
 * @see https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
 */
function sleep(seconds: number) {
  return { exec: { command: ["sleep", String(seconds)] } };
}

/** The Secrets of the pod, each as one file. */
function secretFiles({ apiKeysSecretName, modelTokenSecretName }: ChatPodProps) {
  const files = [
    {
      name: "api-keys",
      secretName: apiKeysSecretName,
      key: SECRET_KEYS.apiKeys,
      mountPath: CONTAINER_PATHS.apiKeysDir,
    },
    {
      name: "model-token",
      secretName: modelTokenSecretName,
      key: SECRET_KEYS.modelToken,
      mountPath: CONTAINER_PATHS.modelTokenDir,
    },
  ];
  return files.flatMap(({ secretName, ...file }) => (secretName === undefined ? [] : [{ ...file, secretName }]));
}

function volumeMounts(props: ChatPodProps) {
  return [
    { name: CACHE_VOLUME, mountPath: CONTAINER_PATHS.modelCache },
    { name: "tmp", mountPath: CONTAINER_PATHS.tmp },
    ...sharedMemory(props).map(({ name }) => ({ name, mountPath: CONTAINER_PATHS.sharedMemory })),
    ...secretFiles(props).map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
  ];
}

function volumes(props: ChatPodProps, { cacheClaimName: claimName }: ChatPodPlacement) {
  return [
    ...(claimName === undefined ? [] : [{ name: CACHE_VOLUME, persistentVolumeClaim: { claimName } }]),
    { name: "tmp", emptyDir: { sizeLimit: TMP_SIZE } },
    ...sharedMemory(props),
    ...secretFiles(props).map(({ name, secretName, key }) => secretVolume(name, secretName, key)),
  ];
}

/**
 * Memory as a file system for conversations that are kept: without it a container has 64 MiB. What is in it counts
 * against the memory limit of the container. The service fills nine tenths of what it finds free.
 * @see https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
 */
function sharedMemory({ settings: { stateCacheMiB, stateCacheOnVolume } }: ChatPodProps) {
  if (stateCacheMiB === 0 || stateCacheOnVolume) return [];
  const sizeLimit = `${Math.ceil(stateCacheMiB / STATE_CACHE_SHARE)}Mi`;
  return [{ name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit } }];
}

/** One key of a Secret as one file; without `subPath`, so that the kubelet updates the file when the Secret changes. */
function secretVolume(name: string, secretName: string, key: string) {
  return { name, secret: { secretName, defaultMode: SECRET_MODE, items: [{ key, path: key }] } };
}

/** A lost zone takes its share of the replicas along, and two replicas share the memory bandwidth of one node badly. */
const SPREAD_OVER = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"] as const;

/**
 * A wish, not a demand: with `DoNotSchedule` a drained node would leave its replica pending where no other node is free,
 * and a lost zone whose nodes are still listed would hold up the replicas of the others. A replica with a volume returns to
 * its zone in any case.
 */
function spreadOver(topologyKey: (typeof SPREAD_OVER)[number], name: string) {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: [{ matchLabels: selectorLabels(name) }],
  };
}
