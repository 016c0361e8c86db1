import { stateCall } from "../../../commands/bootstrap-state/main";
import { UsageError } from "../../../commands/lib/command-line";

describe("what bootstrap-state does", () => {
  it("deploys the app of the bucket, and asks", () => {
    expect(stateCall([])).toEqual({
      action: "deploy",
      autoApprove: false,
      app: ["state.ts"],
      hcl: false,
      adopt: false,
    });
    expect(stateCall(["--auto-approve"]).autoApprove).toBe(true);
  });

  it("shows the plan alone with diff or --dry-run", () => {
    for (const argv of [["diff"], ["--dry-run"], ["deploy", "--dry-run"]]) expect(stateCall(argv).action).toBe("diff");
  });

  it("writes HCL on request", () => {
    expect(stateCall(["synth", "--hcl"])).toMatchObject({ action: "synth", hcl: true });
  });

  it("hands the take-over on to the app", () => {
    expect(stateCall(["--adopt"]).app).toEqual(["state.ts", "--adopt"]);
  });

  it("destroys nothing", () => {
    expect(() => stateCall(["destroy"])).toThrow(
      new UsageError(
        "Command-argument value 'destroy' is invalid for argument 'action'. Allowed choices are synth, diff, deploy. " +
          "See npm run bootstrap-state -- --help.",
      ),
    );
  });
});
