# Sourced by run.sh and test.sh: makes .venv and installs what a lock names, once.

# The first Python of at least 3.11, or the one that $PYTHON names.
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
    echo "pamps: Python 3.11 or newer is needed; set PYTHON to where it is. Tried: $tried." >&2
    return 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The note is written last, so a .venv whose making was interrupted has none. It is the path, because the
# programs in .venv/bin name their Python by its full path: in a checkout that has moved they are broken.
is_usable_venv() {
    [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] \
        && is_new_enough .venv/bin/python \
        && .venv/bin/python -c 'import pip' 2>/dev/null
}

make_venv() {
    local python
    # `--clear` empties what a link leads to: the environment of another checkout, in use there.
    if [ -L .venv ]; then
        echo "pamps: .venv is a link to $(readlink .venv), which is not ours to make anew: remove the link." >&2
        return 1
    fi
    python=$(find_python) || return 1
    # Debian leaves ensurepip out of python3, and makes half an environment without it.
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "pamps: $python cannot make a virtual environment; on Debian install python3-venv." >&2
        return 1
    fi
    echo "Making .venv with $("$python" --version) and its packages: about a minute, once ..." >&2
    if ! "$python" -m venv --clear .venv; then
        echo "pamps: $python could not make .venv; the reason is above." >&2
        return 1
    fi
    echo "$PWD" >.venv/made-in
}

# ensure_venv run|dev: nothing to do when the same lock was installed here before (dev includes run).
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
