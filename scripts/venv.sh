# Sourced by run.sh and test.sh: creates .venv and installs the packages of a lock file, once.

# Prints the first Python that is at least 3.11; if $PYTHON is set, only that one is tried.
find_python() {
    local candidate version tried="" candidates=(python3 python3.13 python3.12 python3.11)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
        version=$("$candidate" --version 2>/dev/null) || version="does not run"
        tried+="${tried:+, }$candidate ($version)"
    done
    echo "pamps: Python 3.11 or newer is required; set PYTHON to its path. Tried: $tried." >&2
    return 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The file made-in is written last, so an incomplete .venv has none. It contains the path of the checkout,
# because the scripts in .venv/bin contain absolute paths and break if the checkout is moved.
is_usable_venv() {
    [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] \
        && is_new_enough .venv/bin/python \
        && .venv/bin/python -c 'import pip' 2>/dev/null
}

make_venv() {
    local python
    # `--clear` would empty the target of a link: the environment of another checkout, which is in use.
    if [ -L .venv ]; then
        echo "pamps: .venv is a link to $(readlink .venv), which is not recreated: remove the link." >&2
        return 1
    fi
    python=$(find_python) || return 1
    # On Debian, python3 lacks ensurepip, and without it the environment would be incomplete.
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "pamps: $python cannot create a virtual environment; on Debian, install python3-venv." >&2
        return 1
    fi
    echo "Creating .venv with $("$python" --version) and its packages: about a minute, once ..." >&2
    if ! "$python" -m venv --clear .venv; then
        echo "pamps: $python could not create .venv; see the error above." >&2
        return 1
    fi
    echo "$PWD" >.venv/made-in
}

# ensure_venv run|dev: does nothing if the current lock file is already installed (dev includes run).
ensure_venv() {
    local kind=$1 lock=requirements.txt stamp
    [ "$kind" = dev ] && lock=requirements-dev.txt
    stamp="$(cat "$lock" setup.py requirements.in scripts/venv.sh | cksum) $PWD"
    if [ -x .venv/bin/python ] && [ "$(cat ".venv/installed-$kind" 2>/dev/null)" = "$stamp" ]; then
        return
    fi
    is_usable_venv || make_venv || return 1
    echo "Installing $lock ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
    echo "$stamp" >".venv/installed-$kind"
}
