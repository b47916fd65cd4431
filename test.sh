#!/usr/bin/env bash
# Check everything: linters, types, and the test suite on SQLite and on a real PostgreSQL.
#   ./test.sh [--fast] [pytest arguments]     --fast: SQLite only
# PostgreSQL is the first available of: PAMPS_TEST_URI; Docker; a server from a wheel.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
source scripts/venv.sh
source scripts/postgres.sh

fast=
if [ "${1:-}" = --fast ]; then
    fast=1
    shift
fi
started=$SECONDS
status=0

say() { printf '\n== %s (%ss)\n' "$*" "$((SECONDS - started))"; }

# Runs pytest with PAMPS_TEST_URI=$1. The script exits with the status of the first failure.
run_pytest() {
    export PAMPS_TEST_URI=$1
    shift
    if [ $# -gt 0 ]; then
        .venv/bin/python -m pytest "$@" || status=${status/#0/$?}
        return
    fi
    # Tests marked `once`, which use no database, run only with SQLite.
    local also=
    [ -z "$PAMPS_TEST_URI" ] || also=" and not once"
    # In parallel by file, with twice as many workers as cores, because tests of processes wait a lot. Load tests
    # need the machine for themselves and run afterwards; all are in one folder.
    PYTEST_XDIST_AUTO_NUM_WORKERS=$((2 * $(nproc))) \
        .venv/bin/python -m pytest -n auto --dist loadfile -m "not load$also" || status=${status/#0/$?}
    .venv/bin/python -m pytest -m "load$also" tests/live || status=${status/#0/$?}
}

trap stop_postgres EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
ensure_venv dev
unset PAMPS_ENV PAMPS_DB
unset PYTHONDONTWRITEBYTECODE # otherwise hundreds of processes would each compile their imports
export PAMPS_ENV=testing
test_uri=${PAMPS_TEST_URI:-}

say "Linters and types"
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/lint-imports
.venv/bin/mypy

say "Tests on SQLite"
run_pytest "" "$@"

if [ -z "$fast" ]; then
    say "PostgreSQL"
    start_postgres "$test_uri"
    echo "$postgres_from"
    export PAMPS_DB__uri=$postgres_uri
    .venv/bin/pamps reset-db -f
    .venv/bin/alembic stamp base
    .venv/bin/alembic upgrade head
    .venv/bin/alembic check
    unset PAMPS_DB__uri

    say "Tests on PostgreSQL"
    run_pytest "$postgres_uri" "$@"
fi

say "Done, exit status $status"
exit "$status"
