"""Are two hosts judged by what they did? Figures of who wrote what, against small logs written by hand."""

from typing import Any

from local.expectations import checks, failed
from local.two_hosts import Stall, figures

VAULT = "/subscriptions/s/vaults/v"


def put(name: str, *, status: int = 202, effect: bool = True) -> dict[str, Any]:
    part = "backupPolicies" if name.startswith("ns-") else "protectedItems"
    return {"method": "PUT", "path": f"{VAULT}/{part}/{name}", "status": status, "effect": effect}


def read() -> dict[str, Any]:
    return {"method": "GET", "path": f"{VAULT}/backupProtectedItems", "status": 200, "effect": False}


def spent(moves: int, policies: int) -> dict[str, dict[str, str]]:
    counts = {"moves": moves, "policy-writes": policies, "turns-08": 99}
    return {f"2026-03-03|{quota}|{VAULT}": {"taken": str(taken)} for quota, taken in counts.items()}


def test_writes_are_counted_by_the_host_that_made_them() -> None:
    log = [put("earlier"), read(), put("ns-a"), put("a"), read(), put("b"), put("c"), read()]
    found = figures(Stall(began=1, stopped=4, woke=7, ended=8), log, spent(4, 1))
    assert found["writes_before_it_stood_still"] == 2
    assert found["writes_by_the_other"] == 2
    assert found["writes_after_it_woke"] == 0
    assert (found["vms_written_twice"], found["policies_written_twice"]) == (0, 0)
    assert found["quotas"] == {"moves": {"sent": 4, "spent": 4}, "policy-writes": {"sent": 1, "spent": 1}}


def test_what_is_written_again_by_a_host_that_woke_is_seen() -> None:
    log = [put("ns-a"), put("a"), put("b"), put("ns-a"), put("B")]
    found = figures(Stall(began=0, stopped=2, woke=3, ended=5), log, spent(3, 2))
    assert found["writes_after_it_woke"] == 2
    assert (found["vms_written_twice"], found["policies_written_twice"]) == (1, 1)


def test_a_throttled_write_is_not_counted_as_sent_and_a_lost_one_is() -> None:
    log = [put("a", status=429, effect=False), put("a"), put("b", status=503, effect=False), put("b")]
    found = figures(Stall(0, 1, 2, 4), log, spent(3, 0))
    assert found["quotas"]["moves"] == {"sent": 3, "spent": 3}
    assert found["vms_written_twice"] == 0


def test_each_expectation_of_two_hosts_can_fail() -> None:
    good = {
        "writes_before_it_stood_still": 3,
        "writes_by_the_other": 4,
        "writes_after_it_woke": 0,
        "vms_written_twice": 0,
        "policies_written_twice": 0,
        "quotas": {"moves": {"sent": 5, "spent": 5}, "policy-writes": {"sent": 2, "spent": 2}},
    }
    bad = good | {
        "writes_before_it_stood_still": 0,
        "writes_by_the_other": 0,
        "writes_after_it_woke": 1,
        "vms_written_twice": 1,
        "policies_written_twice": 1,
        "quotas": {"moves": {"sent": 5, "spent": 6}, "policy-writes": {"sent": 2, "spent": 1}},
    }
    spaced = {"application": "x", "vms": [], "overlap_probability": 0.5, "overlapped_observed": False, "gap_minutes": 1}
    rest: dict[str, Any] = {
        "restores": {
            "asked": 1, "done": 1, "at_once": 10, "accounts_at_once": 10, "shared": 0, "on_the_loaded_one": 0,
            "waited": ["a"], "moved": ["b"], "most_jobs_of_a_vm": 2,
        },
        "retention": {
            "lost": 10, "named": 10, "not_named": [], "named_in_vain": [], "wrong_causes": [], "kept_as_asked": 1,
            "refused": ["why"],
        },
        "failures": {
            "errors": 12, "for_a_person": 1, "told_once": 1, "not_told_once": [], "told_in_vain": [],
            "repaired_by_retry": ["a"], "storm": {"vms": 20, "lines": 1, "members": [20]},
        },
        "plan": {"peak_before": 9, "peak": 1, "outside_window": 0},
        "observed": {"peak_before": 9, "peak_after": 1},
        "enforce": {"calls": 1, "calls_floor": 1, "writes": 1, "refused_or_broken": 2, "second_run_writes": 0},
        "enrolment": {"protected": 3, "most_in_a_night": 1, "limit": 1, "minutes_after_the_request": 1.0},
        "separation": {
            "application": "shop", "vms": [], "overlaps_before": 1, "overlaps_after": 0,
            "impossible": [spaced],
        },
        "breaker": {"alerts": 1, "withheld": 1, "moves_after": 0, "moves_resumed": 1},
        "points_pruned": 0, "protection_stopped": 0, "exclusions_lost": 0, "runs_skipped": 0,
        "jobs": {"completed": 99},
    }  # fmt: skip
    assert failed(checks(rest)) == []
    assert failed(checks(rest | {"two_hosts": good})) == []
    assert len(failed(checks(rest | {"two_hosts": bad}))) == 7
