"""What was a VM promised, and when? Policies as they stood over time, and which changes ended a promise.

Whoever weakens a policy ends no promise: what was promised before stays expected, and its absence has a cause with a
name. A promise ends where the next terms keep at least as much, or where somebody approved the loss.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.model.azure import BackupPolicy
from shared.model.retention import Joined, Terms
from shared.rules.retention import keeps_less
from shared.rules.slot_policies import fingerprint

KEPT_CHANGES = 40
"""Changes of one policy or one membership that are remembered, the newest: a slot moves a few times a year."""
STOPPED = "its backups were stopped"


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised for runs that are due from `since` on, before `until` (None: it still stands)."""

    terms: Terms
    since: datetime
    until: datetime | None


def terms_of(joined: Sequence[Joined], versions: Mapping[str, Sequence[Terms]]) -> tuple[Terms, ...]:
    """Return what held for a VM over time, the oldest first: its memberships, and its policies as they stood then.

    `versions` has by lower-cased id what each policy said from when on, the oldest first. A membership in a policy that
    was never seen says nothing, and is left out.
    """
    found: list[Terms] = []
    for place, one in enumerate(joined):
        until = joined[place + 1].since if place + 1 < len(joined) else None
        found += _during(one, versions.get(one.policy_id, ()), until)
    return _judged(found)


def promises(history: Iterable[Terms]) -> tuple[Promise, ...]:
    """Return the promises of a history of terms, the oldest first."""
    ends = [terms for terms in history if not terms.less or terms.approved]
    return tuple(
        Promise(
            terms, terms.since, (ends[place + 1].unsure_from or ends[place + 1].since) if ends[place + 1 :] else None
        )
        for place, terms in enumerate(ends)
    )


def in_force(history: Sequence[Terms], at: datetime) -> Terms | None:
    """Return the terms that held at the UTC instant; of before the first look the first, None where there are none."""
    begun = [terms for terms in history if terms.since <= at]
    return begun[-1] if begun else next(iter(history), None)


def with_version(
    before: Sequence[Terms], policy: BackupPolicy, since: datetime, actor: str, unsure_from: datetime | None
) -> tuple[Terms, ...]:
    """Return a policy's versions with the one that was just seen; the same ones where it says what it said."""
    if before and before[-1].policy is not None and version(before[-1].policy) == version(policy):
        return tuple(before)
    new = Terms(since, policy, actor, unsure_from=unsure_from if before else None)
    return (*before, new)[-KEPT_CHANGES:]


def with_membership(before: Sequence[Joined], now: Joined) -> tuple[Joined, ...]:
    """Return a VM's memberships with the one that was just seen; the same ones where it is where it was."""
    if before and before[-1].policy_id == now.policy_id:
        return tuple(before)
    return (*before, now if before else replace(now, unsure_from=None))[-KEPT_CHANGES:]


def version(policy: BackupPolicy) -> str:
    """Return what tells two versions of a policy apart, as one line: schedule and retention."""
    return fingerprint(policy)


def _during(one: Joined, versions: Sequence[Terms], until: datetime | None) -> list[Terms]:
    """Return the versions of a policy that held while a VM was under it."""
    if not one.policy_id:
        return [Terms(one.since, None, one.actor, approved=one.approved, unsure_from=one.unsure_from)]
    begun = [terms for terms in versions if terms.since <= one.since] or list(versions[:1])
    later = [terms for terms in versions if terms.since > one.since and (until is None or terms.since < until)]
    at_first = [replace(terms, since=one.since, actor=one.actor, approved=one.approved, unsure_from=one.unsure_from)
                for terms in begun[-1:]]  # fmt: skip
    return [*at_first, *(terms for terms in later if terms not in begun)]


def _judged(found: Iterable[Terms]) -> tuple[Terms, ...]:
    """Return the terms, each with what it gives less than what was promised when it came."""
    judged: list[Terms] = []
    promised: BackupPolicy | None = None
    for terms in found:
        if promised is None:
            less: tuple[str, ...] = ()
        elif terms.policy is None:
            less = (STOPPED,)
        else:
            less = keeps_less(promised, terms.policy)
        judged.append(replace(terms, less=less))
        if not less or terms.approved:
            promised = terms.policy
    return tuple(judged)
