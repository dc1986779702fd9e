"""Is the demo's word on restores counted from Azure's jobs, and can each expectation of it fail?"""

from typing import Any

from local.expectations import brought_back
from local.pools import IN_USE
from local.restore_chapter import VMS, figures


def job(vm: str, account: str, begins: int, ends: int | None, **changes: Any) -> dict[str, Any]:
    def at(minute: int) -> str:
        return f"2026-03-04T{6 + minute // 60:02}:{minute % 60:02}:00Z"

    found = {
        "vm": f"/vms/{vm}",
        "account": f"/accounts/{account}",
        "status": "Completed" if ends else "InProgress",
        "started_at": at(begins),
        "ended_at": at(ends) if ends else None,
        "shared": False,
    }
    return found | changes


def good() -> list[dict[str, Any]]:
    """Ten at once, of which one fails and goes on elsewhere, and one that waits."""
    jobs = [job(vm, f"a{number}", 1, 60 + number) for number, vm in enumerate(VMS[:10])]
    jobs[9] = job(VMS[9], "a9", 1, 61, status="Failed")
    return [*jobs, job(VMS[9], "a0", 65, 99), job(VMS[10], "a1", 62, 98)]


def wrong(jobs: list[dict[str, Any]]) -> set[str]:
    return {check.name for check in brought_back(figures({"restores": jobs}, "a9")) if not check.ok}


def test_a_morning_on_which_all_came_back_is_good() -> None:
    found = figures({"restores": good()}, "a9")
    assert wrong(good()) == set()
    assert (found["jobs"], found["at_once"], found["moved"], found["waited"]) == (12, 10, [VMS[9]], [VMS[10]])


def test_each_expectation_can_fail() -> None:
    assert wrong(good()[:-1]) >= {"VMs restored by one message", "VMs that waited for an account"}
    assert wrong([*good()[1:], job(VMS[0], "a1", 1, 60, shared=True)]) >= {
        "accounts of restores at once",
        "restores that shared an account",
    }
    assert wrong([*good()[1:], job(VMS[0], IN_USE, 1, 60)]) == {"restores on the account in use by others"}
    assert "VMs that went on where their account failed" in wrong([one for one in good() if one["status"] != "Failed"])
    assert wrong([*good(), job(VMS[0], "a7", 70, 90), job(VMS[0], "a6", 91, 95)]) >= {"most restore jobs of a VM"}
