"""What import-linter cannot say: azure.* by folder, root modules, the environment, the replaceable sources."""

import ast
import sys

import pytest

from tests.house.source import DEPLOYED, PRODUCTION, Module, modules, offenders, parse, within

ACQUAINTED = (
    "local.host",
    "local.memory",
    "local.scenarios",
    "local.night",
    "local.up",
    "local.people",
    "local.figures",
    "local.expectations",
    "local.leftovers",
    "local.missed_points",
    "local.retention_chapter",
)
"""The parts of the local Azure that may know the app; all others are the judge, or plain tools."""
RUNTIME_PACKAGES = ("azure", "pydantic", "pydantic_core", "yaml", "jinja2", "markupsafe")
"""Import names of what requirements.txt installs for the app's own use."""
OWN = ("functions", "shared")
SOURCES = {"set_source", "set_wait"}
"""The setters of shared.clock and shared.wiring."""


def foreign_azure(module: Module) -> list[str]:
    """Azure packages that this module may not import."""
    if module.folder == "shared/cloud" or f"{module.path}/".startswith(("shared/wiring.py", "shared/wiring/")):
        allowed: tuple[str, ...] = ("azure",)
    elif module.folder == "functions" or module.path == "function_app.py":
        allowed = ("azure.functions",)
    else:
        allowed = ()
    return sorted(
        name
        for name in module.imports()
        if within(name, ("azure", "azure_functions_runtime")) and not within(name, allowed)
    )


def environment_reads(module: Module) -> list[str]:
    """The ways in which the module touches the environment."""
    words = {"environ", "environb", "getenv", "putenv"}
    attributes = {f"os.{node.attr}" for node in module.nodes if isinstance(node, ast.Attribute)}
    return sorted(name for name in attributes | module.imports() if name in {f"os.{word}" for word in words})


def setter_uses(module: Module) -> list[int]:
    """Lines that use a setter of the clock or of the ports, by whatever name it was imported."""
    return [
        node.lineno
        for node in module.nodes
        if (isinstance(node, ast.Attribute) and node.attr in SOURCES)
        or (isinstance(node, ast.ImportFrom) and SOURCES & {alias.name for alias in node.names})
    ]


def removals(module: Module) -> list[int]:
    """Lines that could remove something in Azure: delete calls of management clients, and DELETE requests."""
    return [
        node.lineno
        for node in module.nodes
        if (isinstance(node, ast.Attribute) and node.attr in {"delete", "begin_delete"})
        or (isinstance(node, ast.Constant) and node.value == "DELETE")
    ]


def acquaintances(module: Module) -> list[str]:
    """Imports of the app by a part of the local Azure that may not know it."""
    name = module.path.removesuffix(".py").replace("/", ".")
    app = sorted(one for one in module.imports() if within(one, ("shared", "functions", "function_app", "nightshift")))
    return [] if within(name, ACQUAINTED) else app


def not_standard(module: Module) -> list[str]:
    """Imported packages that are neither the standard library's nor our own."""
    roots = {name.partition(".")[0] for name in module.imports()}
    return sorted(roots - sys.stdlib_module_names - set(OWN))


def not_installed(module: Module) -> list[str]:
    """Imported packages that requirements.txt does not bring."""
    return [name for name in not_standard(module) if name not in RUNTIME_PACKAGES]


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("shared/cloud/vault.py", "from azure.core.rest import HttpRequest", []),
        ("shared/wiring.py", "import azure.identity", []),
        ("functions/report.py", "import azure.functions as func", []),
        ("functions/report.py", "import azure.identity", ["azure.identity"]),
        ("shared/flows/review.py", "import azure.identity", ["azure.identity"]),
        ("shared/rules/slots.py", "def f():\n    import azure.core", ["azure.core"]),
        ("nightshift/commands.py", "from azure.core import exceptions", ["azure.core", "azure.core.exceptions"]),
    ],
)
def test_the_azure_check_sees_an_import_in_the_wrong_folder(path: str, line: str, expected: list[str]) -> None:
    assert foreign_azure(parse(line, path)) == expected


def test_only_cloud_wiring_and_triggers_import_azure() -> None:
    assert offenders(foreign_azure, *PRODUCTION) == {}


@pytest.mark.parametrize(
    "line",
    ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ", "from os import getenv"],
)
def test_the_environment_check_sees_every_way_in(line: str) -> None:
    assert environment_reads(parse(line))


def test_only_settings_read_the_environment() -> None:
    assert set(offenders(environment_reads, *PRODUCTION)) == {"shared/settings.py"}


@pytest.mark.parametrize(
    "line",
    ["clock.set_source(f)", "wiring.set_wait(f)", "from shared.clock import set_source", "g = wiring.set_source"],
)
def test_the_setter_check_sees_every_way_to_replace_a_source(line: str) -> None:
    assert setter_uses(parse(line))


def test_production_never_replaces_the_clock_or_the_ports() -> None:
    assert offenders(setter_uses, *PRODUCTION) == {}


def test_a_judge_that_knows_the_accused_is_seen() -> None:
    assert acquaintances(parse("from shared.rules import slots", "local/fleets.py"))
    assert not acquaintances(parse("from shared.rules import slots", "local/memory/vaults.py"))


def test_only_the_host_and_the_stories_of_the_local_azure_know_the_app() -> None:
    assert offenders(acquaintances, "local") == {}


def test_a_package_that_is_not_installed_is_seen() -> None:
    assert not_standard(parse("import datetime, shared.errors, yaml")) == ["yaml"]
    assert not_installed(parse("import yaml, rich")) == ["rich"]


def test_the_nouns_need_only_the_standard_library() -> None:
    assert offenders(not_standard, "shared/model") == {}


def test_what_deploys_imports_only_what_is_installed_there() -> None:
    assert offenders(not_installed, *DEPLOYED) == {}


@pytest.mark.parametrize("line", ["client.begin_delete(x)", "client.policies.delete(x)", "send('DELETE')"])
def test_the_removal_check_sees_every_way_to_delete(line: str) -> None:
    assert removals(parse(line))


def test_nothing_in_azure_is_ever_deleted() -> None:
    assert offenders(removals, *PRODUCTION) == {}


def test_the_app_is_one_screen_of_registrations() -> None:
    (app,) = modules("function_app.py")
    assert len(app.text.splitlines()) <= 50
    assert [name for name in app.imports() if not within(name, ("azure.functions", "functions"))] == []
    assert not [node for node in app.nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If)]
