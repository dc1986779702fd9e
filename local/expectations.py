"""Was it a good night? The judge's figures of the demo's two nights, and what is expected of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local import judge
from shared.model.night import Check
from shared.model.plan import Plan

NIGHT = timedelta(days=1)
ENFORCE = "enforce_backup_windows"
CHECK = "check_one"
WITHIN_MINUTES = 5.0
"""From the message about a new VM to its protection: minutes, not the six hours of the timer."""
CALLS_ABOVE_FLOOR = 1.1
NEWCOMERS = 3
"""Two of the demo's unprotected VMs have one vault that fits, and one VM is created in the second night."""
PLANNED_GAIN = 3.0
OBSERVED_GAIN = 2.0


@dataclass(frozen=True, slots=True)
class Story:
    """What the demo saw: the truth before and after the two nights, the access log, and the first plan.

    `begins` starts the first night; `again` starts the day after the second, in which nothing had changed. `asked_at`
    is when a message asked for a check of a VM that somebody had just created.
    """

    before: judge.Truth
    after: judge.Truth
    end: judge.Truth
    log: list[dict[str, Any]]
    plan: Plan
    invocations: Counter[str]
    begins: datetime
    again: datetime
    asked_at: datetime
    fleet: Mapping[str, Any]


def figures(story: Story) -> dict[str, Any]:
    """Return the figures of the run; everything under "observed" and "enforce" is counted outside the app."""
    second = story.begins + NIGHT
    jobs = judge.jobs_by_status(story.end, story.begins, second + NIGHT)
    enforced = [entry for entry in judge.entries(story.log, ENFORCE) if not _after(entry, story.again)]
    plan = story.plan
    ours = {name for name in story.after["policies"] if name.rsplit("/", 1)[-1].startswith("ns-")}
    return {
        "fleet": {"vms": story.before["vms"], "vaults": len(story.end["vaults"])},
        "plan": {
            "peak": plan.peak,
            "bound": round(plan.bound, 3),
            "ratio": round(plan.peak / plan.bound, 4) if plan.bound else None,
            "peak_before": sum(proof.peak_before for proof in plan.proofs),
            "policies": len(ours),
            "moves": len(judge.moved(story.before, story.after)),
            "held": len(plan.held),
            "outside_window": len(judge.outside_window(story.after, story.fleet, second.date())),
        },
        "observed": {
            "peak_before": judge.observed_peak(story.end, story.begins, second),
            "peak_after": judge.observed_peak(story.end, second, second + NIGHT),
        },
        "enforce": {
            "writes": sum(bool(entry["effect"]) for entry in enforced),
            "calls": len(enforced),
            "calls_floor": judge.calls_floor(story.before, story.after) - _written_by_request(story),
            "second_run_writes": len(judge.writes(story.log, story.again)),
            "refused_or_broken": sum(entry["status"] == 429 or entry["status"] >= 500 for entry in enforced),
        },
        "enrolment": _enrolment(story),
        "jobs": {
            "completed": jobs["Completed"] + jobs["CompletedWithWarnings"],
            "failed": jobs["Failed"],
        },
        "points_pruned": story.end["counters"]["points_pruned"],
        "protection_stopped": story.end["counters"]["protection_stopped"],
        "exclusions_lost": story.end["counters"]["exclusions_lost"],
        "runs_skipped": story.end["counters"]["runs_skipped"],
        "invocations": dict(sorted(story.invocations.items())),
    }


def _written_by_request(story: Story) -> int:
    """Count what the check of one VM wrote: it is not enforcement's work."""
    return sum(bool(entry["effect"]) for entry in judge.entries(story.log, CHECK))


def _enrolment(story: Story) -> dict[str, Any]:
    calls = judge.first_protections(story.before, story.log)
    nights = Counter((_vault(entry), (datetime.fromisoformat(entry["at"]) - story.begins) // NIGHT) for entry in calls)
    asked = [datetime.fromisoformat(entry["at"]) for entry in calls if entry["label"].startswith(CHECK)]
    return {
        "protected": len(judge.newly_protected(story.before, story.after)),
        "most_in_a_night": max(nights.values(), default=0),
        "limit": story.fleet["limits"]["initial_backups_per_night"],
        "minutes_after_the_request": round((min(asked) - story.asked_at) / timedelta(minutes=1), 1) if asked else None,
    }


def _vault(entry: Mapping[str, Any]) -> str:
    vault: str = entry["path"].lower().partition("/backupfabrics/")[0]
    return vault


def checks(found: Mapping[str, Any]) -> tuple[Check, ...]:
    """Return each expectation with what was measured."""
    plan, observed, enforce = found["plan"], found["observed"], found["enforce"]
    enrolment = found["enrolment"]
    minutes = enrolment["minutes_after_the_request"]
    return (
        _at_least("planned peak falls", PLANNED_GAIN, plan["peak_before"], plan["peak"]),
        _at_least("observed peak falls", OBSERVED_GAIN, observed["peak_before"], observed["peak_after"]),
        _zero("VMs planned outside their window", plan["outside_window"]),
        Check(
            "calls of enforcement, retries included",
            f"at most {CALLS_ABOVE_FLOOR} x {enforce['calls_floor']}",
            str(enforce["calls"]),
            enforce["calls"] <= CALLS_ABOVE_FLOOR * enforce["calls_floor"],
        ),
        Check("policies and memberships written", "more than 0", str(enforce["writes"]), enforce["writes"] > 0),
        Check(
            "answers 429 or 5xx survived",
            "2 or more",
            str(enforce["refused_or_broken"]),
            enforce["refused_or_broken"] >= 2,
        ),
        Check(
            "VMs newly protected where one vault fits",
            str(NEWCOMERS),
            str(enrolment["protected"]),
            enrolment["protected"] == NEWCOMERS,
        ),
        Check(
            "most first backups of a vault in a night",
            f"1 to {enrolment['limit']}",
            str(enrolment["most_in_a_night"]),
            1 <= enrolment["most_in_a_night"] <= enrolment["limit"],
        ),
        Check(
            "minutes from a request to the new VM's protection",
            f"at most {WITHIN_MINUTES:g}",
            "never" if minutes is None else f"{minutes:g}",
            minutes is not None and minutes <= WITHIN_MINUTES,
        ),
        _zero("writes in the unchanged day after", enforce["second_run_writes"]),
        _zero("recovery points lost early", found["points_pruned"]),
        _zero("VMs whose protection was stopped", found["protection_stopped"]),
        _zero("disk exclusions lost", found["exclusions_lost"]),
        _zero("days on which a VM had no run", found["runs_skipped"]),
        Check("backups completed", "more than 90", str(found["jobs"]["completed"]), found["jobs"]["completed"] > 90),
    )


def _after(entry: Mapping[str, Any], instant: datetime) -> bool:
    return datetime.fromisoformat(entry["at"]) >= instant


def _at_least(name: str, factor: float, before: int, after: int) -> Check:
    gain = before / after if after else 0.0
    return Check(name, f"{factor:g} times lower or better", f"{before} -> {after} ({gain:.1f}x)", gain >= factor)


def _zero(name: str, count: int) -> Check:
    return Check(name, "0", str(count), count == 0)


def failed(found: Iterable[Check]) -> list[Check]:
    """Return the expectations that do not hold."""
    return [check for check in found if not check.ok]
