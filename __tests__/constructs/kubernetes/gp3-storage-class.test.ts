import { Gp3StorageClass, type Gp3StorageClassProps } from "../../../constructs/kubernetes/gp3-storage-class";
import { synthConstructs } from "../../helpers/synth-stack";

function storageClass(props: Partial<Gp3StorageClassProps> = {}) {
  return synthConstructs((stack) => {
    new Gp3StorageClass(stack, "class", { name: "gp3", iops: 3000, throughputMiBps: 125, ...props });
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

it("follows its props", () => {
  expect(storageClass({ name: "fast", iops: 6000, throughputMiBps: 500 })).toMatchObject({
    metadata: { name: "fast" },
    parameters: { iops: "6000", throughput: "500" },
  });
});

it("does not speak for the whole cluster", () => {
  expect(storageClass()).not.toHaveProperty("metadata.annotations");
});
