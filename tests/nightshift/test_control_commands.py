"""Do pause, resume, hold, release and report do what they say, and refuse what nobody could read?"""

import json
import shlex
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.flows.look import ROLLED_BACK
from shared.rules.scope import hold_on, pause_on
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import NOW, VMS, Small, vm


def test_a_pause_stops_all_vaults_until_its_hour(run: Run, small: Small) -> None:
    result = run("pause", "--for", "8h", "--reason", "looking", "--owner", "ann")
    assert result.exit_code == 0
    assert "all vaults are paused until 2026-11-03 22:00 UTC by ann: looking" in result.stdout
    rows = small.ledger.rows("pauses")
    assert pause_on(rows, "vault-weu", NOW + timedelta(hours=7)) is not None
    assert pause_on(rows, "vault-weu", NOW + timedelta(hours=9)) is None


def test_a_pause_of_one_vault_leaves_the_others(run: Run, small: Small) -> None:
    run("pause", "--vault", "Vault-WEU", "--for", "2d", "--reason", "audit", "--owner", "ann")
    rows = small.ledger.rows("pauses")
    assert pause_on(rows, "vault-weu", NOW) is not None
    assert pause_on(rows, "vault-eus", NOW) is None


def test_resume_ends_a_pause_and_says_when_there_was_none(run: Run, small: Small) -> None:
    run("pause", "--for", "8h", "--reason", "looking", "--owner", "ann")
    assert json.loads(run("resume", "--output", "json").stdout) == {"resumed": "*", "was_paused": True}
    assert pause_on(small.ledger.rows("pauses"), "vault-weu", NOW) is None
    assert "not paused" in run("resume").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--for", "8", "--reason", "x"), "--for: '8' is no duration; expected minutes, hours or days"),
        (("--for", "0h", "--reason", "x"), "is no duration"),
        (("--for", "32d", "--reason", "x"), "is longer than 31 days"),
        (("--for", "8h", "--reason", " "), "--reason: ' ' cannot be used"),
    ],
)
def test_a_pause_that_nobody_could_read_is_refused(run: Run, small: Small, words: tuple[str, ...], said: str) -> None:
    result = run("pause", *words, "--owner", "ann")
    assert (result.exit_code, small.ledger.kept) == (2, {})
    assert said in result.stderr


def test_a_hold_prints_a_command_whose_tag_holds_the_vm(run: Run, small: Small) -> None:
    result = run("hold", "app-01", "--until", "2026-12-01", "--owner", "ann", "--reason", "it's release week")
    words = shlex.split(result.stdout)
    assert words[:3] == ["az", "tag", "update"]
    assert words[words.index("--resource-id") + 1] == VMS[0].id
    assert words[words.index("--operation") + 1] == "merge"
    name, _, value = words[words.index("--tags") + 1].partition("=")
    hold = hold_on(replace(VMS[0], tags={name: value}), date(2026, 12, 1))
    assert hold is not None
    assert (hold.until, hold.owner, hold.reason) == (date(2026, 12, 1), "ann", "it's release week")


def test_a_hold_by_id_asks_nobody(run: Run, small: Small) -> None:
    small.policies.text = None
    result = run("hold", "/subscriptions/x/vm", "--until", "2026-12-01", "--owner", "ann", "--reason", "x")
    assert (result.exit_code, "--resource-id /subscriptions/x/vm" in result.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app-01", "--until", "2026-11-02", "--owner", "a", "--reason", "x"), "is over; expected today or later"),
        (("app-01", "--until", "2026-12-01", "--owner", "a;b", "--reason", "x"), "--owner: 'a;b' cannot be used"),
        (("app-01", "--until", "2026-12-01", "--owner", "a", "--reason", "x" * 300), "expected at most 256"),
        (("app-99", "--until", "2026-12-01", "--owner", "a", "--reason", "x"), "no VM of the subscriptions in scope"),
        (("twin", "--until", "2026-12-01", "--owner", "a", "--reason", "x"), "2 VMs are named 'twin'"),
    ],
)
def test_a_hold_that_would_not_work_is_refused(run: Run, small: Small, words: tuple[str, ...], said: str) -> None:
    small.fleet.machines = (*VMS, vm("twin"), replace(vm("twin"), id="/subscriptions/other/twin"))
    result = run("hold", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_release_lets_a_rolled_back_vm_be_planned_again(run: Run, small: Small) -> None:
    small.ledger.write(ROLLED_BACK, VMS[0].id, {"reason": "put back"})
    assert json.loads(run("release", "--vm", "app-01", "--output", "json").stdout) == {"released": VMS[0].id}
    assert small.ledger.rows(ROLLED_BACK) == {}
    assert run("release", "--vm", "app-01").exit_code == 1


def test_the_newest_report_is_printed_as_it_is(run: Run, small: Small) -> None:
    small.reports.save(date(2026, 11, 2), "<p>night</p>", '{"night": "2026-11-02"}')
    assert run("report").stdout == "<p>night</p>\n"
    assert json.loads(run("report", "--output", "json").stdout) == {"night": "2026-11-02"}


def test_without_a_report_the_answer_is_empty_and_exit_1(run: Run, small: Small) -> None:
    result = run("report")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no report yet" in result.stderr


def test_missing_settings_are_all_named_and_exit_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTSHIFT_BLOB_URI", raising=False)
    monkeypatch.delenv("NIGHTSHIFT_TABLE_URI", raising=False)
    monkeypatch.delenv("NIGHTSHIFT_QUEUE_URI", raising=False)
    result = run("report")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 3)
    assert "NIGHTSHIFT_BLOB_URI" in result.stderr
    assert "NIGHTSHIFT_TABLE_URI" in result.stderr


STOP = {"at": NOW.isoformat(), "reason": "4 of 10 VMs moved lately in westeurope failed or missed their last run"}


def test_moves_that_the_breaker_stopped_go_on_when_told_to(run: Run, small: Small) -> None:
    small.ledger.write("breaker", "stopped", STOP)
    assert "moves go on" in run("resume", "--moves").stdout
    assert small.ledger.read("breaker", "stopped") is None
    assert json.loads(run("resume", "--moves", "--output", "json").stdout) == {
        "resumed": "moves",
        "were_stopped": False,
    }
    assert "moves are not stopped; nothing to resume" in run("resume", "--moves").stdout


def test_the_end_of_a_pause_does_not_end_the_breakers_stop(run: Run, small: Small) -> None:
    small.ledger.write("breaker", "stopped", STOP)
    run("resume")
    assert small.ledger.read("breaker", "stopped") is not None


def test_the_breakers_stop_is_of_all_vaults(run: Run, small: Small) -> None:
    small.ledger.write("breaker", "stopped", STOP)
    refused = run("resume", "--moves", "--vault", "vault-weu")
    assert (refused.exit_code, small.ledger.read("breaker", "stopped")) == (2, STOP)
    assert "expected --vault or --moves, not both" in refused.stderr


def test_diff_begins_with_the_breakers_stop(run: Run, small: Small) -> None:
    assert "stopped" not in run("diff").stdout
    small.ledger.write("breaker", "stopped", STOP)
    said = f"all moves are stopped since {NOW:%Y-%m-%d %H:%M} UTC: {STOP['reason']}. Find out why"
    assert run("diff").stdout.startswith(said)
    assert json.loads(run("diff", "--output", "json").stdout)["breaker"].startswith(said)
