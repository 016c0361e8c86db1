#!/usr/bin/env bash
# What the suite needs done outside of the API of a kind cluster, in the checkout's root.
#   kind.sh image              build $IMAGE and put it on the nodes
#   kind.sh kill-container     SIGKILL for the container $CONTAINER
#   kind.sh restart-kubelet    | pause-api-server | resume-api-server
# $E2E_CONTEXT is the context, kind-<cluster>. Another program with the same words serves another kind of cluster:
# npm run e2e -- --hooks PROGRAM.
set -euo pipefail
cluster=${E2E_CONTEXT:-kind-carepath}
cluster=${cluster#kind-}
case ${1:-} in
  image)
    # With an attestation, kind cannot load it from the image store of Docker 29: kubernetes-sigs/kind issue 3795.
    docker build --provenance=false -f service/Dockerfile -t "$IMAGE" .
    kind load docker-image "$IMAGE" --name "$cluster"
    ;;
  restart-kubelet) docker exec "$cluster-control-plane" systemctl restart kubelet ;;
  kill-container) docker exec "$cluster-control-plane" ctr -n k8s.io tasks kill -s SIGKILL "$CONTAINER" ;;
  pause-api-server) docker exec "$cluster-control-plane" pkill -STOP kube-apiserver ;;
  resume-api-server) docker exec "$cluster-control-plane" pkill -CONT kube-apiserver ;;
  *) echo "\"${1:-}\" is not a word of this hook." >&2; exit 2 ;;
esac
