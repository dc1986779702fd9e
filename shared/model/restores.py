"""What do restores look like to Azure? Accounts with their load, orders, and the jobs that carry them out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.model.azure import JobError, ProtectedItem, RecoveryPoint


class Mode(StrEnum):
    """What is made of a point; each is one of Azure's recovery types."""

    DISKS = "disks"
    NEW_VM = "new-vm"
    REPLACE = "replace"

    @property
    def recovery_type(self) -> str:
        """The wire's `recoveryType`."""
        return {Mode.DISKS: "RestoreDisks", Mode.NEW_VM: "AlternateLocation"}.get(self, "OriginalLocation")


class Side(StrEnum):
    """In which region of a vault's pair a restore is made."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class PointTier(StrEnum):
    """Where a point is held; a snapshot is restored in minutes, an archived point must be rehydrated first."""

    SNAPSHOT = "snapshot"
    VAULT = "vault"
    ARCHIVE = "archive"


TIER_TYPES = {
    PointTier.SNAPSHOT: ("InstantRP", "IASnapshotRP"),
    PointTier.VAULT: ("HardenedRP",),
    PointTier.ARCHIVE: ("ArchivedRP",),
}
"""The wire's `recoveryPointTierDetails.type` of each."""


@dataclass(frozen=True, slots=True)
class RestoreAccount:
    """A storage account as Azure shows it now; `id` and `region` are lower-cased, tag names too.

    `sku` is Azure's name (Standard_LRS). `default_action` is the network rules' (Allow, Deny), `bypass` who is let
    through all the same. `shared_key` is whether account keys are accepted. `state` is its provisioning state.
    """

    id: str
    name: str
    region: str
    kind: str
    sku: str
    tags: dict[str, str] = field(default_factory=dict, hash=False)
    default_action: str = "Allow"
    bypass: str = "AzureServices"
    public_access: bool = True
    private_endpoints: int = 0
    shared_key: bool = True
    state: str = "Succeeded"


@dataclass(frozen=True, slots=True)
class AccountLoad:
    """What an account did in the last hour, by Azure Monitor; bytes, mean end-to-end latency in milliseconds.

    `throttled` counts the responses by which it or the client was slowed down.
    """

    transactions: int
    ingress: int
    egress: int
    latency_ms: float
    throttled: int


@dataclass(frozen=True, slots=True)
class PooledAccount:
    """An account of a pool with its last hour (None: not known), as it was at the UTC instant `at`."""

    account: RestoreAccount
    load: AccountLoad | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """All that one trigger needs. It is sent once, whatever comes back.

    `region` is where things are made; with `secondary` the order goes to that region of the vault's pair. `group_id`
    and `vm_name` are "" for REPLACE, network and subnet for all but NEW_VM; `subnet_id` is a whole id. `identity_id` is
    a user-assigned identity, or "system" for the vault's own; "" restores by the account's key. `rehydrate` is for
    points of the archive.
    """

    item: ProtectedItem
    point: RecoveryPoint
    mode: Mode
    region: str
    account_id: str
    secondary: bool = False
    group_id: str = ""
    network_id: str = ""
    subnet_id: str = ""
    vm_name: str = ""
    identity_id: str = ""
    rehydrate: bool = False


@dataclass(frozen=True, slots=True)
class Objection:
    """What a pre-check says against an order."""

    code: str
    text: str
    recommendations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoreOperation:
    """How far an accepted order has come; `job_id` is "" until the service tells it, `code` where it failed."""

    status: str
    job_id: str = ""
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class JobTask:
    """A phase of a job; its times are None where the service does not tell them."""

    name: str
    status: str
    started_at: datetime | None = None
    ended_at: datetime | None = None


TERMINAL = frozenset({"Completed", "CompletedWithWarnings", "Failed", "Cancelled"})
"""Statuses after which a job does nothing more. A word that is not known here may still be at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreJob:
    """A restore's job. `container` matches `ProtectedItem.container`, ids and names are lower-cased.

    What only the job's detail tells is None or empty in a row of the list: tasks, `progress` in percent, bytes,
    the target account's, group's and VM's names, and the staging container that it leaves behind. `detailed` says
    which of the two it is. `region` is the secondary region that shows the job, "" where its vault does.
    """

    id: str
    vault_id: str
    container: str
    vm_name: str
    operation: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    errors: tuple[JobError, ...] = ()
    cancellable: bool = False
    detailed: bool = False
    tasks: tuple[JobTask, ...] = ()
    progress: float | None = None
    bytes_moved: int | None = None
    bytes_total: int | None = None
    account: str = ""
    group: str = ""
    target_vm: str = ""
    staging: str = ""
    region: str = ""

    @property
    def terminal(self) -> bool:
        """Whether the job does nothing more."""
        return self.status in TERMINAL
