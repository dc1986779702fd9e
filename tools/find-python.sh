#!/usr/bin/env bash
# Prints a Python >= 3.13 that can make virtual environments: from PATH, from pyenv's versions, or by uv.
set -euo pipefail

# A name on PATH may be a pyenv shim for a version that is not selected, so each candidate is run.
works() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 13))' 2>/dev/null
}

for name in python3.13 python3 "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.13*/bin/python; do
    if candidate=$(command -v "$name") && works "$candidate"; then
        echo "$candidate"
        exit
    fi
done

if command -v uv >/dev/null; then
    uv python find --quiet 3.13 || { uv python install --quiet 3.13 && uv python find 3.13; }
    exit
fi

echo "Python 3.13 or newer is needed (with venv; on Debian and Ubuntu: python3-venv). Install it, or uv, and try again." >&2
exit 1
