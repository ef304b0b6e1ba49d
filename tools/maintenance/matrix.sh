#!/usr/bin/env bash
# Run the tests on other releases of the stack, each installed in a virtual environment of its own, and on another processor.
#
#   tools/maintenance/matrix.sh [oldest] [newest] [onedl] [avx2] [-- ARGS of pytest]
#
# All variants and all tests by default. avx2 is the stack of $PYTHON (python3) itself, with convolutions as on a processor
# that has AVX2 and no AVX-512. One line each at the end; logs stay in $MATRIX_DIR (/tmp/genkd_matrix), the environments go.
# An environment takes 5 to 8 GB: PyPI's torch is a CUDA build. The outcome is in docs/compatibility.md.
set -uo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
folder=${MATRIX_DIR:-/tmp/genkd_matrix}
# What genkd_mm and its tests need besides the variant.
common="setuptools<82 wheel numpy scipy rich torchmetrics>=1.4 matplotlib scikit-learn tensorboard pytest pyyaml
        jinja2>=3 pandas>=2 plotly>=6 import-linter>=2 torch-fidelity>=0.3 onnx>=1.16 onnxruntime>=1.18"

packages_of() {
  case $1 in
    # Without torchebm, the benchmark's peer, which needs torch 2.10: its tests are skipped.
    oldest) echo "torch==2.6.0 torchvision==0.21.0 mmengine==0.10.5 mmcv-lite==2.1.0 mmpretrain==1.2.0 mmrazor==1.0.0" ;;
    newest) echo "torch torchvision mmengine mmcv-lite==2.1.0 mmpretrain mmrazor torchebm>=0.8" ;;
    # The forks keep the import names. mmrazor has no fork and names no mmengine; mmcv-lite does, and comes below, after what
    # else it needs.
    onedl) echo "torch==2.11.0 torchvision==0.26.0 onedl-mmengine onedl-mmpretrain mmrazor==1.0.0 torchebm>=0.8
         opencv-python-headless addict yapf packaging pillow" ;;
    avx2) ;;
    *) echo "unknown variant $1: oldest, newest, onedl or avx2" >&2; return 1 ;;
  esac
}

install() {
  local packages
  packages=$(packages_of "$1") || return 1
  "$python" -m venv "$folder/$1" || return 1
  # shellcheck disable=SC2086
  "$folder/$1/bin/pip" install --quiet $packages $common || return 1
  if [ "$1" = onedl ]; then
    "$folder/$1/bin/pip" install --quiet --no-deps mmcv-lite==2.1.0 || return 1
  fi
  "$folder/$1/bin/pip" install --quiet --no-deps --no-build-isolation -e .
}

variants=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  packages_of "$1" > /dev/null || exit 2
  variants+=("$1")
  shift
done
[ "${1:-}" = -- ] && shift
[ ${#variants[@]} -gt 0 ] || variants=(oldest newest onedl avx2)

mkdir -p "$folder"
failures=0
lines=()
for variant in "${variants[@]}"; do
  log=$folder/$variant.log
  rm -rf "${folder:?}/$variant"
  outcome='does not install'
  found=
  if [ "$variant" = avx2 ]; then
    interpreter=$python
    settings=ONEDNN_MAX_CPU_ISA=AVX2
    : > "$log"
  else
    interpreter=$folder/$variant/bin/python
    settings=
    install "$variant" > "$log" 2>&1 || interpreter=
  fi
  if [ -n "$interpreter" ]; then
    env ${settings:+"$settings"} "$interpreter" -m pytest -q "$@" >> "$log" 2>&1
    outcome=$(tail -n 1 "$log")
    found=$("$interpreter" -m pip list 2> /dev/null | awk '/^(torch|torchvision|(onedl-)?mm[a-z-]+) /{printf "%s %s, ", $1, $2}')
  fi
  lines+=("$variant: ${found}${outcome} ($log)")
  [[ $outcome == *passed* && $outcome != *failed* && $outcome != *error* ]] || failures=$((failures + 1))
  rm -rf "${folder:?}/$variant"
done
printf '%s\n' "${lines[@]}"
exit $((failures > 0))
