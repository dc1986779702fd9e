"""Which files make up the project, and what do they say? Read once for all house tests."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ("function_app.py", "functions", "shared")
PRODUCTION = (*DEPLOYED, "nightshift")
OURS = (*PRODUCTION, "local", "bench", "tools")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path relative to the project, text and syntax tree, and every node of the tree."""

    path: str
    text: str
    tree: ast.Module
    nodes: tuple[ast.AST, ...]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".py")

    def comments(self) -> list[tuple[int, str]]:
        """Line number and text (without the hash) of every comment."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string[1:].strip()) for token in tokens if token.type == tokenize.COMMENT]

    def imports(self) -> set[str]:
        """Every absolute module name that is imported anywhere in the file; `from a import b` gives a and a.b."""
        names: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return names


def parse(text: str, path: str = "shared/planted.py") -> Module:
    tree = ast.parse(text)
    return Module(path, text, tree, tuple(ast.walk(tree)))


@cache
def module(path: str) -> Module:
    return parse(text(path), path)


@cache
def files() -> tuple[str, ...]:
    """Every file of the project: tracked ones, and new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted(path for path in set(listed.split("\0")) if path and (ROOT / path).is_file()))


@cache
def modules(*places: str) -> tuple[Module, ...]:
    """Every Python file at or under `places` (paths relative to the project)."""
    return tuple(
        module(path)
        for path in files()
        if path.endswith(".py") and any(path == place or path.startswith(f"{place}/") for place in places)
    )


def text(path: str) -> str:
    return (ROOT / path).read_text()


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of `packages` or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def settings_names() -> set[str]:
    """The settings of our own that shared/settings.py reads."""
    return set(re.findall(r"\bNIGHTSHIFT_[A-Z_]+\b", text("shared/settings.py")))


def offenders[Found](check: Callable[[Module], Sequence[Found]], *places: str) -> dict[str, Sequence[Found]]:
    """What `check` finds in the modules under `places`, by path; empty when all is well."""
    return {module.path: found for module in modules(*places) if (found := check(module))}
