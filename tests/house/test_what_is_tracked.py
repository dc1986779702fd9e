"""Is the tree clean? No machine's paths, no download addresses, lock files that fit pyproject.toml."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT, files, text

MACHINE = re.compile(r"/(work|farm|roo[t]|home|Users)/")
REGISTRY = re.compile(r"https?://[a-z0-9.-]*(pypi|pythonhosted|npmjs|debian)[a-z0-9.-]*", re.IGNORECASE)
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)((?: [^\\\n]*)?)(?: \\)?$", re.MULTILINE)
LOCKS = {
    "requirements.txt": (),
    "requirements-local.txt": ("local",),
    "requirements-dev.txt": ("local", "dev"),
}


def leaks(content: str) -> list[str]:
    """Lines that name a machine's folders or a registry's host."""
    return [line.strip() for line in content.splitlines() if MACHINE.search(line) or REGISTRY.search(line)]


def pins(lock: str) -> dict[str, str]:
    """Locked version by normalised package name; the last one where markers split a package."""
    return {canonicalize_name(name): version for name, version, _ in PINNED.findall(lock)}


def unmet(requirements: list[str], lock: str) -> list[str]:
    """Requirements that the lock file lacks or holds in a version outside their range."""
    locked = pins(lock)
    wanted = [Requirement(line) for line in requirements]
    return [
        str(one)
        for one in wanted
        if (version := locked.get(canonicalize_name(one.name))) is None or not one.specifier.contains(version)
    ]


def wanted(extras: tuple[str, ...]) -> list[str]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


def readable() -> list[tuple[str, str]]:
    """Path and content of every text file of the project."""
    found = []
    for path in files():
        try:
            found.append((path, text(path)))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize(
    "line",
    ["see /wor" + "k/x", "/ho" + "me/me/x", "https://files.python" + "hosted.org/p", "http://registry.npm" + "js.org"],
)
def test_a_leak_is_seen(line: str) -> None:
    assert leaks(line)


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {path: lines for path, content in readable() if (lines := leaks(content))}
    assert found == {}


def test_a_stale_lock_is_seen() -> None:
    lock = "Example-Package==2.1.0 ; python_version >= '3.13' \\\n    --hash=sha256:00\n"
    assert unmet(["example_package>=2"], lock) == []
    assert unmet(["example-package>=3"], lock) == ["example-package>=3"]
    assert unmet(["other"], lock) == ["other"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_fits_the_project(name: str) -> None:
    assert unmet(wanted(LOCKS[name]), text(name)) == []


def test_the_node_lock_file_fits_the_project() -> None:
    assert (
        unmet(
            tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]["node"],
            text("requirements-node.txt"),
        )
        == []
    )


@pytest.mark.parametrize("name", [*LOCKS, "requirements-node.txt"])
def test_every_locked_package_has_hashes(name: str) -> None:
    entries = re.split(r"^(?=\S)", text(name), flags=re.MULTILINE)
    assert [entry.splitlines()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []


def test_each_lock_file_extends_the_one_before_with_equal_versions() -> None:
    deployed, local, dev = (pins(text(name)).items() for name in LOCKS)
    assert deployed <= local <= dev


def test_azurite_is_locked_with_hashes_and_without_addresses() -> None:
    packages = json.loads(text("local/node/package-lock.json"))["packages"]
    wanted_version = json.loads(text("local/node/package.json"))["dependencies"]["azurite"]
    assert packages["node_modules/azurite"]["version"] == wanted_version
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_there_is_one_way_to_lock() -> None:
    assert not {"uv.lock", "poetry.lock", "Pipfile.lock"} & set(files())


def test_scripts_can_be_executed() -> None:
    scripts = [path for path in files() if path.endswith(".sh") or path.startswith(".ci/")]
    assert scripts
    assert [path for path in scripts if not (ROOT / path).stat().st_mode & 0o100] == []
