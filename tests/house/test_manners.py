"""Does every module keep the manners: one question, few parameters, honest names, comments that explain?"""

import ast
import re

import pytest

from tests.house.source import OURS, Module, offenders, parse

LONGEST_MODULE = 300
MOST_PARAMETERS = 5
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
BANNER = re.compile(r"([-=*#~_+/])\1{3,}")
STATEMENTS = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Import,
    ast.ImportFrom,
    ast.Return,
    ast.Raise,
    ast.Assert,
    ast.Delete,
)
OPENERS = re.compile(r"^(def|class|if|elif|for|while|with|try|except|async)\b.*:$")
DIRECTIVES = ("noqa", "fmt:", "type:", "pragma:", "ruff:")
OPEN_ENDS = ("NotImplemented" + "Error", "TO" + "DO", "FIX" + "ME", "XX" + "X")


def missing_question(module: Module) -> list[str]:
    """The docstring's first line, where it asks nothing; a package without code may just say what it holds."""
    first = (ast.get_docstring(module.tree) or "").partition("\n")[0]
    only_words = module.name == "__init__" and len(module.tree.body) == 1
    return [] if "?" in first or (first and only_words) else [first]


def too_long(module: Module) -> list[int]:
    """The module's number of lines, where that is too many for one sitting."""
    return [count] if (count := len(module.text.splitlines())) >= LONGEST_MODULE else []


def long_signatures(module: Module) -> list[str]:
    """Functions with too many parameters; `self` and `cls` do not count."""
    found = []
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            if len([one for one in arguments if one.arg not in {"self", "cls"}]) > MOST_PARAMETERS:
                found.append(f"{node.name} (line {node.lineno})")
    return found


def empty_names(module: Module) -> list[str]:
    """Modules, classes and functions whose name says nothing about the domain."""
    defined = [
        node.name for node in module.nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    parts = [*module.path.removesuffix(".py").split("/"), *defined]
    return [part for part in parts if EMPTY_WORDS & set(_words(part))]


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)]


def empty_comments(module: Module) -> list[str]:
    """Banners, commented-out code and open ends."""
    return [
        f"line {line}: {comment}"
        for line, comment in module.comments()
        if not comment.startswith(DIRECTIVES)
        and (BANNER.search(comment) or _is_code(comment) or any(word in comment for word in OPEN_ENDS))
    ]


def _is_code(comment: str) -> bool:
    if OPENERS.match(comment):
        return True
    try:
        body = ast.parse(comment).body
    except SyntaxError:
        return False
    return any(
        isinstance(node, STATEMENTS) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await))
        for node in body
    )


def open_ends(module: Module) -> list[str]:
    """Words that promise work for later."""
    return [word for word in OPEN_ENDS if re.search(rf"\b{word}\b", module.text)]


def test_a_module_without_a_question_is_seen() -> None:
    assert missing_question(parse('"""Slots and such."""\nA = 1'))
    assert missing_question(parse("A = 1"))
    assert missing_question(parse("", "shared/rules/__init__.py"))


def test_the_first_line_asks_the_question_that_the_module_answers() -> None:
    assert offenders(missing_question, *OURS) == {}


def test_a_module_of_three_hundred_lines_is_seen() -> None:
    assert too_long(parse("a = 1\n" * LONGEST_MODULE)) == [LONGEST_MODULE]


def test_a_module_fits_in_one_sitting() -> None:
    assert offenders(too_long, *OURS) == {}


def test_a_signature_with_six_parameters_is_seen() -> None:
    assert long_signatures(parse("def f(a, b, c, *, d, e, g): ...")) == ["f (line 1)"]
    assert long_signatures(parse("class A:\n    def f(self, a, b, c, d, e): ...")) == []


def test_a_function_has_at_most_five_parameters() -> None:
    assert offenders(long_signatures, *OURS) == {}


def test_a_name_that_says_nothing_is_seen() -> None:
    planted = "class PolicyManager: ...\ndef common_slots(): ...\ndef database(): ..."
    assert empty_names(parse(planted, "shared/date_utils.py")) == ["date_utils", "PolicyManager", "common_slots"]


def test_names_speak_of_the_domain() -> None:
    assert offenders(empty_names, *OURS, "tests") == {}


@pytest.mark.parametrize(
    "comment", ["# -------- rules", "# ======", "# slot = plan(vm)", "# return None", "# tell(event)", "# if moved:"]
)
def test_a_banner_or_dead_code_is_seen(comment: str) -> None:
    assert empty_comments(parse(comment))


@pytest.mark.parametrize("comment", ["# Azure prunes within a day.", "# See plan(): the ring", "# noqa: E501", "# 429"])
def test_a_reason_passes(comment: str) -> None:
    assert empty_comments(parse(comment)) == []


def test_comments_give_reasons() -> None:
    assert offenders(empty_comments, *OURS, "tests") == {}


def test_an_open_end_is_seen() -> None:
    assert open_ends(parse(f"def f():\n    raise {OPEN_ENDS[0]}"))


def test_nothing_is_left_open() -> None:
    assert offenders(open_ends, *OURS, "tests") == {}
