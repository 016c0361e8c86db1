import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ECRClient } from "@aws-sdk/client-ecr";

import { demo } from "../../../config/environments/demo";
import { imageRecordPath, withImageRecord, writeImageRecord } from "../../../config/image-record";
import { copyImage } from "../../../commands/image/copy-image";
import { type PublishProps, publishImage } from "../../../commands/image/publish-image";
import { type Run } from "../../../commands/image/registry";
import { failure, FakeAws, json } from "../../helpers/fake-aws";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const DIGEST = `sha256:${"b".repeat(64)}`;
const URI = "111122223333.dkr.ecr.us-east-1.amazonaws.com/carepath-demo/chat-service";

let aws: FakeAws;
let commands: string[];
let passwords: (string | undefined)[];
let inRegistry: boolean;
beforeEach(async () => {
  aws = await FakeAws.start();
  commands = [];
  passwords = [];
  inRegistry = false;
  aws.answers = {
    DescribeRepositories: json({ repositories: [{ repositoryUri: URI }] }),
    GetAuthorizationToken: json({
      authorizationData: [
        {
          authorizationToken: Buffer.from("AWS:pass").toString("base64"),
          proxyEndpoint: "https://111122223333.dkr.ecr.us-east-1.amazonaws.com",
        },
      ],
    }),
  };
  Object.defineProperty(aws.answers, "DescribeImages", {
    get: () => (inRegistry ? json({ imageDetails: [{ imageDigest: DIGEST }] }) : failure("ImageNotFoundException")),
  });
});
afterEach(() => aws.stop());

/** git, and those of docker, podman and buildah that are installed; a push reaches the fake registry. */
function machine(tools: readonly string[], status = ""): Run {
  return (command, args, stdin) => {
    if (command === "git") return { status: 0, stdout: args[0] === "rev-parse" ? `${COMMIT}\n` : status };
    if (!tools.includes(command)) return { status: 127, stdout: "" };
    if (args[0] === "--version") return { status: 0, stdout: command };
    commands.push([command, ...args].join(" "));
    passwords.push(stdin);
    if (args[0] === "push") inRegistry = true;
    return { status: 0, stdout: "" };
  };
}

