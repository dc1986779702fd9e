"""What did the demo show? The figures of its nights, counted outside the app wherever that is possible."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local import fleets, judge
from local.app_log import Told
from local.failed_backups import failures
from shared.model.plan import Plan, Spacing
from shared.telemetry import Event

NIGHT = timedelta(days=1)
ENFORCE = "enforce_backup_windows"
CHECK = "check_one"
KEPT_APART = "shop"
"""The application of the demo's fleet that has room enough in its windows."""


@dataclass(frozen=True, slots=True)
class Looks:
    """The truth at five moments.

    `before` everything; when the first moves are `enforced`; when a person has `touched` them; `after` the second
    night, when its report is made; and at the `end` of the evening in which nothing changed.
    """

    before: judge.Truth
    enforced: judge.Truth
    touched: judge.Truth
    after: judge.Truth
    end: judge.Truth


@dataclass(frozen=True, slots=True)
class Times:
    """When the first night `begins` and a check of a new VM was `asked` for; when the second night was `reported`.

    From `failing` on backups fail. At `resumed` an operator let moves go on; `again` starts the evening in which
    nothing had changed.
    """

    begins: datetime
    asked: datetime
    failing: datetime
    reported: datetime
    resumed: datetime
    again: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """What the demo saw: looks at the truth, the access log, and what the app told.

    `plan` is the app's first plan, `spacings` are those of the plan in the report of the second night. `two_hosts` is
    filled where one host stood still while another took over.
    """

    looks: Looks
    log: list[dict[str, Any]]
    inbox: list[dict[str, Any]]
    events: dict[str, Any]
    told: Sequence[Told]
    plan: Plan
    spacings: Sequence[Spacing]
    invocations: Counter[str]
    times: Times
    fleet: Mapping[str, Any]
    two_hosts: Mapping[str, Any] = field(default_factory=dict)


def figures(story: Story) -> dict[str, Any]:
    """Return the figures of the run; "plan" is the app's own word, and so are the probabilities under "separation"."""
    looks, second = story.looks, story.times.begins + NIGHT
    jobs = judge.jobs_by_status(looks.end, story.times.begins, second + NIGHT)
    counters = looks.end["counters"]
    return {
        "fleet": {"vms": looks.before["vms"], "vaults": len(looks.end["vaults"])},
        "plan": _plan(story),
        "observed": {
            "peak_before": judge.observed_peak(looks.end, story.times.begins, second),
            "peak_after": judge.observed_peak(looks.end, second, second + NIGHT),
        },
        "separation": _separation(story),
        "enforce": _enforce(story),
        "enrolment": _enrolment(story),
        "breaker": _breaker(story),
        "jobs": {"completed": jobs["Completed"] + jobs["CompletedWithWarnings"], "failed": jobs["Failed"]},
        "failures": failures(looks.end, story.log, story.inbox, story.times.failing),
        "events": story.events["total"],
        "points_pruned": counters["points_pruned"],
        "protection_stopped": counters["protection_stopped"],
        "exclusions_lost": counters["exclusions_lost"],
        "runs_skipped": counters["runs_skipped"],
        "invocations": dict(sorted(story.invocations.items())),
        **({"two_hosts": story.two_hosts} if story.two_hosts else {}),
    }


def summary(found: Mapping[str, Any]) -> Iterator[str]:
    """Say in a line each which application was kept apart, which could not be, and what the breaker did."""
    apart, breaker = found["separation"], found["breaker"]
    overlaps = f"{apart['overlaps_before']} -> {apart['overlaps_after']} overlaps"
    yield f"kept apart: {apart['application']} ({', '.join(apart['vms'])}), {overlaps}"
    for one in apart["impossible"]:
        met = "they did" if one["overlapped_observed"] else "they did not"
        chance = f"two run at once in {one['overlap_probability']:.0%} of nights, in this one {met}"
        yield f"cannot be kept apart: {one['application']} ({', '.join(one['vms'])}), {chance}"
    if breaker["tripped"]:
        moves = f"{breaker['moves_after']} of {breaker['withheld']} due moves made until an operator resumed"
        yield f"breaker: all moves stopped at {breaker['at'][:16].replace('T', ' ')} UTC, {moves}"
    back = found["restores"]
    waited, moved = ", ".join(back["waited"]) or "nobody", ", ".join(back["moved"]) or "nobody"
    yield (
        f"restores: {back['done']} of {back['asked']} VMs back by {back['jobs']} jobs, {back['at_once']} at once,"
        f" each on an account of its own; {waited} waited, {moved} went on elsewhere"
    )
    points = found["retention"]
    yield (
        f"retention: points of {points['looked_at']} VMs looked at, {points['named']} of {points['lost']} lost ones"
        f" named ({', '.join(points['causes'])}); {points['kept_as_asked']} backup asked for by message was kept as"
        f" asked, {len(points['refused'])} refused"
    )
    went, events = found["failures"], found["events"]
    yield (
        f"failed backups: {went['failed']} with {went['errors']} errors, {events['lost']} of their events lost;"
        f" {went['asked_by_the_app']} started again, {len(went['alerts'])} alerts in the inbox"
    )


