import { Gp3StorageClass, type Gp3StorageClassProps } from "../../../constructs/kubernetes/gp3-storage-class";
import { synthConstructs } from "../../helpers/synth-stack";

function storageClass(props: Partial<Gp3StorageClassProps> = {}) {
  return synthConstructs((stack) => {
    new Gp3StorageClass(stack, "class", { name: "gp3", ...props });
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
  expect(storageClass({ name: "fast", iops: 6000, throughputMiBps: 500, smallestVolumeGiB: 15 })).toMatchObject({
    metadata: { name: "fast" },
    parameters: { iops: "6000", throughput: "500" },
  });
});

it("speaks for the whole cluster only where told", () => {
  expect(storageClass()).not.toHaveProperty("metadata.annotations");
  expect(storageClass({ defaultClass: true })).toMatchObject({
    metadata: { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  });
});

it("refuses what AWS would refuse when the first pod claims a volume", () => {
  expect(() => storageClass({ throughputMiBps: 800 })).toThrow(
    new Error(
      'StorageClass "gp3": throughputMiBps (800) needs 3200 iops, and the volume has 3000: gp3 gives 0.25 MiB/s for each of ' +
        "them. Set iops to 3200 or throughputMiBps to 750.",
    ),
  );
  expect(() => storageClass({ iops: 8000, smallestVolumeGiB: 15 })).toThrow(
    new Error(
      'StorageClass "gp3": iops (8000) is more than a gp3 volume of 15 GiB can have: 500 for each GiB. ' +
        "Set iops to 7500 or the size to 16 GiB.",
    ),
  );
});
