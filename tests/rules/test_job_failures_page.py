"""Does the page about failures say what the code does?"""

import re
from pathlib import Path

import pytest

from shared.model.failures import Family, Kind, Response, Severity
from shared.rules.error_table import MOST_RETRIES, TABLE, Code
from shared.rules.failure_families import REMEDIES
from shared.rules.job_failures import ROWS
from shared.rules.retries import ATTEMPTS_A_DAY, RETRY_AFTER

PAGE = (Path(__file__).parents[2] / "docs" / "job-failures.md").read_text()


def family_row(family: Family) -> str:
    """The row of the table of families."""
    remedy = REMEDIES[family]
    steps = " ".join(f"{number}. {step}" for number, step in enumerate(remedy.runbook.steps, 1))
    return f"| `{family}` | {remedy.runbook.meaning} | `{remedy.response}` | {steps} |"


def code_row(code: Code) -> str:
    """The row of the table of errors."""
    names = ", ".join(f"`{name}`" for name in code.names)
    numbers = ", ".join(map(str, code.numbers)) or "-"
    once = ", once" if code.response in {Response.RETRY, Response.WAIT} and code.retries < MOST_RETRIES else ""
    return f"| {names} | {numbers} | `{code.family}` | `{code.response}`{once} | {code.says} |"


def rows_of(heading: str) -> list[str]:
    """The rows of the first table below a heading, without its head."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def test_the_table_of_families_is_the_codes() -> None:
    assert rows_of("Families") == [family_row(family) for family in Family]


def test_the_table_of_errors_is_the_codes() -> None:
    assert rows_of("Errors") == [code_row(code) for code in TABLE]


@pytest.mark.parametrize(
    ("heading", "words"), [("What counts as a failure", Kind), ("Responses", Response), ("Severities", Severity)]
)
def test_every_word_is_explained_once(heading: str, words) -> None:
    shown = [row.split("|")[1].strip(" `") for row in rows_of(heading)]
    assert shown == [str(word) if isinstance(word, str) else word.name.lower() for word in words]


def test_the_rows_of_the_judgement_are_in_their_order() -> None:
    named = re.findall(r"\(`(_\w+)`\)\.$", PAGE, re.MULTILINE)
    assert named == [row.__name__ for row in ROWS]


def test_the_numbers_are_the_codes() -> None:
    first, second = (f"{delay.total_seconds() / 3600:g}" for delay in RETRY_AFTER)
    assert f"{first} h after" in PAGE
    assert f"{second} h after" in PAGE
    assert f"at most {MOST_RETRIES} retries" in PAGE
    assert f"never more than {ATTEMPTS_A_DAY}" in PAGE
