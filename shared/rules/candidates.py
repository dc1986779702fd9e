"""Who may be planned, and when may each start? Expected duration, window, patching and quiet hours of every VM."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.model.azure import SLOT_MINUTES
from shared.model.intent import FleetPolicy, Tier, Window
from shared.model.load import LoadProfile
from shared.model.observed import Observed
from shared.model.plan import Action, VmPlan
from shared.rules.durations import Expected, ItemKey, expected, steady
from shared.rules.hourly import in_policies_of, in_words
from shared.rules.memberships import Membership, judge
from shared.rules.own_hours import Hours


@dataclass(frozen=True, slots=True)
class Candidate:
    """A membership with its expected duration and allowed UTC starts; `window` is None where it stays.

    `usual` are the starts of its tier's window that patching leaves it. A VM with quiet hours of its own is allowed no
    others of them. `standing` is where it was last planned to start, or where one of our policies starts it. `profile`
    is what its load says; None where it was not measured, or does not matter because the VM stays.
    """

    membership: Membership
    expected: Expected
    allowed: tuple[int, ...]
    window: Window | None
    usual: tuple[int, ...] = ()
    standing: int | None = None
    profile: LoadProfile | None = None
    failed: bool = False

    @property
    def free(self) -> bool:
        """Whether the planner may choose its start."""
        return self.window is not None

    @property
    def item_id(self) -> str:
        """The protected item's id."""
        return self.membership.item.id

    @property
    def narrowed(self) -> bool:
        """Whether it is kept to quiet hours of its own."""
        return self.free and self.allowed != self.usual


def candidates(observed: Observed, intent: FleetPolicy, now: datetime, night: date) -> tuple[Candidate, ...]:
    """Return a candidate for every VM that backups run for; `night` is the local date whose windows count.

    Load is judged as of `now`, for the day after it.
    """
    memberships = judge(observed, intent, now.date())
    durations = expected(observed.jobs, (key_of(membership) for membership in memberships))
    before = {line.vm_id: line for line in (observed.previous.vms if observed.previous else ())}
    hours = Hours(intent, night, now, observed.load, observed.bad_starts)
    found = []
    for one in memberships:
        last = before.get(one.item.vm_id)
        duration = steady(durations[key_of(one)], last.duration_slots if last else None)
        if one.held or one.tier is None or one.vm is None:
            found.append(_fixed(one, duration))
            continue
        tier = in_policies_of(one.tier, one.policy_type)
        window, standing = intent.windows[tier.window], _stands(one, last, observed.memory.written)
        own = hours.of(one.vm, tier, one.vault.region, duration.slots, standing)
        failed = one.slot in observed.bad_starts.get(one.item.vm_id, frozenset())
        free = Candidate(one, duration, own.quiet, window, own.usual, standing, own.profile, failed)
        found.append(free if own.usual else stay(free, _no_start(tier, window, duration)))
    return tuple(found)


def stay(candidate: Candidate, reason: str) -> Candidate:
    """Return the candidate fixed where it is for `reason`; unchanged where the reason is ""."""
    return _fixed(replace(candidate.membership, held=reason), candidate.expected) if reason else candidate


def widened(candidate: Candidate) -> Candidate:
    """Return the candidate with all usual starts, as if it had no quiet hours of its own."""
    return replace(candidate, allowed=candidate.usual) if candidate.free else candidate


def key_of(membership: Membership) -> ItemKey:
    """Return how the job lists name the item."""
    return membership.item.vault_id, membership.item.container


def _fixed(membership: Membership, duration: Expected) -> Candidate:
    slot = membership.slot
    return Candidate(membership, duration, () if slot is None else (slot,), None, standing=slot)


def _stands(membership: Membership, last: VmPlan | None, ours: Mapping[str, str]) -> int | None:
    """Return where the VM was last planned to start, else where one of our policies starts it, else None."""
    if last is not None and last.action is not Action.HOLD:
        return last.slot
    return membership.slot if membership.item.policy_id in ours else None


def _no_start(tier: Tier, window: Window, duration: Expected) -> str:
    if tier.hourly is not None:
        return f"a run of its tier's schedule ({in_words(tier.hourly.schedule)}) meets its patching: move one of them"
    hours = duration.slots * SLOT_MINUTES / 60
    return f"its patch windows leave no start in window {window.name} for a backup of {hours:g} h: move one of them"
