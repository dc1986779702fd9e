"""Is what the app says of recovery points true? Its words against the world's own memory of what was lost and why."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.world import World
from local.world.lost_points import (
    CANCELLED,
    COLLISION,
    GOOD,
    NEVER_STARTED,
    SCHEDULE_CHANGED,
    SHORTENED,
    STOPPED,
    VM_GONE,
    Loss,
)
from shared.model.retention import Cause, RetentionNight, VmRetention

DAY = timedelta(days=1)
LOOKED_AT = timedelta(days=7)
"""Each VM's points are looked at once in so many days."""
SHORTEST = 14 * DAY
"""So long the daily class of any point counts."""
IN_TIME = LOOKED_AT + 1.5 * DAY
"""So long after a point was lost the app has named it, and asked for what makes up for it."""
SAME_RUN = timedelta(hours=2)
"""A policy in a zone with clock changes has two possible starts, an hour apart: the app names the first."""
CAUSES: Mapping[str, frozenset[Cause]] = {
    COLLISION: frozenset({Cause.COLLISION}),
    NEVER_STARTED: frozenset({Cause.PLATFORM, Cause.UNKNOWN}),
    STOPPED: frozenset({Cause.PROTECTION_STOPPED}),
    VM_GONE: frozenset({Cause.VM_GONE}),
    SCHEDULE_CHANGED: frozenset({Cause.SCHEDULE_CHANGED}),
    SHORTENED: frozenset({Cause.RETENTION_SHORTENED}),
    CANCELLED: frozenset({Cause.CANCELLED}),
    "ResourceNotFound": frozenset({Cause.VM_GONE}),
    "AzureVmOffline": frozenset({Cause.VM_OFF}),
    "UserErrorVmProvisioningStateFailed": frozenset({Cause.VM_OFF}),
    "UserErrorVmNotInDesirableState": frozenset({Cause.VM_OFF}),
    "UserErrorGuestAgentStatusUnavailable": frozenset({Cause.AGENT}),
    "UserErrorRpCollectionLimitReached": frozenset({Cause.QUOTA}),
    "CloudDosAbsoluteLimitReached": frozenset({Cause.THROTTLED}),
    "UserErrorKeyVaultPermissionsNotConfigured": frozenset({Cause.SETTINGS}),
    "CloudInternalError": frozenset({Cause.PLATFORM}),
}
"""What the app may call each reason of the world's."""
MADE_UP_FOR = frozenset(CAUSES) - {STOPPED, VM_GONE, SCHEDULE_CHANGED, SHORTENED, "ResourceNotFound"}
"""Reasons for which a lost long-term point must be made up for: protection goes on as it was."""


@dataclass(frozen=True, slots=True)
class Named:
    """A lost point that the app named from `first_at` on: the run, all that it would have carried, each cause given."""

    vm_id: str
    due: datetime
    classes: frozenset[str]
    causes: frozenset[Cause]
    first_at: datetime


@dataclass(slots=True)
class Heard:
    """What the app said so far: `looks` are the instants at which each VM's points were looked at."""

    looks: defaultdict[str, set[datetime]] = field(default_factory=lambda: defaultdict(set))
    named: dict[tuple[str, datetime], Named] = field(default_factory=dict)
    findings: dict[tuple[str, str], str] = field(default_factory=dict)

    def hear(self, night: RetentionNight) -> None:
        """Take in what the app says now."""
        for vm in night.vms:
            if vm.checked_at not in self.looks[vm.vm_id]:
                self._look(vm)
        for finding in night.findings:
            self.findings[finding.code, finding.subject.lower()] = finding.text

    def of(self, loss: Loss) -> list[Named]:
        """Return what was named that may be this loss."""
        return [one for one in self.named.values() if one.vm_id == loss.vm_id and abs(one.due - loss.slot) < SAME_RUN]

    def _look(self, vm: VmRetention) -> None:
        self.looks[vm.vm_id].add(vm.checked_at)
        for gap in vm.gaps:
            key, classes = (vm.vm_id, gap.expected.due), frozenset(gap.expected.classes)
            before = self.named.get(key)
            if before is not None:
                classes |= before.classes
            causes = (before.causes if before else frozenset()) | {gap.cause}
            self.named[key] = Named(*key, classes, causes, before.first_at if before else vm.checked_at)
        for finding in vm.findings:
            self.findings[finding.code, finding.subject.lower()] = finding.text


