#!/usr/bin/env bash
# Rewrite both lock files, for all supported Python versions: scripts/lock.sh [--upgrade]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/venv.sh
ensure_venv dev
for name in requirements requirements-dev; do
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
        --no-emit-index-url --no-emit-find-links --custom-compile-command scripts/lock.sh \
        "$@" --output-file "$name.txt" "$name.in"
done
