#!/usr/bin/env bash
# Installs what `demo` or `test` needs into .venv and local/node. Each lock file that is installed leaves its
# checksum as a stamp: where that matches, nothing is done and no network is touched.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:?"expected demo or test"}

stamp() { echo ".venv/stamps/$1"; }

installed() { [ -f "$(stamp "$1")" ] && [ "$(cksum <"$1")" = "$(cat "$(stamp "$1")")" ]; }

make_venv() {
    local python
    python=$(tools/find-python.sh)
    "$python" -m venv .venv
}

# install LOCK_FILE
install() {
    if installed "$1"; then return; fi
    echo "Installing $1 into .venv"
    [ -x .venv/bin/python ] || make_venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$1"
    mkdir -p .venv/stamps
    cksum <"$1" >"$(stamp "$1")"
}

# Makes `nightshift` callable from any folder, without building a package of this one.
install_command_line() {
    printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/.venv/bin/python" -m nightshift "$@"\n' "$PWD" "$PWD" >.venv/bin/nightshift
    chmod +x .venv/bin/nightshift
}

case $purpose in
    # The test requirements hold the demo's, so a test environment serves both.
    demo) installed requirements-dev.txt || install requirements-local.txt ;;
    test) install requirements-dev.txt ;;
    *) echo "setup: expected demo or test, not $purpose" >&2 && exit 2 ;;
esac
[ -x .venv/bin/nightshift ] || install_command_line
.venv/bin/python -m local.setup_node
