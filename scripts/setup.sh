# Makes the virtual environment in .venv once; sourced by the other scripts.
#
#   setup_venv LOCKFILE   install exactly what LOCKFILE names, hashes checked
#
# A stamp in .venv (hash of the lock file and the interpreter) says what is installed; while it fits nothing is done.
# The lock for tests holds all of the one for serving, so an environment made for tests serves as well.

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
VENV="$ROOT/.venv"

say() { printf '%s\n' "$*" >&2; }

# within SECONDS WHAT COMMAND...: run a step that waits for something outside; see setup.d/within.py. Every such step
# goes through it, so that none is waited for without a word, or without an end.
within() {
    runner="$VENV/bin/python"
    [ -x "$runner" ] && "$runner" -c '' 2>/dev/null || runner=$(find_python) || exit 1
    "$runner" "$ROOT/scripts/setup.d/within.py" "$@"
}

find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say "error: Python 3.11 or newer is needed, with its venv module. Set PYTHON to one, or install it."
    exit 1
}

stamp_of() {
    "$2" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest(), sys.version)' "$1"
}

setup_venv() {
    lock="$ROOT/$1"
    for other in "$lock" "$ROOT/tests/requirements.lock"; do
        [ -x "$VENV/bin/python" ] && [ -f "$VENV/stamp" ] &&
            [ "$(cat "$VENV/stamp")" = "$(stamp_of "$other" "$VENV/bin/python")" ] && return
    done
    say "setting up $VENV with the packages of $1 …"
    if ! { [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }; then
        python=$(find_python) || exit 1
        within 300 "a new environment for Python" "$python" -m venv --clear "$VENV" || exit 1
    fi
    # An index of packages that is out of reach is found out in a minute; one that is slow has longer.
    if command -v uv >/dev/null 2>&1; then
        within 900 "the packages of $1, fetched by uv" \
            uv pip install --quiet --python "$VENV/bin/python" --require-hashes -r "$lock" || exit 1
    else
        within 900 "the packages of $1, fetched by pip" \
            "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 15 --retries 3 \
            --require-hashes -r "$lock" || exit 1
    fi
    link_package
    stamp_of "$lock" "$VENV/bin/python" >"$VENV/stamp"
}

# The package itself is used from this folder: nothing is built, so nothing more is fetched.
link_package() {
    site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])') || exit 1
    printf '%s\n' "$ROOT" >"$site/vibes_trio.pth"
    cat >"$VENV/bin/vibes-trio" <<EOF
#!$VENV/bin/python
import sys

from vibes_trio.cli import main

sys.exit(main())
EOF
    chmod +x "$VENV/bin/vibes-trio"
}
