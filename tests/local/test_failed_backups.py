"""Is the demo's word on failed backups counted from jobs and inbox, and can each expectation of it fail?"""

from datetime import UTC, datetime
from typing import Any

from local.expectations import answered
from local.failed_backups import BY_ITSELF, FOR_A_PERSON, OFFLINE, STORM, STRUCK, failures

BEGINS = datetime(2026, 3, 3, 19, 30, tzinfo=UTC)
NAMES = [f"vm-{number}" for number in range(STRUCK)]
RETRIED = next(iter(BY_ITSELF))


def job(name: str, hour: int, error: str = "", *, scheduled: bool = True) -> dict[str, Any]:
    at = f"2026-03-03T{hour:02}:00:00Z"
    return {
        "vm": f"/subscriptions/s/virtualMachines/{name}",
        "error": error,
        "status": "Failed" if error else "Completed",
        "started_at": at,
        "scheduled_for": at if scheduled else None,
    }


def line(title: str, *members: str) -> dict[str, Any]:
    return {"body": {"title": title, "members": list(members)}}


def found(extra: list[dict[str, Any]] | None = None, left_out: str = "") -> dict[str, Any]:
    """A good night, with more lines in the inbox, or without those of one VM."""
    jobs = [job(name, 20, code) for name, code in (FOR_A_PERSON | BY_ITSELF).items()]
    jobs += [job(RETRIED, 21, scheduled=False), job("off", 20, OFFLINE), job("early", 19, OFFLINE)]
    jobs += [job(name, 22, STORM, scheduled=False) for name in NAMES]
    inbox = [line(f"{name}: broken", name) for name in [*FOR_A_PERSON, "off"] if name != left_out]
    inbox += [line("over: web-weu-25: broken", "web-weu-25"), line("20 VMs", *NAMES), *(extra or [])]
    log = [
        {"action": "Microsoft.RecoveryServices/vaults/x/backup/action", "effect": True},
        {"action": "x", "effect": True},
    ]
    return failures({"jobs": jobs}, log, inbox, BEGINS)


def wrong(figures: dict[str, Any]) -> set[str]:
    return {check.name for check in answered(figures) if not check.ok}


def test_a_night_in_which_everybody_was_told_once_is_good() -> None:
    figures = found()
    assert wrong(figures) == set()
    assert (figures["failed"], figures["for_a_person"], figures["asked_by_the_app"]) == (34, 11, 1)
    assert figures["repaired_by_retry"] == [RETRIED]
    assert figures["over"] == 1


def test_each_expectation_can_fail() -> None:
    assert wrong(found(left_out="off")) == {"VMs that need a person, told of once"}
    assert wrong(found([line("again", "OFF")])) == {"VMs that need a person, told of once"}
    assert wrong(found([line("in vain", RETRIED)])) == {"VMs told of that needed nobody"}
    assert wrong(found([line("more", *NAMES, "vm-x")])) == {
        "VMs told of that needed nobody",
        f"alerts for {STRUCK} VMs that failed at once",
    }
    assert wrong(found() | {"errors": 11, "repaired_by_retry": []}) == {
        "errors that backups failed with",
        "repaired by a retry, untold",
    }


def test_a_backup_that_failed_again_when_it_was_tried_again_is_for_a_person() -> None:
    jobs = [job("a", 20, "CloudInternalError"), job("a", 21, "CloudInternalError", scheduled=False)]
    figures = failures({"jobs": jobs}, [], [line("a: tried twice", "a")], BEGINS)
    assert (figures["told_once"], figures["for_a_person"]) == (1, 1 + len(FOR_A_PERSON))
