"""What really happened? Figures counted from the pretend Azure's own truth and access log, never from the app."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from local.clock import parse

Truth = Mapping[str, Any]
Entry = Mapping[str, Any]

_WRITES = ("/backuppolicies/write", "/protecteditems/write")


def observed_peak(truth: Truth, begins: datetime, ends: datetime) -> int:
    """Return the most scheduled backups that ran at once among those started in [begins, ends), regions added."""
    edges: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for job in truth["jobs"]:
        started = parse(job["started_at"])
        if job["operation"] == "Backup" and job["scheduled_for"] and begins <= started < ends:
            ended = parse(job["ended_at"]) if job["ended_at"] else parse(truth["now"])
            edges[job["region"]] += [(started, 1), (ended, -1)]
    return sum(_highest(region) for region in edges.values())


def _highest(edges: list[tuple[datetime, int]]) -> int:
    running = highest = 0
    for _, change in sorted(edges):
        running += change
        highest = max(highest, running)
    return highest


def overlaps(truth: Truth, vms: Collection[str], begins: datetime, ends: datetime) -> int:
    """Count the pairs of backups of two of these VMs, started in [begins, ends), that ran at the same time."""
    runs = [
        (parse(job["started_at"]), parse(job["ended_at"] or truth["now"]), job["vm"].lower())
        for job in truth["jobs"]
        if job["operation"] == "Backup" and job["vm"].lower() in vms and begins <= parse(job["started_at"]) < ends
    ]
    return sum(
        one_vm != other_vm and began < other_ended and other_began < ended
        for (began, ended, one_vm), (other_began, other_ended, other_vm) in combinations(runs, 2)
    )


def jobs_by_status(truth: Truth, begins: datetime, ends: datetime) -> Counter[str]:
    """Count the backups started in [begins, ends) by status."""
    return Counter(
        job["status"]
        for job in truth["jobs"]
        if job["operation"] == "Backup" and begins <= parse(job["started_at"]) < ends
    )


def moved(before: Truth, after: Truth) -> set[str]:
    """Return the VMs whose membership differs between two looks at the truth."""
    old = {item["id"].lower(): item["policy_id"].lower() for item in before["items"]}
    return {
        item["vm"].lower() for item in after["items"] if old.get(item["id"].lower(), "") != item["policy_id"].lower()
    }


def policies_changed(before: Truth, after: Truth) -> set[str]:
    """Return the policies that are new or differ between two looks at the truth."""
    old = {policy_id.lower(): properties for policy_id, properties in before["policies"].items()}
    return {
        policy_id.lower()
        for policy_id, properties in after["policies"].items()
        if old.get(policy_id.lower()) != properties
    }


def newly_protected(before: Truth, after: Truth) -> set[str]:
    """Return the VMs that are items of a vault in the second look at the truth only."""
    return {item["vm"].lower() for item in after["items"]} - {item["vm"].lower() for item in before["items"]}


def first_protections(before: Truth, log: Iterable[Entry]) -> list[Entry]:
    """Return the calls by any function that put a VM under protection."""
    old = {item["id"].lower() for item in before["items"]}
    return [
        entry
        for entry in writes(log)
        if "/protecteditems/" in entry["path"].lower() and entry["path"].lower() not in old
    ]


def calls_floor(before: Truth, after: Truth, *later: tuple[Truth, Truth]) -> int:
    """Return the fewest calls that a careful change needs.

    Item and policy pages once before and once after, one write for each changed policy and each moved VM. `later` are
    further spans, each from a look to a look, where people were at work in between: what they undid was written all
    the same.
    """
    spans = ((before, after), *later)
    return calls_to_look(before) + sum(len(policies_changed(*span)) + len(moved(*span)) for span in spans)


def calls_to_look(before: Truth) -> int:
    """Return the fewest calls that it takes to look at what is there, and to read back what was written."""
    pages: int = sum(before["pages"]["items"].values()) + sum(before["pages"]["policies"].values())
    return 2 * pages


def entries(log: Iterable[Entry], function: str, since: datetime | None = None) -> list[Entry]:
    """Return the calls made while `function` ran, refused and repeated ones included."""
    return [
        entry
        for entry in log
        if entry["label"].split("#")[0] == function and (since is None or parse(entry["at"]) >= since)
    ]


def writes(log: Iterable[Entry], since: datetime | None = None, until: datetime | None = None) -> list[Entry]:
    """Return the calls by any function, in [since, until), that changed a policy or a membership."""
    return [
        entry
        for entry in log
        if entry["effect"]
        and "#" in entry["label"]
        and entry["action"].lower().endswith(_WRITES)
        and (since is None or parse(entry["at"]) >= since)
        and (until is None or parse(entry["at"]) < until)
    ]


def outside_window(truth: Truth, fleet: Mapping[str, Any], night: date) -> list[str]:
    """Return the VMs in `ns-` policies whose start lies outside their tier's window on the local date `night`.

    `fleet` is the parsed fleet.yaml; windows are read here anew, from the document.
    """
    wrong = []
    for item in truth["items"]:
        name = item["policy_id"].rsplit("/", 1)[-1]
        if not name.startswith("ns-"):
            continue
        tier = fleet["tiers"][name.split("-")[1]]
        start = parse(_policy(truth, item["policy_id"])["schedulePolicy"]["scheduleRunTimes"][0])
        if not _inside(start.time(), fleet["windows"][tier["window"]], item["region"], night):
            wrong.append(item["vm"])
    return wrong


def _policy(truth: Truth, policy_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = truth["policies"].get(policy_id) or truth["policies"][policy_id.lower()]
    return found


def _inside(start: time, window: Mapping[str, Any], region: str, night: date) -> bool:
    zone = ZoneInfo(window.get("zones", {}).get(region, window["zone"]))
    opens, closes = (time.fromisoformat(part) for part in window["hours"].split("-"))
    begin = datetime.combine(night, opens, zone)
    end = datetime.combine(night + timedelta(days=closes <= opens), closes, zone)
    run = datetime.combine(begin.astimezone(ZoneInfo("UTC")).date(), start, ZoneInfo("UTC"))
    return any(begin <= run + timedelta(days=days) < end for days in (0, 1))
