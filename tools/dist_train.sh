#!/usr/bin/env bash
# Train on several processes of one or more machines.
#
#   tools/dist_train.sh CONFIG GPUS [ARGS of tools/train.py]
#
# GPUS is the number of processes on this machine (GPUs, or CPU processes where there is none). Several machines: start
# it on each with NNODES, NODE_RANK (0 on the first), MASTER_ADDR (the first machine) and, if taken, another PORT.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: [NNODES=1 NODE_RANK=0 MASTER_ADDR=127.0.0.1 PORT=29500] $0 CONFIG GPUS [ARGS]" >&2
  exit 2
fi
if [ "${NODE_RANK:-0}" = 0 ] && (exec 3<>"/dev/tcp/127.0.0.1/${PORT:-29500}") 2>/dev/null; then
  echo "error: port ${PORT:-29500} is in use; set PORT to another one" >&2
  exit 2
fi
exec python -m torch.distributed.run --nnodes "${NNODES:-1}" --node_rank "${NODE_RANK:-0}" \
  --master_addr "${MASTER_ADDR:-127.0.0.1}" --master_port "${PORT:-29500}" --nproc_per_node "$2" \
  "$(dirname "$0")/train.py" "$1" --launcher pytorch "${@:3}"
