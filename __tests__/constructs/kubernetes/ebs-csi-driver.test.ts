import { EbsCsiDriver, type EbsCsiDriverProps } from "../../../constructs/kubernetes/ebs-csi-driver";
import { synthConstructs } from "../../helpers/synth-stack";

const PROPS: EbsCsiDriverProps = {
  region: "eu-central-1",
  clusterName: "carepath-sample",
  volumeTags: { Project: "carepath-chat", Environment: "sample" },
  namespace: "kube-system",
  serviceAccountName: "ebs-csi-controller-sa",
  controllerReplicas: 2,
};

function release(props: Partial<EbsCsiDriverProps> = {}) {
  return synthConstructs((stack) => {
    new EbsCsiDriver(stack, "driver", { ...PROPS, ...props });
  }).one("helm_release");
}

interface Values {
  readonly controller: Readonly<Record<string, unknown>>;
  readonly node?: unknown;
}

function values(props: Partial<EbsCsiDriverProps> = {}): Values {
  const [text] = release(props)["values"] as string[];
  return JSON.parse(text ?? "") as Values;
}

it("installs one exact version of the chart, completely or not at all", () => {
  expect(release()).toMatchObject({
    name: "aws-ebs-csi-driver",
    chart: "aws-ebs-csi-driver",
    repository: "https://kubernetes-sigs.github.io/aws-ebs-csi-driver",
    version: "2.64.0",
    namespace: "kube-system",
    atomic: true,
    wait: true,
    timeout: 600,
  });
});

it("tells the controller its region, because it cannot ask the instance metadata service", () => {
  expect(values().controller["region"]).toBe("eu-central-1");
});

it("runs the controller under the account that has the IAM role", () => {
  expect(values().controller["serviceAccount"]).toEqual({ create: true, name: "ebs-csi-controller-sa" });
});

it("runs the controller without root, privileges or capabilities", () => {
  expect(values().controller).toMatchObject({
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containerSecurityContext: {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
  });
});

it("lets the node plugin ask Kubernetes about its node, and leaves the rest of it to the chart", () => {
  expect(values().node).toEqual({ metadataSources: "kubernetes" });
});

it.each<[Partial<EbsCsiDriverProps>, object]>([
  [{ region: "us-west-2" }, { region: "us-west-2" }],
  [{ clusterName: "other" }, { k8sTagClusterId: "other" }],
  [{ volumeTags: { Team: "one" } }, { extraVolumeTags: { Team: "one" } }],
  [{ serviceAccountName: "account" }, { serviceAccount: { name: "account" } }],
  [{ controllerReplicas: 1 }, { replicaCount: 1 }],
])("follows %p", (props, expected) => {
  expect(values(props).controller).toMatchObject(expected);
  expect(values().controller).not.toMatchObject(expected);
});
