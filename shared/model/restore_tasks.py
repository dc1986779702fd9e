"""What is asked for, and how far has it come? Restore requests, one task for each VM of them, and its state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.model.azure import ProtectedItem, RecoveryPoint
from shared.model.restores import Mode, PointTier, Side


class PointRule(StrEnum):
    """How a request names its points."""

    LATEST = "latest"
    BEFORE = "before"
    ID = "id"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class PointWish:
    """Which point is wanted. Each of `before` (UTC), `id` and `tier` is there for its own rule only."""

    rule: PointRule = PointRule.LATEST
    before: datetime | None = None
    id: str = ""
    tier: PointTier | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a request wants its restores to be made; "" and () leave the choice to the intent. Ids are lower-cased.

    `subnet` is a name in the network; `accounts` narrow the pool; `name` is what a new VM is called, for one VM alone.
    """

    group_id: str = ""
    network_id: str = ""
    subnet: str = ""
    accounts: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What somebody asks for in one message. `requester` is a label: who may ask is decided by the queue.

    `vms` are ids of VMs, `items` of protected items, both lower-cased; one task is made for each. `confirm_replace`
    names the VMs whose disks may be replaced. `production` says that it came through the production queue.
    """

    id: str
    requester: str
    purpose: str
    vms: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    point: PointWish = PointWish()
    mode: Mode = Mode.DISKS
    side: Side = Side.PRIMARY
    targets: Targets = Targets()
    dry_run: bool = False
    confirm_replace: tuple[str, ...] = ()
    production: bool = False


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Whose restores are to be stopped: a request's, or of these VMs of it only (lower-cased ids)."""

    request_id: str
    requester: str
    vms: tuple[str, ...] = ()


class Step(StrEnum):
    """Where a task stands. The last three are ends."""

    WAITING = "waiting"
    CHECKING = "checking"
    SENDING = "sending"
    UNSURE = "unsure"
    ACCEPTED = "accepted"
    RUNNING = "running"
    MOVING = "moving"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more is done."""
        return self in {Step.DONE, Step.FAILED, Step.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTask:
    """One VM of a request, as it was accepted: it does not change. Ids are lower-cased but for `item.id`.

    `minutes` is how long the restore is expected to take, `measured` whether that rests on earlier restores of this VM.
    `vm_name` is the new VM's for NEW_VM, else "". `region` is
    where things are made.
    """

    request_id: str
    item: ProtectedItem
    point: RecoveryPoint
    why_point: str
    mode: Mode
    region: str
    minutes: float
    accepted_at: datetime
    measured: bool = False
    secondary: bool = False
    group_id: str = ""
    network_id: str = ""
    subnet_id: str = ""
    vm_name: str = ""
    accounts: tuple[str, ...] = ()
    production: bool = False

    @property
    def key(self) -> str:
        """Name the task by what it means: the request and the item."""
        return f"{self.request_id}|{self.item.id}".lower()

    @property
    def secondary_region(self) -> str:
        """The region of the vault's pair that its orders go to, "" for the vault's own."""
        return self.region if self.secondary else ""


@dataclass(frozen=True, slots=True)
class Passage:
    """When a task came to a step, with which account (its name, "" for none), and why.

    From the check of an order to its job is one passage: CHECKING.
    """

    step: Step
    at: datetime
    account: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreState:
    """How far a task has come: the ledger's row. Instants are UTC.

    `since` is when it came to `step`, `due` when to look again. `fence` rises with each lease of an account, so that
    a holder who was overtaken knows; the lease of `account_id` ends at `lease_until`. `attempts` counts triggers that
    were sent, `sent_at` is when the last was. `operation_id` follows it up until `job_id` is known; `past_jobs` are
    those of earlier attempts. `tried` are accounts that a copy was too slow on. `reason` is why it stands there and
    `trail` how it came there: oldest first, the last passages of a long one.
    """

    step: Step
    since: datetime
    due: datetime
    reason: str = ""
    account_id: str = ""
    fence: int = 0
    lease_until: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    operation_id: str = ""
    job_id: str = ""
    past_jobs: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    cancel: bool = False
    trail: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountLease:
    """Who holds an account: the task of this key, by the fencing number, until the UTC instant unless renewed."""

    account_id: str
    task_key: str
    fence: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a request is not carried out: the field of the message, and what is wrong with it."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a restore left behind and that costs until somebody deletes it: a container, a disk, a VM."""

    kind: str
    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult:
    """What became of one task. `phases` are minutes by name, in their order; `jobs` are all that were begun, in theirs.

    `region` is the secondary region that it was made in, "" for the vault's own; how old its point was when it was
    asked for is `accepted_at` less `point_at`. `vm_name` is the VM that was made or mended, "" for disks alone.
    `bytes_moved` is what its last job told, if it did.
    """

    request_id: str
    item_id: str
    vm_id: str
    step: Step
    reason: str
    mode: Mode
    point_id: str
    point_at: datetime
    accepted_at: datetime
    ended_at: datetime
    account_id: str = ""
    group_id: str = ""
    vm_name: str = ""
    jobs: tuple[str, ...] = ()
    phases: tuple[tuple[str, float], ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    bytes_moved: int | None = None
    region: str = ""

    @property
    def key(self) -> str:
        """Name the result by what it means: that of a task is the same, however often it is told."""
        return f"{self.request_id}|{self.item_id}".lower()
