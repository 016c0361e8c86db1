import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";

import { awsClients, awsProblem } from "../../../commands/lib/aws-clients";
import { run } from "../../../commands/lib/command-line";
import { FakeAws, xml } from "../../helpers/fake-aws";

const credentials = { accessKeyId: "a", secretAccessKey: "b" };
const region = "us-east-1";

async function problemOf(endpoint: string) {
  const { sts } = awsClients({ region, endpoint, credentials });
  return sts.send(new GetCallerIdentityCommand({})).then(
    () => undefined,
    (error: unknown) => awsProblem(error, region),
  );
}

function refusal(code: string) {
  return { ...xml("ErrorResponse", `<Error><Code>${code}</Code><Message>no</Message></Error>`), status: 403 };
}

it("prints no warning of the SDK about the version of Node", async () => {
  // The SDK warns once in a process, so this test comes first.
  Reflect.deleteProperty(process.env, "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED");
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on("warning", listen);
  await run(() => {
    awsClients({ region, credentials });
    return 0;
  });
  await new Promise(setImmediate);
  process.off("warning", listen);
  expect(warnings).toEqual([]);
});

it("tells a network that does not answer from credentials that AWS refuses, and both from a missing right", async () => {
  const aws = await FakeAws.start();
  aws.answers = { GetCallerIdentity: refusal("ExpiredToken") };
  const refused = await problemOf(aws.url);
  aws.answers = { GetCallerIdentity: refusal("AccessDenied") };
  const denied = await problemOf(aws.url);
  await aws.stop();
  const unreachable = await problemOf(aws.url);
  expect(refused?.detail).toMatch(/^AWS in us-east-1 does not accept the credentials: ExpiredToken/);
  expect(refused?.fix).toMatch(/^Log in/);
  expect(denied).toBeUndefined();
  expect(unreachable?.detail).toMatch(/^AWS in us-east-1 cannot be reached: .*ECONNREFUSED/);
  expect(unreachable?.fix).toBe("Check the network, the region and the proxy of this machine, then try again.");
});
