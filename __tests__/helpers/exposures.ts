/** A Network Load Balancer inside of the VPC, as the controller of Kubernetes itself makes it. */
export const INTERNAL_LOAD_BALANCER = {
  type: "load-balancer" as const,
  scheme: "internal" as const,
  sourceCidrs: ["192.168.0.0/16"],
  idleTimeoutSeconds: 350,
  controller: "in-tree" as const,
};
