#!/usr/bin/env bash
# Measure the line coverage of the test suite on SQLite: scripts/coverage.sh
# Not part of ./test.sh, because it doubles the duration.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/venv.sh
ensure_venv dev
rm -f .coverage .coverage.*
PAMPS_ENV=testing PAMPS_TEST_URI='' .venv/bin/coverage run -m pytest -n auto --dist loadfile -m "not load"
.venv/bin/coverage combine --quiet
.venv/bin/coverage report
