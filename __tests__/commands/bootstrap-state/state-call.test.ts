import { stateCall } from "../../../commands/bootstrap-state/main";
import { UsageError } from "../../../commands/lib/command-line";

const OPTIONS = ["--app", "node --import tsx state.ts", "--output", "cdktf.out.state"];
const call = (argv: readonly string[], terminal = true) => stateCall(argv, terminal);

describe("the call to cdktf", () => {
  it("deploys the one stack of its own app into a folder of its own", () => {
    expect(call([])).toMatchObject({ action: "deploy", words: ["deploy", "carepath-state", ...OPTIONS] });
  });

  it("shows the plan alone with diff or --dry-run", () => {
    const diff = { action: "diff", words: ["diff", "carepath-state", ...OPTIONS, "--skip-synth"] };
    expect(call(["diff"])).toMatchObject(diff);
    expect(call(["--dry-run"])).toMatchObject(diff);
    expect(call(["deploy", "--dry-run"])).toMatchObject(diff);
  });

  it("synthesizes without cdktf", () => {
    expect(call(["synth", "--hcl"])).toEqual({
      action: "synth",
      app: ["state.ts"],
      hcl: true,
      adopt: false,
      words: [],
    });
  });

  it("hands options on, and the take-over to the app", () => {
    const start = ["deploy", "carepath-state"];
    expect(call(["--auto-approve"], false).words).toEqual([...start, "--auto-approve", ...OPTIONS, "--no-color"]);
    const adopted = ["--app", "node --import tsx state.ts --adopt", "--output", "cdktf.out.state"];
    expect(call(["--adopt"]).words).toEqual([...start, ...adopted]);
  });

  it("needs approval where no one can be asked", () => {
    expect(() => call([], false)).toThrow(
      new UsageError(
        "bootstrap-state without a terminal: no one can approve the plan. Read it first (npm run bootstrap-state -- --dry-run), " +
          "then add --auto-approve: npm run bootstrap-state -- --auto-approve.",
      ),
    );
    expect(() => call(["--dry-run"], false)).not.toThrow();
  });

  it("destroys nothing", () => {
    expect(() => call(["destroy"])).toThrow(
      new UsageError(
        "Command-argument value 'destroy' is invalid for argument 'action'. Allowed choices are synth, diff, deploy. " +
          "See npm run bootstrap-state -- --help.",
      ),
    );
  });
});
