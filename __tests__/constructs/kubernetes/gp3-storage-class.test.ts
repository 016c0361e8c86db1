import { Gp3StorageClass } from "../../../constructs/kubernetes/gp3-storage-class";
import { synthConstructs } from "../../helpers/synth-stack";

function storageClass() {
  return synthConstructs((stack) => {
    new Gp3StorageClass(stack, "class", { name: "gp3", iops: 3000, throughputMiBps: 125 });
  }).one("kubernetes_storage_class_v1");
}

it("makes encrypted gp3 volumes in the zone of the first pod, which can grow", () => {
  expect(storageClass()).toMatchObject({
    metadata: { name: "gp3" },
    storage_provisioner: "ebs.csi.aws.com",
    volume_binding_mode: "WaitForFirstConsumer",
    allow_volume_expansion: true,
    reclaim_policy: "Delete",
    parameters: {
      type: "gp3",
      encrypted: "true",
      iops: "3000",
      throughput: "125",
      "csi.storage.k8s.io/fstype": "ext4",
    },
  });
});

it("does not speak for the whole cluster", () => {
  expect(storageClass()).not.toHaveProperty("metadata.annotations");
});
