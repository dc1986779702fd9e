"""What was a VM promised, and when? Policies as they stood over time, and which changes ended a promise.

Whoever weakens a policy ends no promise: what was promised before stays expected, and its absence has a cause with a
name. A promise ends where the next terms keep at least as much, or where somebody approved the loss.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.model.azure import BackupPolicy, Retention, TaggedRetention
from shared.model.retention import Expected, Joined, Terms
from shared.rules.retention import fewer_runs, keeps_less
from shared.rules.scheduled_runs import is_known
from shared.rules.slot_policies import fingerprint

KEPT_CHANGES = 40
"""Changes of one policy or one membership that are remembered, the newest: a slot moves a few times a year."""
STOPPED = "its backups were stopped"


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised for runs that are due from `since` on, before `until` (None: it still stands).

    A `policy` of None promises nothing. With `loss` somebody approved that less is kept, of older points too.
    """

    policy: BackupPolicy | None
    since: datetime
    until: datetime | None = None
    loss: bool = False


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
    found: list[Promise] = []
    for terms in history:
        policy = terms.policy
        if found and _weakens(terms):
            policy = _still_promised(found[-1].policy, terms.policy)
            if policy == found[-1].policy:
                continue
        if found:
            found[-1] = replace(found[-1], until=terms.unsure_from or terms.since)
        found.append(Promise(policy, terms.since, loss=bool(terms.less and terms.approved)))
    return tuple(found)


def promised_by(history: Iterable[Terms], one: Expected) -> BackupPolicy | None:
    """Return the policy that promised the point; None where it is not known any more."""
    policies = (promise.policy for promise in promises(history))
    return next((policy for policy in policies if policy and version(policy) == one.version), None)


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


def _weakens(terms: Terms) -> bool:
    return bool(terms.less) and not terms.approved


def _still_promised(promised: BackupPolicy | None, policy: BackupPolicy | None) -> BackupPolicy | None:
    """Return what stays promised under a policy that gives less: the same points, at the hours at which it runs.

    A weaker policy starts its runs, and tags its days, where it says. Only what it leaves out stays where it was.
    """
    if promised is None or policy is None or not is_known(policy):
        return promised
    runs = promised if fewer_runs(promised, policy) else policy
    old, new = promised.retention, policy.retention
    kept = Retention(
        old.daily_days,
        _on_days_of(old.weekly, new.weekly),
        _on_days_of(old.monthly, new.monthly),
        _on_days_of(old.yearly, new.yearly),
    )
    return replace(
        promised,
        time_zone=policy.time_zone,
        start=policy.start,
        frequency=runs.frequency,
        run_days=runs.run_days,
        retention=kept,
    )


def _on_days_of(old: TaggedRetention | None, new: TaggedRetention | None) -> TaggedRetention | None:
    if old is None or new is None or len(new.when) < len(old.when):
        return old
    return replace(old, when=new.when)


def _during(one: Joined, versions: Sequence[Terms], until: datetime | None) -> list[Terms]:
    """Return the versions of a policy that held while a VM was under it.

    Where it is not known what the policy said when the VM joined it, its first known version began somewhere since.
    """
    if not one.policy_id:
        return [Terms(one.since, None, one.actor, approved=one.approved, unsure_from=one.unsure_from)]
    held = [terms for terms in versions if until is None or terms.since < until]
    begun = [terms for terms in held if terms.since <= one.since]
    if not held:
        return []
    first, *later = held[max(0, len(begun) - 1) :]
    since, unsure_from = max(first.since, one.since), one.unsure_from or (None if begun else one.since)
    return [replace(first, since=since, actor=one.actor, approved=one.approved, unsure_from=unsure_from), *later]


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
