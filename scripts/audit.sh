#!/usr/bin/env bash
# Check all locked packages for known vulnerabilities (requires network access): scripts/audit.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/venv.sh
ensure_venv dev

# Vulnerabilities that do not affect Pamps, one per line, with the reason.
harmless=(
    GHSA-wj6h-64fc-37mp # ecdsa, used by python-jose: a timing attack reveals the key. Pamps signs only with HS256.
)
.venv/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip "${harmless[@]/#/--ignore-vuln=}"
