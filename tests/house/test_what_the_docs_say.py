"""Do the documents speak of this tree? Modules, commands, settings, numbers and links that exist."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import cast

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from nightshift.__main__ import app
from shared.rules import drift
from tests.house.source import OURS, ROOT, files, modules, settings_names, text

DOCUMENTS = [path for path in files() if path.endswith(".md")]
LONGEST_RECORD = 60
TREES = (*OURS, "tests", "docs", "infra", "samples")
HOST_WORDS = {"version", "id", "isEnabled"}
"""host.json leaves that are no number of ours."""


def mapped_modules(map_text: str) -> set[str]:
    """Every module path that the map's tables name: a row begins with a folder, then come modules in backticks."""
    rows = re.findall(r"^\| `([\w/]*)` \|(.*)\|$", map_text, re.MULTILINE)
    return {f"{folder}{word}.py" for folder, cells in rows for word in re.findall(r"`([\w]+)`", cells)}


def make_targets(makefile: str) -> set[str]:
    """The targets that a Makefile defines."""
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def make_commands(document: str) -> set[str]:
    """The `make` commands in code spans, and on command lines of code blocks."""
    return set(re.findall(r"(?:`|^\$? *)make ([a-z-]+)", document, re.MULTILINE))


def leaves(value: object, name: str = "") -> Iterator[str]:
    """Yield the names of a JSON document's leaves."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    else:
        yield name


def test_the_map_is_read_by_folder_and_module() -> None:
    row = "| `shared/rules/` | pure | `slots` the ring, `review` |\n| no folder | `nothing` |"
    assert mapped_modules(row) == {"shared/rules/slots.py", "shared/rules/review.py"}


def test_architecture_names_every_module_and_no_other() -> None:
    there = {module.path for module in modules(*OURS) if module.folder and module.name != "__init__"}
    mapped = mapped_modules(text("docs/architecture.md"))
    assert (sorted(there - mapped), sorted(mapped - there)) == ([], []), "left: add to the map; right: take out"


def test_architecture_fits_on_one_page() -> None:
    assert len(text("docs/architecture.md").splitlines()) <= 80


def test_a_make_command_is_seen_in_code_only() -> None:
    assert make_commands("run `make demo`\n```\nmake test\n$ make lint\n```\nthese make sense") == {
        "demo",
        "test",
        "lint",
    }


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_make_command_exists(path: str) -> None:
    assert make_commands(text(path)) <= make_targets(text("Makefile"))


def test_the_readme_shows_the_two_commands() -> None:
    assert {"demo", "test"} <= make_commands(text("README.md"))


def test_every_target_is_phony_and_explained() -> None:
    makefile = text("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert set(phony.split()) == make_targets(makefile) == explained


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_inside_the_project_leads_somewhere(path: str) -> None:
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text(path))
    assert [target for target in targets if not ((ROOT / path).parent / target).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_python_module_in_a_command_exists(path: str) -> None:
    named = re.findall(r"python -m ([\w.]+)", text(path))
    ours = [name for name in named if name.partition(".")[0] in {*OURS, "nightshift"}]
    places = [ROOT / name.replace(".", "/") for name in ours]
    assert [
        place for place in places if not (place / "__main__.py").is_file() and not place.with_suffix(".py").is_file()
    ] == []


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_path_of_the_tree_exists(path: str) -> None:
    named = re.findall(rf"`((?:{'|'.join(TREES)})/[\w./-]*)`", text(path))
    assert [name for name in named if not (ROOT / name).exists()] == []


def operator_commands(document: str) -> set[str]:
    """The `nightshift` commands in code spans, and on command lines of code blocks."""
    return set(re.findall(r"(?:`|^\$? *)nightshift ([a-z-]+(?: [a-z]+)?)", document, re.MULTILINE))


def test_an_operator_command_is_seen_with_its_group() -> None:
    words = "`nightshift policy check FILE` or `nightshift fire-drill`\n```\nnightshift pause --for 8h\n```"
    assert operator_commands(words) == {"policy check", "fire-drill", "pause"}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_command_of_the_operator_exists(path: str) -> None:
    top = cast(TyperGroup, get_command(app)).commands
    known = set(top) | {f"{name} {inner}" for name, group in top.items() for inner in getattr(group, "commands", ())}
    assert operator_commands(text(path)) <= known


def test_every_setting_is_explained_and_sampled() -> None:
    sampled = json.loads(text("local.settings.sample.json"))["Values"]
    explained = set(re.findall(r"^\| `(NIGHTSHIFT_\w+)` \|", text("docs/operations.md"), re.MULTILINE))
    assert settings_names() == explained == {name for name in sampled if name.startswith("NIGHTSHIFT_")}


def test_every_setting_that_a_binding_names_is_sampled() -> None:
    named = {name for module in modules("functions") for name in re.findall(r"%(\w+)%", module.text)}
    assert named <= set(json.loads(text("local.settings.sample.json"))["Values"])


def test_every_number_of_the_host_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", text("docs/operations.md"), re.MULTILINE))
    assert set(leaves(json.loads(text("host.json")))) - HOST_WORDS <= explained


def test_every_event_is_explained() -> None:
    names = set(re.findall(r'"(nightshift(?:\.\w+)+)"', text("shared/telemetry.py")))
    assert names
    assert {name for name in names if f"`{name}`" not in text("docs/operations.md")} == set()


def test_every_finding_and_alert_has_a_remedy() -> None:
    shared = "\n".join(module.text for module in modules("shared"))
    codes = {*re.findall(r'(?:Finding\(\s*|code=)"([a-z-]+)"', shared), *drift.CODES}
    remedies = text("docs/operations.md").partition("\n## Alerts\n")[2]
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", remedies, re.MULTILINE))
    assert {"missing": codes - explained, "gone": explained - codes} == {"missing": set(), "gone": set()}


def test_decision_records_are_numbered_without_gaps() -> None:
    records = sorted(path for path in files() if path.startswith("docs/decisions/"))
    numbers = [re.fullmatch(r"docs/decisions/(\d{4})-[a-z0-9-]+\.md", path) for path in records]
    assert [int(match[1]) for match in numbers if match] == list(range(1, len(records) + 1))


@pytest.mark.parametrize("path", [path for path in files() if path.startswith("docs/decisions/")])
def test_a_decision_record_says_what_and_why_on_one_page(path: str) -> None:
    record = text(path)
    assert record.startswith(f"# {path.removeprefix('docs/decisions/')[:4]} ")
    assert all(f"\n## {part}\n" in record for part in ("Question", "Decision", "Why", "Price"))
    assert len(record.splitlines()) <= LONGEST_RECORD


def test_the_changelog_speaks_of_this_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## (Unreleased|{re.escape(version)}\b)", text("CHANGELOG.md"), re.MULTILINE)