function publish(more: Partial<PublishProps> = {}) {
  const ecr = new ECRClient({
    region: "us-east-1",
    endpoint: aws.url,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  return publishImage({ environment: "demo", architecture: "arm64", ecr, run: machine(["docker"]), ...more });
}

it("logs in, builds for the architecture of the nodes, pushes under the commit and returns the registry's digest", async () => {
  expect(await publish()).toEqual({ digest: DIGEST, tag: COMMIT, pushed: true });
  expect(commands).toEqual([
    "docker login --username AWS --password-stdin 111122223333.dkr.ecr.us-east-1.amazonaws.com",
    `docker build --file service/Dockerfile --platform linux/arm64 --tag ${URI}:${COMMIT} .`,
    `docker push ${URI}:${COMMIT}`,
  ]);
  expect(passwords[0]).toBe("pass");
  expect(commands.join("\n")).not.toContain("pass\n");
});

it("passes the base image and the npmrc on, the latter as a secret", async () => {
  await publish({ nodeImage: "mirror/node:22", npmrc: "/home/ann/.npmrc" });
  expect(commands[1]).toContain(" --build-arg NODE_IMAGE=mirror/node:22 --secret id=npmrc,src=/home/ann/.npmrc .");
});

it.each([
  [["podman", "buildah"], "podman"],
  [["buildah"], "buildah"],
])("of %j uses %s", async (tools, used) => {
  await publish({ run: machine(tools) });
  expect(commands.every((command) => command.startsWith(`${used} `))).toBe(true);
});

it("says what to install where there is nothing to build with", async () => {
  await expect(publish({ run: machine([]) })).rejects.toThrow(
    "Neither docker nor podman nor buildah is there. Install one of them.",
  );
});

it("does not build a commit twice", async () => {
  inRegistry = true;
  expect(await publish()).toEqual({ digest: DIGEST, tag: COMMIT, pushed: false });
  expect(commands).toEqual([]);
});

describe("with uncommitted changes", () => {
  const status = " M service/src/app.ts\n?? notes.txt\n";

  it("refuses", async () => {
    await expect(publish({ run: machine(["docker"], status) })).rejects.toThrow(
      "2 uncommitted changes (service/src/app.ts): the tag would name a commit that the image was not built from. Commit first, or use --allow-dirty.",
    );
    expect(commands).toEqual([]);
  });

  it("marks the tag with --allow-dirty", async () => {
    expect((await publish({ run: machine(["docker"], status), allowDirty: true })).tag).toBe(`${COMMIT}-dirty`);
  });

  it("does not count the record that it wrote itself, which git does not know yet", async () => {
    const root = mkdtempSync(join(tmpdir(), "image-tree-"));
    const git = (...args: readonly string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8" });
    git("init", "--quiet");
    writeImageRecord(root, "demo", { digest: DIGEST, tag: COMMIT });
    const fake = machine(["docker"]);
    const run: Run = (command, args, stdin) =>
      command === "git" && args[0] === "status"
        ? { status: 0, stdout: git(...args).stdout }
        : fake(command, args, stdin);
    expect((await publish({ run, generated: [imageRecordPath("demo")] })).tag).toBe(COMMIT);
    rmSync(root, { recursive: true });
  });
});

it("says which stack has the repository where it does not exist yet", async () => {
  aws.answers.DescribeRepositories = failure("RepositoryNotFoundException");
  await expect(publish()).rejects.toThrow(
    "Repository carepath-demo/chat-service does not exist. It comes with the cluster stack: npm run deploy -- carepath-demo-cluster",
  );
});

it("stops at the first command that fails", async () => {
  const good = machine(["docker"]);
  const run: Run = (command, args, stdin) =>
    args[0] === "build" ? { status: 1, stdout: "" } : good(command, args, stdin);
  await expect(publish({ run })).rejects.toThrow("docker build failed with exit code 1.");
  expect(commands.some((command) => command.includes("push"))).toBe(false);
});

describe("an image of another registry", () => {
  const copy = (reference: string) => {
    const good = machine(["skopeo"]);
    const run: Run = (command, args, stdin) => {
      if (args[0] === "copy") inRegistry = true;
      return good(command, args, stdin);
    };
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const ecr = new ECRClient({ region: "us-east-1", endpoint: aws.url, credentials });
    return copyImage({ environment: "demo", ecr, run, reference });
  };
  const reference = `ghcr.io/acme/chat@${DIGEST}`;

  it("is copied with its digest, and only once", async () => {
    expect(await copy(reference)).toEqual({ digest: DIGEST, tag: "copy-bbbbbbbbbbbb", pushed: true });
    expect(commands).toEqual([
      "skopeo login --username AWS --password-stdin 111122223333.dkr.ecr.us-east-1.amazonaws.com",
      `skopeo copy --all --preserve-digests docker://${reference} docker://${URI}:copy-bbbbbbbbbbbb`,
    ]);
    expect(await copy(reference)).toMatchObject({ pushed: false });
    expect(commands).toHaveLength(2);
  });

  it("is refused by tag: a tag can be moved", async () => {
    await expect(copy("ghcr.io/acme/chat:v1")).rejects.toThrow(
      '--from is "ghcr.io/acme/chat:v1". Write name and digest: ghcr.io/acme/chat@sha256:<64 hex digits>.',
    );
  });
});

describe("the record", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "image-record-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("is read by the next synth", () => {
    writeImageRecord(root, "demo", { digest: DIGEST, tag: COMMIT });
    expect(JSON.parse(readFileSync(join(root, "config/images/demo.json"), "utf8"))).toEqual({
      digest: DIGEST,
      tag: COMMIT,
    });
    expect(withImageRecord(demo, {}, root).chat.image).toEqual({ ...demo.chat.image, digest: DIGEST });
  });

  it("changes nothing where it is missing", () => {
    expect(existsSync(join(root, "config"))).toBe(false);
    expect(withImageRecord(demo, {}, root)).toBe(demo);
  });

  it.each(["CAREPATH_IMAGE_REPOSITORY", "CAREPATH_IMAGE_TAG", "CAREPATH_IMAGE_DIGEST"])("gives way to %s", (name) => {
    writeImageRecord(root, "demo", { digest: DIGEST, tag: COMMIT });
    expect(withImageRecord(demo, { [name]: "x" }, root)).toBe(demo);
  });

  it("gives way to a repository of the environment's own", () => {
    writeImageRecord(root, "demo", { digest: DIGEST, tag: COMMIT });
    const own = { ...demo, chat: { ...demo.chat, image: { repository: "ghcr.io/me/chat", tag: "1" } } };
    expect(withImageRecord(own, {}, root)).toBe(own);
  });

  it("is refused when it is something else", () => {
    writeImageRecord(root, "demo", { digest: DIGEST, tag: COMMIT });
    writeFileSync(join(root, "config/images/demo.json"), '{"digest":"latest"}');
    expect(() => withImageRecord(demo, {}, root)).toThrow(
      'config/images/demo.json ("{\\"digest\\":\\"latest\\"}"): must be what `npm run image` writes: a digest and a tag. Run it again, or delete the file.',
    );
  });
});
