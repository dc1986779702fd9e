"""What was decided, and why? Plans, moves and findings as values that carry their reasons."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.model.azure import BackupPolicy


class Action(StrEnum):
    """What a plan does with a protected VM."""

    KEEP = "keep"
    MOVE = "move"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class VmPlan:
    """One VM's line of the plan. Slots are UTC half-hours 0..47; `policy` and `current_policy` are names.

    `slot` is where the VM will start: its planned slot, or for held VMs the slot it stays on (None: unknown).
    `duration_slots` is the expected job duration (p95) in half-hours, `minutes` the same in minutes, `measured`
    how many of its own jobs it rests on (0: the prior). `planned_at` is when this move was first planned, `due` the
    first enforcement tick that may make it: a change is in a morning report before it is a write.
    `load_class` is what the VM's measured load allows to say ("" where it was not asked), `expected_load` its forecast
    mean while the backup may touch the guest, `regret` how far that is above the best start of its window; in points.
    `regret_before` is the regret at `current_slot`.
    """

    vm_id: str
    name: str
    vault_id: str
    region: str
    tier: str
    action: Action
    reason: str
    slot: int | None
    current_slot: int | None
    policy: str
    current_policy: str
    allowed: tuple[int, ...]
    duration_slots: int
    minutes: float
    measured: int
    planned_at: datetime | None = None
    due: datetime | None = None
    load_class: str = ""
    expected_load: float | None = None
    regret: float | None = None
    regret_before: float | None = None


@dataclass(frozen=True, slots=True)
class RegionProof:
    """Peak concurrent load of one region, before and after, and the prices that prove the bound.

    `peak_p99` is the peak of 99 in 100 nights when every backup starts as late as Azure was seen to start them, learned
    from `delays_measured` runs (0: its documented lateness); None where there is no plan.

    Any non-negative prices prove `peak >= bound`; `shared.rules.plan_check` recomputes both.
    """

    region: str
    peak_before: int
    peak: int
    bound: float
    prices: tuple[float, ...]
    peak_p99: int | None = None
    delays_measured: int = 0


@dataclass(frozen=True, slots=True)
class Spacing:
    """An application whose windows are too short to keep its backups apart: the widest gap there is.

    `gap_minutes` is the least time between the expected end of one and the start of another; below 0 they overlap by so
    much. `overlap_probability` is that of any two running at once in a night.
    """

    application: str
    region: str
    vm_ids: tuple[str, ...]
    gap_minutes: int
    overlap_probability: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know: a stable `code`, the subject's id, and one sentence."""

    code: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicyEdit:
    """An existing slot policy that is to be overwritten with what `Plan.policies` says, from `due` on."""

    policy_id: str
    reason: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An unprotected VM that is to be protected by `vault_id` under the slot policy `policy`, from `due` on.

    `slot` is the UTC half-hour 0..47 at which the policy starts. Its first backup takes long and is not in the peak.
    """

    vm_id: str
    name: str
    vault_id: str
    region: str
    tier: str
    policy: str
    slot: int
    reason: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A night's plan. `policies` are the slot policies that its VMs need, as they should be."""

    night: date
    made_at: datetime
    policy_version: str
    vms: tuple[VmPlan, ...]
    policies: tuple[BackupPolicy, ...]
    edits: tuple[PolicyEdit, ...]
    proofs: tuple[RegionProof, ...]
    findings: tuple[Finding, ...]
    enrolments: tuple[Enrolment, ...] = ()
    spacings: tuple[Spacing, ...] = ()

    @property
    def moves(self) -> tuple[VmPlan, ...]:
        """The VMs that change policy."""
        return tuple(vm for vm in self.vms if vm.action is Action.MOVE)

    @property
    def held(self) -> tuple[VmPlan, ...]:
        """The VMs that stay where they are although the plan would move them."""
        return tuple(vm for vm in self.vms if vm.action is Action.HOLD)

    @property
    def peak(self) -> int:
        """Sum of the regions' planned peaks: regions do not share a service, so their peaks add."""
        return sum(proof.peak for proof in self.proofs)

    @property
    def bound(self) -> float:
        """Sum of the regions' proved lower bounds."""
        return sum(proof.bound for proof in self.proofs)


class Outcome(StrEnum):
    """What became of one intended write."""

    WRITTEN = "written"
    WAITING = "waiting"
    HELD = "held"
    UNVERIFIED = "unverified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the enforcement record: what was to be written, what became of it, and why.

    `again` is the first tick at which what waits may go; None: the next one.
    """

    at: datetime
    kind: str
    subject: str
    outcome: Outcome
    reason: str
    before: str = ""
    after: str = ""
    again: datetime | None = None
