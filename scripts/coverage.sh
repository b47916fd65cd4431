#!/usr/bin/env bash
# How much of Pamps the suite runs through, on SQLite: scripts/coverage.sh
# Not a part of ./test.sh, because watching every line takes as long again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/venv.sh
ensure_venv dev
rm -f .coverage .coverage.*
PAMPS_ENV=testing PAMPS_TEST_URI='' .venv/bin/coverage run -m pytest -n auto --dist loadfile -m "not load"
.venv/bin/coverage combine --quiet
.venv/bin/coverage report
