"""What is there beside vaults and machines? Accounts, resource groups, disks and restores, as mutable records."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class StorageAccount:
    """A storage account; `id` keeps its case.

    `load` is the share of its throughput that others take on average, 0 to 1; None where the seed chooses.
    `containers` maps the names of its blob containers to the names of their blobs.
    """

    id: str
    name: str
    subscription: str
    resource_group: str
    region: str
    created_at: datetime
    kind: str = "StorageV2"
    sku: str = "Standard_LRS"
    tags: dict[str, str] = field(default_factory=dict)
    default_action: str = "Allow"
    load: float | None = None
    containers: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class ResourceGroup:
    """A resource group that was made as one; others exist because something lies in them."""

    id: str
    name: str
    subscription: str
    region: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Disk:
    """A managed disk; `managed_by` is the id of the VM that it belongs to, "" for a loose one."""

    id: str
    name: str
    subscription: str
    resource_group: str
    region: str
    size_gb: int
    os_type: str
    created_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    managed_by: str = ""


@dataclass(slots=True)
class Restore:
    """What a restore's job works on; the job itself says whether it goes on.

    `kind` is its recoveryType, `target` the id of the VM that is built or mended, "" for disks alone; without a
    `group_id` nothing but blobs are made. `size_mb` comes from the vault (0 where a snapshot suffices) and arrives up
    to `until_mb`, which is less where `error` strikes on the way; building takes `builds_for`. `moved_mb` had arrived
    at `looked_at`, and `rate` a second arrive since; looks of an older `generation` are void. `phase` is "copying",
    "building" or "over"; `container` is where the account stages it.
    """

    job_id: str
    kind: str
    item_id: str
    point_id: str
    point_at: datetime
    region: str
    account_id: str
    group_id: str
    target: str
    size_mb: float
    until_mb: float
    speed: float
    error: str
    builds_for: timedelta
    looked_at: datetime
    moved_mb: float = 0.0
    rate: float = 0.0
    generation: int = 0
    phase: str = "copying"
    container: str = ""
    shared: bool = False
