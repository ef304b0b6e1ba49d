#!/usr/bin/env bash
# Evaluate on several processes of one or more machines.
#
#   tools/dist_test.sh CONFIG CHECKPOINT GPUS [ARGS of tools/test.py]
#
# GPUS, and NNODES, NODE_RANK, MASTER_ADDR and PORT for several machines, are those of tools/dist_train.sh.
set -euo pipefail
if [ $# -lt 3 ]; then
  echo "usage: [NNODES=1 NODE_RANK=0 MASTER_ADDR=127.0.0.1 PORT=29500] $0 CONFIG CHECKPOINT GPUS [ARGS]" >&2
  exit 2
fi
if [ "${NODE_RANK:-0}" = 0 ] && (exec 3<>"/dev/tcp/127.0.0.1/${PORT:-29500}") 2>/dev/null; then
  echo "error: port ${PORT:-29500} is in use; set PORT to another one" >&2
  exit 2
fi
exec python -m torch.distributed.run --nnodes "${NNODES:-1}" --node_rank "${NODE_RANK:-0}" \
  --master_addr "${MASTER_ADDR:-127.0.0.1}" --master_port "${PORT:-29500}" --nproc_per_node "$3" \
  "$(dirname "$0")/test.py" "$1" "$2" --launcher pytorch "${@:4}"
