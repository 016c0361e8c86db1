import { type Settings } from "./settings";

/** A BestEffort pod that keeps one core of its node busy. */
export function burner({ image: { repository, tag } }: Settings, name: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "burner",
          image: `${repository}:${tag}`,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", "for (;;);"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}
