import { idleTimeoutViolation, type IdleTimeoutChoice } from "../../planning/load-balancer-rules";
import { violationMessage } from "../../planning/workload-rules";

const message = (choice: IdleTimeoutChoice): string | undefined => {
  const violation = idleTimeoutViolation(choice);
  return violation && violationMessage(violation);
};
const CONTROLLER = { controller: "aws-load-balancer-controller" } as const;
const CERTIFICATE = { certificateArn: "arn:aws:acm:eu-central-1:111122223333:certificate/abc" };

it.each<IdleTimeoutChoice>([
  {},
  { idleTimeoutSeconds: 350 },
  { idleTimeoutSeconds: 350, ...CERTIFICATE },
  { idleTimeoutSeconds: 60, ...CONTROLLER },
  { idleTimeoutSeconds: 6000, ...CONTROLLER },
])("allows %p", (choice) => {
  expect(idleTimeoutViolation(choice)).toBeUndefined();
});

it.each([59, 6001, 100.5])("refuses %p seconds, which no Network Load Balancer takes", (idleTimeoutSeconds) => {
  expect(message({ idleTimeoutSeconds, ...CONTROLLER })).toBe(
    `chat.exposure.idleTimeoutSeconds (${idleTimeoutSeconds}) must be a whole number from 60 to 6000 on a Network Load ` +
      "Balancer. Set it to 350 or leave it out.",
  );
});

it("refuses a timeout that the in-tree controller would not set", () => {
  expect(message({ idleTimeoutSeconds: 351 })).toBe(
    "chat.exposure.idleTimeoutSeconds (351) cannot be set by the in-tree controller, which leaves 350. Leave it out, or " +
      'install the AWS Load Balancer Controller and set controller: "aws-load-balancer-controller".',
  );
});

it("refuses a timeout that a TLS listener does not have", () => {
  expect(message({ idleTimeoutSeconds: 600, ...CONTROLLER, ...CERTIFICATE })).toBe(
    "chat.exposure.idleTimeoutSeconds (600) cannot be set on a TLS listener, which always has 350. " +
      "Set it to 350 or leave it out.",
  );
});
