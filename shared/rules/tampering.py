"""Has somebody weakened the backups? What was true at the last look, held against what is true now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.azure import BackupPolicy, ProtectedItem, ProtectionState, Retention, TaggedRetention, Vault
from shared.model.failures import Alert, Severity
from shared.rules.slots import instant_text

PORTAL = "https://portal.azure.com/#resource"
CLASSES = ("daily", "weekly", "monthly", "yearly", "instant restore")
_SOFT = {"alwayson": 2, "enabled": 1}
_SEALED = {"locked": 2, "unlocked": 1}
_DAYS = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}
_STOPPED = frozenset({ProtectionState.PROTECTION_STOPPED, ProtectionState.BACKUPS_SUSPENDED})
TO_DO = (
    "Find out from the activity log who did it, and whether it was meant",
    "If it was not, put it back now: points expire within a day, deleted ones can be undeleted for 14 days",
    "Consider a Resource Guard, so that one person alone cannot do it again",
)


@dataclass(frozen=True, slots=True)
class Posture:
    """What guards a vault's backups. `kept` has days by class of each policy, `stopped` the VMs without backups."""

    soft_delete: int
    immutability: int
    guarded: bool
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Weakened:
    """One thing that is worse than before: its resource id, and what was done to it."""

    subject: str
    what: str


def posture(vault: Vault, items: Sequence[ProtectedItem], policies: Sequence[BackupPolicy]) -> Posture:
    """Return how a vault stands; items and policies of others are passed over."""
    return Posture(
        soft_delete=_SOFT.get(vault.soft_delete.lower(), 0),
        immutability=_SEALED.get(vault.immutability.lower(), 0),
        guarded=vault.guarded,
        kept={one.id: _kept(one) for one in policies if one.vault_id == vault.id},
        stopped=frozenset(one.vm_id for one in items if one.vault_id == vault.id and _without_backups(one)),
    )


def weakened(vault: Vault, before: Posture, now: Posture) -> tuple[Weakened, ...]:
    """Return what is worse than before. A policy that is gone had no members, and is no loss."""
    found = []
    if now.soft_delete < before.soft_delete:
        found.append(Weakened(vault.id, f"soft delete of {vault.name} was weakened: it is {vault.soft_delete}"))
    if now.immutability < before.immutability:
        found.append(Weakened(vault.id, f"immutability of {vault.name} was weakened: it is {vault.immutability}"))
    if before.guarded and not now.guarded:
        found.append(Weakened(vault.id, f"the Resource Guard of {vault.name} was taken away"))
    for policy_id, kept in sorted(now.kept.items()):
        less = _less(before.kept.get(policy_id, kept), kept)
        if less:
            found.append(Weakened(policy_id, f"policy {policy_id.rpartition('/')[2]} keeps less: {', '.join(less)}"))
    stopped = sorted(now.stopped - before.stopped)
    found += [Weakened(one, f"backups of {one.rpartition('/')[2]} were stopped or deleted") for one in stopped]
    return tuple(found)


def alert_of(one: Weakened, actor: str, at: datetime) -> Alert:
    """Return the alert, which is always critical. `actor` is who did it, "" where the activity log does not say."""
    return Alert(
        key=f"tampered|{one.subject}|{one.what}|{at:%Y-%m-%dT%H:%MZ}".lower(),
        severity=Severity.CRITICAL,
        title=one.what,
        what_happened=f"seen at {instant_text(at)}; {f'by {actor}' if actor else 'the activity log names nobody yet'}",
        what_was_tried="nothing: Nightshift never takes back what a person did to retention or protection",
        what_to_do=TO_DO,
        link=PORTAL + one.subject,
        members=(one.subject.rpartition("/")[2],),
        covers=(),
        code="tampered",
    )


def _without_backups(item: ProtectedItem) -> bool:
    return item.soft_deleted or item.state in _STOPPED or not item.policy_id


def _kept(policy: BackupPolicy) -> tuple[int, ...]:
    kept: Retention = policy.retention
    tagged = (_days(one) for one in (kept.weekly, kept.monthly, kept.yearly))
    return (kept.daily_days or 0, *tagged, policy.instant_restore_days)


def _days(kept: TaggedRetention | None) -> int:
    return kept.count * _DAYS.get(kept.unit, 1) if kept else 0


def _less(before: tuple[int, ...], now: tuple[int, ...]) -> list[str]:
    pairs = zip(CLASSES, before, now, strict=True)
    return [f"{name} {was} to {is_now} days" for name, was, is_now in pairs if is_now < was]
