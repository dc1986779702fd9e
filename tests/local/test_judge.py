"""Does the judge count what happened? Its figures, against small truths written by hand."""

from datetime import UTC, datetime
from typing import Any

from local import judge

BEGINS, ENDS = datetime(2026, 3, 3, 16, tzinfo=UTC), datetime(2026, 3, 4, 16, tzinfo=UTC)


def truth(*jobs: dict[str, Any]) -> dict[str, Any]:
    return {"now": "2026-03-04T12:00:00Z", "jobs": jobs}


def backup(vm: str, started: str, ended: str | None) -> dict[str, Any]:
    day = "2026-03-04T"
    return {
        "vm": vm,
        "operation": "Backup",
        "started_at": f"{day}{started}:00Z",
        "ended_at": ended and f"{day}{ended}:00Z",
    }


def look(pages: int, policies: dict[str, str], items: dict[str, str]) -> dict[str, Any]:
    return {
        "pages": {"items": {"vault": pages}, "policies": {"vault": pages}},
        "policies": policies,
        "items": [{"id": vm, "vm": vm, "policy_id": policy} for vm, policy in items.items()],
    }


def test_backups_of_two_vms_overlap_where_one_starts_before_the_other_has_ended() -> None:
    one, other = backup("/A", "01:00", "02:00"), backup("/b", "01:59", "03:00")
    assert judge.overlaps(truth(one, other), {"/a", "/b"}, BEGINS, ENDS) == 1
    assert judge.overlaps(truth(one, backup("/b", "02:00", "03:00")), {"/a", "/b"}, BEGINS, ENDS) == 0


def test_a_backup_that_still_runs_overlaps_with_every_later_one() -> None:
    runs = truth(backup("/a", "01:00", None), backup("/b", "05:00", "06:00"))
    assert judge.overlaps(runs, {"/a", "/b"}, BEGINS, ENDS) == 1


def test_backups_of_others_of_other_nights_and_of_the_same_vm_are_no_overlap() -> None:
    runs = truth(backup("/a", "01:00", "04:00"), backup("/a", "02:00", "03:00"), backup("/c", "02:00", "03:00"))
    assert judge.overlaps(runs, {"/a", "/b"}, BEGINS, ENDS) == 0
    assert judge.overlaps(runs, {"/a", "/c"}, ENDS, ENDS.replace(day=5)) == 0


def test_what_a_human_undid_was_written_all_the_same() -> None:
    before = look(1, {}, {"/a": "/old", "/b": "/old"})
    enforced = look(1, {"/new": "daily"}, {"/a": "/new", "/b": "/new"})
    undone = look(1, {"/new": "daily"}, {"/a": "/new", "/b": "/old"})
    assert judge.calls_floor(before, undone) == 4 + 1 + 1
    assert judge.calls_floor(before, enforced, (undone, undone)) == 4 + 1 + 2


def test_writes_are_counted_from_an_instant_up_to_another() -> None:
    log = [
        {"at": f"2026-03-04T{hour}:00:00Z", "effect": effect, "label": label, "action": f"vaults/{action}"}
        for hour, effect, label, action in (
            ("10", True, "enforce#1", "backupPolicies/write"), ("11", True, "enforce#2", "x/protectedItems/write"),
            ("11", False, "enforce#2", "backupPolicies/write"), ("11", True, "", "backupPolicies/write"),
            ("11", True, "watch#1", "events/send/action"), ("12", True, "enforce#3", "backupPolicies/write"),
        )
    ]  # fmt: skip
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert len(judge.writes(log)) == 3
    assert len(judge.writes(log, noon.replace(hour=11), noon)) == 1
