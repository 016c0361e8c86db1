import { terraformBinary, terraformProblem } from "../../../commands/lib/terraform-version";

const fix = "Install Terraform 1.11.0 or newer, or name another binary in TERRAFORM_BINARY_NAME.";

describe("the Terraform binary", () => {
  it("is the one that cdktf takes", () => {
    expect(terraformBinary({})).toBe("terraform");
    expect(terraformBinary({ TERRAFORM_BINARY_NAME: "" })).toBe("terraform");
    expect(terraformBinary({ TERRAFORM_BINARY_NAME: "tofu" })).toBe("tofu");
  });

  it.each(["1.11.0", "1.11.4", "1.100.0", "2.0.0"])("may be version %s", (version) => {
    expect(terraformProblem("terraform", `{"terraform_version": "${version}"}`)).toBeUndefined();
  });

  it.each(["1.10.9", "1.9.8", "0.15.0"])("is too old at version %s", (version) => {
    expect(terraformProblem("terraform", `{"terraform_version": "${version}"}`)).toEqual({
      detail: `"terraform" is version ${version}, and the stacks need write-only attributes and S3 lock files.`,
      fix,
    });
  });

  it("may be missing, or answer something else", () => {
    expect(terraformProblem("tofu", undefined)).toEqual({ detail: '"tofu" cannot be run.', fix });
    expect(terraformProblem("tofu", "{}")).toEqual({ detail: '"tofu version -json" names no version.', fix });
  });
});
