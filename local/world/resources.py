"""What is there beside vaults and machines? Storage accounts, resource groups and disks, as mutable records."""

from dataclasses import dataclass, field
from datetime import datetime


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
