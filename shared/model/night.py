"""What happened in a night? The values that the morning report is made of."""

from dataclasses import dataclass, field
from datetime import date, datetime

from shared.model.aftermath import Aftermath
from shared.model.azure import Vault, Vm
from shared.model.on_demand import OnDemandBackup
from shared.model.plan import Finding, Plan, Step
from shared.model.restore_history import RestoreHistory
from shared.model.retention import RetentionNight

POLICY_STEP = "policy"
"""`Step.kind` of a policy write. Every other kind but the next is read as a move of one VM."""
ENROLMENT_STEP = "enrolment"
"""`Step.kind` of a VM's first protection."""


@dataclass(frozen=True, slots=True)
class Run:
    """One backup as it ran. Ids and region are lower-cased; `ended_at` is None while it still runs.

    `status` is Azure's own word: Completed, CompletedWithWarnings, Failed, Cancelled, InProgress, ...
    """

    vm_id: str
    name: str
    vault_id: str
    region: str
    started_at: datetime
    ended_at: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class Check:
    """One figure measured from outside: what was expected, what was counted, and whether that is good."""

    name: str
    expected: str
    measured: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """Everything that the report of one night shows; all instants are UTC.

    `begins_at` and `ends_at` bound the fleet day shown; `before_begins_at` begins the day that it is compared
    with (None: there is none), which lasts as long. `slots_before` are (VM id, UTC start slot) pairs of that day,
    for VMs that have moved since; the others started then where they start now. Each `runs_*` holds the backups
    that started in its day. `vms` are the VMs in scope, `protected` counts those with a working membership.
    `steps` may span several ticks: the last one of a subject says where it stands. `calls` are (name, count) pairs.
    `breaker` says why all moves are stopped, "" where they are not. VMs with equal values of the tag `separation_tag`
    are one application, whose backups are kept apart ("": no tag says so). `aftermath` is what went wrong,
    `restores` are those under way and those that ended since the day before. `retention` is what the looks at recovery
    points found, `on_demand` the backups that are asked for beside the schedule, and those that were in the night.
    """

    night: date
    made_at: datetime
    policy_version: str
    begins_at: datetime
    ends_at: datetime
    vms: tuple[Vm, ...]
    vaults: tuple[Vault, ...]
    protected: int
    plan: Plan | None = None
    before_begins_at: datetime | None = None
    slots_before: tuple[tuple[str, int], ...] = ()
    runs_before: tuple[Run, ...] = ()
    runs_after: tuple[Run, ...] = ()
    steps: tuple[Step, ...] = ()
    protection: tuple[Finding, ...] = ()
    needs_human: tuple[Finding, ...] = ()
    switches: tuple[str, ...] = ()
    calls: tuple[tuple[str, int], ...] = ()
    judge: tuple[Check, ...] = ()
    breaker: str = ""
    separation_tag: str = ""
    aftermath: Aftermath = field(default_factory=Aftermath)
    restores: tuple[RestoreHistory, ...] = ()
    retention: RetentionNight = field(default_factory=RetentionNight)
    on_demand: tuple[OnDemandBackup, ...] = ()