def _plan(story: Story) -> dict[str, Any]:
    plan, looks = story.plan, story.looks
    night = (story.times.begins + NIGHT).date()
    return {
        "peak": plan.peak,
        "bound": round(plan.bound, 3),
        "ratio": round(plan.peak / plan.bound, 4) if plan.bound else None,
        "peak_before": sum(proof.peak_before for proof in plan.proofs),
        "policies": sum(name.rsplit("/", 1)[-1].startswith("ns-") for name in looks.after["policies"]),
        "moves": len(judge.moved(looks.before, looks.after)),
        "held": len(plan.held),
        "outside_window": len(judge.outside_window(looks.after, story.fleet, night)),
    }


def _separation(story: Story) -> dict[str, Any]:
    """Count who ran at once with its own application, of one that is kept apart and of those that cannot be."""
    begins, second = story.times.begins, story.times.begins + NIGHT
    names = fleets.APPLICATIONS[KEPT_APART]
    truth, apart = story.looks.end, _ids(story, names)
    named = {line.vm_id: line.name for line in story.plan.vms}
    return {
        "application": KEPT_APART,
        "vms": sorted(names),
        "overlaps_before": judge.overlaps(truth, apart, begins, second),
        "overlaps_after": judge.overlaps(truth, apart, second, second + NIGHT),
        "impossible": [
            {
                "application": one.application,
                "vms": sorted(named[vm_id] for vm_id in one.vm_ids),
                "gap_minutes": one.gap_minutes,
                "overlap_probability": one.overlap_probability,
                "overlapped_observed": judge.overlaps(truth, one.vm_ids, second, second + NIGHT) > 0,
            }
            for one in story.spacings
        ],
    }


def _ids(story: Story, names: Sequence[str]) -> set[str]:
    wanted = {name.lower() for name in names}
    ids = (item["vm"].lower() for item in story.looks.before["items"])
    return {vm_id for vm_id in ids if vm_id.rsplit("/", 1)[-1] in wanted}


def _enforce(story: Story) -> dict[str, Any]:
    """Count what enforcement did up to the report; what the breaker let go later is counted under "breaker".

    A host that takes over looks for itself.
    """
    looks = story.looks
    entries = [entry for entry in judge.entries(story.log, ENFORCE) if _at(entry) < story.times.reported]
    floor = judge.calls_floor(looks.before, looks.enforced, (looks.touched, looks.after))
    floor += judge.calls_to_look(looks.before) if story.two_hosts else 0
    return {
        "writes": sum(bool(entry["effect"]) for entry in entries),
        "calls": len(entries),
        "calls_floor": floor - _written_by_request(story),
        "second_run_writes": len(judge.writes(story.log, story.times.again)),
        "refused_or_broken": sum(entry["status"] == 429 or entry["status"] >= 500 for entry in entries),
    }


def _written_by_request(story: Story) -> int:
    """Count what the check of one VM wrote: it is not enforcement's work."""
    return sum(bool(entry["effect"]) for entry in judge.entries(story.log, CHECK))


def _enrolment(story: Story) -> dict[str, Any]:
    calls = judge.first_protections(story.looks.before, story.log)
    nights = Counter((_vault(entry), (_at(entry) - story.times.begins) // NIGHT) for entry in calls)
    asked = [_at(entry) for entry in calls if entry["label"].startswith(CHECK)]
    return {
        "protected": len(judge.newly_protected(story.looks.before, story.looks.after)),
        "most_in_a_night": max(nights.values(), default=0),
        "limit": story.fleet["limits"]["initial_backups_per_night"],
        "minutes_after_the_request": round((min(asked) - story.times.asked) / timedelta(minutes=1), 1)
        if asked
        else None,
    }


def _vault(entry: Mapping[str, Any]) -> str:
    vault: str = entry["path"].lower().partition("/backupfabrics/")[0]
    return vault


def _breaker(story: Story) -> dict[str, Any]:
    """Return when moves were stopped, how often that was alerted, and what was written until and after the resume.

    `withheld` are the moves that were due while they were stopped: without any, no moves would mean nothing.
    """
    alerts = [one for one in story.told if one.event == Event.ALERT and one.fields["code"] == "moves-stopped"]
    if not alerts:
        return {"tripped": False, "at": None, "alerts": 0, "withheld": 0, "moves_after": 0, "moves_resumed": 0}
    stopped, resumed = alerts[0].at, story.times.resumed
    idle = [one for one in story.told if one.event == Event.ENFORCED and stopped <= one.at < resumed]
    return {
        "tripped": True,
        "at": stopped.isoformat(),
        "alerts": len(alerts),
        "withheld": max((one.fields.get("moves_due", 0) for one in idle), default=0),
        "moves_after": _moves(story, stopped, resumed),
        "moves_resumed": _moves(story, resumed, story.times.again),
    }


def _moves(story: Story, begins: datetime, ends: datetime) -> int:
    return sum("/protecteditems/" in entry["path"].lower() for entry in judge.writes(story.log, begins, ends))


def _at(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["at"])
