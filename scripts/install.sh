#!/usr/bin/env bash
# usage: install.sh VENV CONSTRAINTS [node]
# Makes the virtual environment with the first Python that is new enough, and installs what CONSTRAINTS pins into it. With `node`, only if
# Node.js is there too: it will be needed next.
set -euo pipefail
venv=$1 constraints=$2 need=${3:-}

[ -f "$constraints" ] || { echo "There is no $constraints: TORCH is default or volta." >&2; exit 2; }

if ! "$venv/bin/python" -c '' 2>/dev/null; then
  found="" seen="none"
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    command -v "$python" >/dev/null || continue
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$python; break; fi
    if [ "$seen" = none ]; then seen=$("$python" --version 2>&1 || echo "$python, which does not run"); fi
  done
  if [ -z "$found" ]; then
    echo "Loradeck needs Python 3.11 or newer (found: $seen). Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 2
  fi
  echo "Making $venv with $("$found" --version) ..."
  rm -rf "$venv"
  if ! "$found" -m venv "$venv"; then
    echo "$found cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv." >&2
    exit 2
  fi
fi

[ -z "$need" ] || "$venv/bin/python" loradeck/build.py "$need"

echo "Installing the Python packages pinned in $constraints: 7 GB on the disk, a few minutes the first time ..."
# DS_BUILD_OPS=0: DeepSpeed compiles nothing; we use none of its own kernels.
# --no-compile: pip compiles all of it on one core, though a third is never imported; see below.
if ! DS_BUILD_OPS=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install --no-compile --progress-bar off \
  -c "$constraints" -e '.[all,demo,dev]' 2>"$venv/pip.err" |
  tee "$venv/pip.log" |
  awk '/^  Downloading .*(MB|GB)|^Building wheel|^  Building wheel.*started|^Installing collected/ { sub(/packages: .*/, "packages"); print "  " $0; fflush() }'; then
  tail -n 20 "$venv/pip.err" >&2
  echo "The Python packages could not be installed; pip's reason stands above, and all it said is in $venv/pip.log." >&2
  exit 1
fi

echo "Compiling what is used ..."
unset PYTHONDONTWRITEBYTECODE
"$venv/bin/python" -m compileall -qq -j 0 -x '/tests?/|/transformers/models/|/modelscope/|/pip/' "$venv"/lib/python3*/site-packages || true
used="import services.backend.app
from trainer.cache import encode
from trainer.evaluation import samples
from trainer.lora import adapter
from trainer.models.wan import pipeline
from trainer.optim import optimizer
from trainer.training import loop
pipeline.import_diffsynth(with_deepspeed=True)"
"$venv/bin/python" -c "$used" >"$venv/pip.err" 2>&1 || { cat "$venv/pip.err" >&2; exit 1; }
