#!/usr/bin/env bash
# Serve Pamps from this checkout. Arguments go to `pamps serve` (--port, --host, --workers, --reload).
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
source scripts/venv.sh

# The environment of ./test.sh is sufficient for serving.
[ -e .venv/installed-dev ] && kind=dev || kind=run
ensure_venv "$kind"
exec .venv/bin/python -m pamps serve "$@"
