import { credentialsCheck, imageCheck } from "../doctor/aws-checks";
import { type CheckContext } from "../doctor/check";
import { preflight } from "../doctor/preflight";
import { UsageError } from "../lib/command-line";

/**
 * Doctor's checks that take a second, before a deploy that takes a quarter of an hour: credentials, and the image where the
 * chat stack is among the stacks. Terraform and the variables are checked by every command that runs Terraform.
 * @param chat whether the chat stack is deployed
 * @throws {UsageError} with what to do
 */
export async function quickChecks(context: CheckContext, chat: boolean): Promise<void> {
  if (context.aws === undefined) return;
  const [credentials, image] = await preflight(context, [credentialsCheck, ...(chat ? [imageCheck] : [])]);
  const found = credentials?.level === "ok" ? image : credentials;
  // A repository that does not exist yet is no more than a warning to doctor; here its image would be missing.
  if (found === undefined || found.level === "ok" || (found === image && found.level === "skipped")) return;
  throw new UsageError(
    `Nothing was deployed. ${found.title}: ${found.detail}. ${found.fix ?? ""} \`--skip-checks\` deploys all the same.`,
  );
}
