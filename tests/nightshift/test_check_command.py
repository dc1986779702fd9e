"""Does an operator's request for a check reach the app's queue, for one VM or one vault?"""

import json

import pytest

from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import VAULT, VMS, Small


@pytest.mark.parametrize(
    ("option", "name", "field", "subject"),
    [("--vm", VMS[0].name, "vm_id", VMS[0].id), ("--vault", VAULT.name, "vault_id", VAULT.id)],
)
def test_a_check_is_asked_for_by_name(run: Run, small: Small, option: str, name: str, field: str, subject: str) -> None:
    assert run("check", option, name).stdout == f"asked for a check of {subject}\n"
    assert json.loads(run("check", option, name, "--output", "json").stdout) == {"asked": subject}
    assert {(queue, json.loads(body)[field]) for queue, body in small.queues.sent} == {("check-requests", subject)}


@pytest.mark.parametrize("arguments", [(), ("--vm", "a", "--vault", "b")])
def test_exactly_one_subject_is_needed(run: Run, small: Small, arguments: tuple[str, ...]) -> None:
    result = run("check", *arguments)
    assert (result.exit_code, "exactly one" in result.stderr) == (2, True)
    assert small.queues.sent == []


def test_an_unknown_name_is_told(run: Run, small: Small) -> None:
    result = run("check", "--vm", "nobody")
    assert result.exit_code != 0
    assert "nothing in scope" in result.stderr
    assert small.queues.sent == []
