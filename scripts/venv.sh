# Sourced by run.sh and test.sh: makes .venv and installs what a lock names, once.

# The first Python of at least 3.11, or the one that $PYTHON names.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "pamps: Python 3.11 or newer is needed; set PYTHON to where it is." >&2
    return 1
}

# ensure_venv run|dev: nothing to do when the same lock was installed before (dev includes run).
ensure_venv() {
    local kind=$1 lock=requirements.txt stamp python
    [ "$kind" = dev ] && lock=requirements-dev.txt
    stamp=$(cat "$lock" setup.py requirements.in scripts/venv.sh | cksum)
    if [ -x .venv/bin/python ] && [ "$(cat ".venv/installed-$kind" 2>/dev/null)" = "$stamp" ]; then
        return
    fi
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(find_python)
        echo "Making .venv with $("$python" --version) ..." >&2
        if ! "$python" -m venv --clear .venv; then
            echo "pamps: Python cannot make a virtual environment; on Debian install python3-venv." >&2
            return 1
        fi
    fi
    echo "Installing $lock ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
    echo "$stamp" >".venv/installed-$kind"
}
