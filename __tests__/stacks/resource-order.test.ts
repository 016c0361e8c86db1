/** The order in which Terraform creates and replaces what the cluster stacks consist of. */
import { ResourceGraph } from "../helpers/resource-graph";
import { synthEnvironment } from "../helpers/synth-app";

const EVERYTHING = {
  CAREPATH_STATE_BUCKET: "states",
  CAREPATH_STATE_REGION: "us-east-1",
  CAREPATH_GITHUB_REPOSITORY: "acme/chat",
  CAREPATH_ADMIN_ARNS: "arn:aws:iam::123456789012:role/platform",
};

describe.each(["demo", "production", "scale"])("cluster stack of %s", (environment) => {
  const graph = new ResourceGraph(synthEnvironment(environment, EVERYTHING).stack(`carepath-${environment}-cluster`));

  it("creates nothing of EKS before the cluster", () => {
    const parts = graph.addresses((type) => type.startsWith("aws_eks_") && type !== "aws_eks_cluster");
    expect(parts.length).toBeGreaterThanOrEqual(10);
    const early = parts.filter(
      (address) => ![...graph.before(address)].some((each) => /^aws_eks_cluster\./.test(each)),
    );
    expect(early).toEqual([]);
  });

  // Terraform extends create_before_destroy to everything that such a resource depends on, and AWS refuses a second role,
  // cluster or subnet block of the same name.
  it("replaces nothing by creating it twice", () => {
    const twice = graph.addresses(
      (_, { lifecycle }) =>
        (lifecycle as { create_before_destroy?: boolean } | undefined)?.create_before_destroy === true,
    );
    expect(twice).toEqual([]);
  });
});
