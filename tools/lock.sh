#!/usr/bin/env bash
# Compiles pyproject.toml into the hash-locked requirement files (docs/decisions/0002). Without options it
# keeps the versions that are locked where they still fit; `tools/lock.sh --upgrade` takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || { echo "uv is needed to compile the lock files: https://docs.astral.sh/uv/" >&2 && exit 1; }

# compile OUTPUT [uv options]
compile() {
    uv pip compile pyproject.toml --quiet --universal --python-version 3.13 --generate-hashes --no-header \
        --no-emit-index-url --no-annotate --output-file "$@"
}

compile requirements.txt "$@"
compile requirements-local.txt --extra local "$@"
compile requirements-dev.txt --extra local --extra dev "$@"

# Only Node itself, not the app's packages: the one line of pyproject.toml that this machine may need.
sed -n 's/^node = \["\(.*\)"\]$/\1/p' pyproject.toml |
    uv pip compile - --quiet --universal --python-version 3.13 --generate-hashes --no-header \
        --no-emit-index-url --no-annotate --output-file requirements-node.txt "$@"
