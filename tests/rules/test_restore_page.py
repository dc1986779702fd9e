"""Does the page about restores say what the code does?"""

import re
from pathlib import Path

from shared.messages.restores import CANCEL_FIELDS, LONGEST, REQUEST_FIELDS, TARGET_FIELDS
from shared.rules.restore_accounts import REDUNDANCIES
from shared.rules.restore_case import APPEARS
from tools.restore_diagram import diagram, rows

PAGE = (Path(__file__).parents[2] / "docs" / "restores.md").read_text()


def test_the_diagram_is_the_tables() -> None:
    assert re.findall(r"```mermaid\n(.*?)\n```", PAGE, re.DOTALL) == [diagram()]


def test_the_table_is_the_codes() -> None:
    shown = PAGE.partition("| Step | What is seen | What is done | Then |\n|---|---|---|---|\n")[2].partition("\n\n")[0]
    assert shown.splitlines() == rows()


def test_every_field_is_explained() -> None:
    section = PAGE.partition("## What a message says")[2].partition("\n## ")[0]
    first = set(re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in re.findall(r"^\| `.*$", section, re.M))))
    assert first == {*REQUEST_FIELDS, *CANCEL_FIELDS}
    assert all(f"`{field}`" in section for field in TARGET_FIELDS)
    assert f"{LONGEST // 1024} KiB" in section


def test_numbers_and_words_are_the_codes() -> None:
    assert (APPEARS.total_seconds() / 60, "seven minutes after the order" in PAGE) == (7, True)
    assert all(f"`{sku}`" in PAGE for sku in REDUNDANCIES)
