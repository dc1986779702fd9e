"""Which recovery points should there be, and which are there? Promises, expectations, gaps and posture as values."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.model.azure import BackupPolicy
from shared.model.plan import Finding

CLASSES = ("daily", "weekly", "monthly", "yearly")
"""Retention classes, the shortest first."""


class Cause(StrEnum):
    """Why a point that should be there is not."""

    COLLISION = "collision"
    VM_GONE = "vm-gone"
    VM_OFF = "vm-off"
    AGENT = "agent"
    QUOTA = "quota"
    THROTTLED = "throttled"
    CANCELLED = "cancelled"
    SETTINGS = "settings"
    PLATFORM = "platform"
    SCHEDULE_CHANGED = "schedule-changed"
    RETENTION_SHORTENED = "retention-shortened"
    PROTECTION_STOPPED = "protection-stopped"
    LOST = "lost"
    UNKNOWN = "unknown"


class Mark(StrEnum):
    """What became of one expected point."""

    PRESENT = "present"
    MISSING = "missing"
    ASKED = "asked"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a VM was promised from the UTC instant `since` on: the policy as it stood then.

    `unsure_from` is the last look at which the terms before still stood, where it is not known when these began; runs
    in between are nobody's. `actor` is who brought it about, as the activity log says ("": it names nobody, or was not
    asked). `less` says in words what it gives less than what was promised. Such terms end no promise, unless they were
    `approved`: by whom, or why. A policy of None stands for no backups any more.
    """

    since: datetime
    policy: BackupPolicy | None
    actor: str = ""
    less: tuple[str, ...] = ()
    approved: str = ""
    unsure_from: datetime | None = None

    @property
    def name(self) -> str:
        """The policy's name, for a reader."""
        return self.policy.name if self.policy else "no policy"


@dataclass(frozen=True, slots=True)
class Joined:
    """From when on a VM was under a policy: its lower-cased id, "" for none. Other fields as those of `Terms`."""

    since: datetime
    policy_id: str
    actor: str = ""
    approved: str = ""
    unsure_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """One point that should be there: its run was due at `due` (UTC), and carries `classes`, the shortest first.

    `keep_until` is the least instant until which it is kept, by the policy `policy` in the version of `version`.
    """

    due: datetime
    classes: tuple[str, ...]
    keep_until: datetime
    policy: str
    version: str

    @property
    def long_term(self) -> bool:
        """Whether it is more than a daily point."""
        return self.classes[-1:] not in {(), ("daily",)}


@dataclass(frozen=True, slots=True)
class Gap:
    """An expected point that is not there, why, and what was done about it.

    `said` is the cause in words. `mark` is MISSING, ASKED (a backup that makes up for it was asked for) or FILLED;
    `filled_at` is when the point that makes up for it was made.
    """

    expected: Expected
    cause: Cause
    said: str
    mark: Mark = Mark.MISSING
    filled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VmRetention:
    """What the last look at one VM's points found. Ids are lower-cased, instants UTC.

    `counts` are by class (expected, present). `consistency` counts the points by Azure's word. `calendar` has the runs
    of the last weeks, the oldest first. `findings` are about its points, gaps aside.
    """

    vm_id: str
    name: str
    vault_id: str
    tier: str
    policy: str
    checked_at: datetime
    points: int
    oldest: datetime | None
    newest: datetime | None
    counts: tuple[tuple[str, int, int], ...] = ()
    consistency: tuple[tuple[str, int], ...] = ()
    calendar: tuple[tuple[date, Mark, tuple[str, ...]], ...] = ()
    gaps: tuple[Gap, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that guards a vault: its name, what it is, what is wanted, and whether that is good enough."""

    name: str
    value: str
    wanted: str
    good: bool


@dataclass(frozen=True, slots=True)
class VaultPosture:
    """How a vault's backups are guarded."""

    vault_id: str
    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class NightlyLook:
    """What the lists of the fleet told when the fleet day `night` was over.

    `suspects` are the VMs (ids, sorted) whose points are to be looked at soon.
    """

    night: date
    at: datetime
    suspects: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    postures: tuple[VaultPosture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionNight:
    """What the report tells of retention.

    `fresh_at` is when ages were last held against the RPO (None: not yet). `waiting` counts the VMs whose points were
    not looked at within the last week; `reads` are those of the newest hour with any, of `reads_most`.
    """

    fresh_at: datetime | None = None
    vms: tuple[VmRetention, ...] = ()
    waiting: int = 0
    reads: int = 0
    reads_most: int = 0
    findings: tuple[Finding, ...] = ()
    postures: tuple[VaultPosture, ...] = field(default_factory=tuple)
