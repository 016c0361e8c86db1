import { choosePort } from "../../../rehearsal/free-port";
import { FakeKubectl } from "../../helpers/fake-kubectl";
import { runCommand } from "../../helpers/run-command";

it("forwards a port of this machine to the Service of the environment until Ctrl-C", async () => {
  const kubectl = new FakeKubectl({ objects: {}, pages: { "/": "the page" } });
  const port = await choosePort(0);
  const { code, stdout } = await runCommand(
    "open",
    ["--no-browser", "--port", String(port)],
    kubectl.env({ CAREPATH_ENV: "production" }),
    "Ctrl-C ends it.\n",
  );
  expect(stdout).toBe(`http://127.0.0.1:${port}/ leads to service/chat-api in carepath. Ctrl-C ends it.\n`);
  expect(kubectl.calls[0]).toContain("aws eks update-kubeconfig --name carepath-production --region us-east-1 ");
  expect(kubectl.calls[1]).toContain(`--namespace carepath port-forward service/chat-api ${port}:8002`);
  expect(code).toBe(0);
  kubectl.remove();
});

it("leads to the API of an engine that has no page", async () => {
  const kubectl = new FakeKubectl({ objects: {}, pages: {} });
  const port = await choosePort(0);
  const { stdout } = await runCommand(
    "open",
    ["--port", String(port)],
    kubectl.env({ CAREPATH_ENV: "scale" }),
    "Ctrl-C ends it.\n",
  );
  expect(stdout).toBe(`http://127.0.0.1:${port}/v1/models leads to service/chat-api in carepath. Ctrl-C ends it.\n`);
  kubectl.remove();
});

it("says why a port cannot be forwarded", async () => {
  const kubectl = new FakeKubectl({ objects: {} });
  const { code, stderr } = await runCommand("open", ["--no-browser"], kubectl.env());
  expect(stderr).toBe(
    "kubectl port-forward service/chat-api ended: error: unable to forward port because pod is not running\n",
  );
  expect(code).toBe(2);
  kubectl.remove();
});
