import { EKS_RELEASES, KUBERNETES_VERSIONS } from "../../../planning/catalogue/eks-releases";

it.each(KUBERNETES_VERSIONS)("%s: node image and kube-proxy are of that version, every version is exact", (version) => {
  const { nodeImage, addons } = EKS_RELEASES[version];
  expect(nodeImage).toMatch(/^\d+\.\d+\.\d+-20\d{6}$/);
  expect(nodeImage.startsWith(`${version}.`)).toBe(true);
  expect(addons["kube-proxy"].startsWith(`v${version}.`)).toBe(true);
  for (const addon of Object.values(addons)) expect(addon).toMatch(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/);
});