@dataclass(slots=True)
class Verdict:
    """What was true and what was not; each entry is a sentence."""

    missed: list[str] = field(default_factory=list)
    wrong_causes: list[str] = field(default_factory=list)
    wrong_classes: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    judged: int = 0


def named(world: World, losses: Sequence[Loss], heard: Heard, gone: Collection[str] = ()) -> Verdict:
    """Hold the gaps that the app named against the points that were lost.

    A loss must be named unless it is too young, or its promise ran out before the next look, or its VM is `gone`, or
    another point of the day is as good.
    """
    now, points = world.now, points_of(world)
    verdict, by_vm = Verdict(), defaultdict[str, list[Named]](list)
    for one in heard.named.values():
        by_vm[one.vm_id].append(one)
    meant: set[tuple[str, datetime]] = set()
    for loss in losses:
        said = [one for one in by_vm[loss.vm_id] if abs(one.due - loss.slot) < SAME_RUN]
        meant |= {(one.vm_id, one.due) for one in said}
        must = loss.known_at + IN_TIME <= min(now, loss.keep_until) and loss.vm_id not in gone
        must = must and not made_up_for(loss, points.get(loss.item_id, ()))
        verdict.judged += must or bool(said)
        if not said:
            verdict.missed += [f"not named: {told(loss)}"] * must
            continue
        causes = frozenset[Cause]().union(*(one.causes for one in said))
        if not causes & CAUSES.get(loss.why, frozenset()):
            verdict.wrong_causes.append(f"{told(loss)}: named as {', '.join(sorted(causes))}")
        if all(one.classes != loss.tags for one in said) and loss.known_at + IN_TIME <= loss.slot + SHORTEST:
            classes = ", ".join(sorted(said[0].classes))
            verdict.wrong_classes.append(f"{told(loss)}: named as {classes}")
    for one in heard.named.values():
        if (one.vm_id, one.due) not in meant:
            causes = frozenset(one.causes)
            verdict.false.append(f"{name(one.vm_id)} {one.due:%Y-%m-%d %H:%M} {', '.join(sorted(causes))}")
    return verdict


def findings(heard: Heard, touched: Collection[str]) -> list[str]:
    """Return what the app found wrong about VMs, policies and vaults that nobody had touched."""
    return [
        f"{code} {name(subject)}: {text}"
        for (code, subject), text in sorted(heard.findings.items())
        if subject not in touched
    ]


def points_of(world: World) -> dict[str, list[datetime]]:
    """Return when each item's points were made that any backup left, by the item's lower-cased id, oldest first."""
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for job in world.jobs.values():
        if job.operation == "Backup" and job.status in GOOD:
            found[job.item_id].append(job.started_at)
    return {key: sorted(ats) for key, ats in found.items()}


def made_up_for(loss: Loss, points: Sequence[datetime]) -> bool:
    """Return whether nobody misses it: a daily point, and another one was made in the day that its run began."""
    place = bisect_left(points, loss.slot)
    other = not loss.long_term and place < len(points) and points[place] < loss.slot + DAY
    return other and loss.why != SHORTENED


def looks_expected(spans: Iterable[timedelta]) -> int:
    """Return how often the points of VMs are to be looked at that were protected for so long each."""
    return sum(int(span / LOOKED_AT) for span in spans)


def protected(world: World, begins: datetime, gone: Collection[str] = ()) -> list[timedelta]:
    """Return how long each VM has been protected since; those that are `gone` do not count."""
    terms = {key: one for key, one in world.memory.terms.items() if key in world.items}
    stay = (one for key, one in terms.items() if world.items[key].vm_id.lower() not in gone)
    return [world.now - max(one[0].since, begins) for one in stay]


def pruned(world: World, touched: Collection[str]) -> int:
    """Count the points that were dropped before their promised time, of VMs that nobody acted on."""
    alone = (key for key in world.memory.gone if key in world.items and world.items[key].vm_id.lower() not in touched)
    return sum(one.early for key in alone for one in world.memory.gone[key])


def told(loss: Loss) -> str:
    """Return a lost point in words."""
    tags = "+".join(sorted(loss.tags))
    return f"{name(loss.vm_id)} {loss.slot:%Y-%m-%d %H:%M} {tags} ({loss.why})"


def name(arm_id: str) -> str:
    """Return the last part of an id."""
    return arm_id.rpartition("/")[2]
