"""Which events does the app subscribe to? What infra deploys in Azure, for every host that has the functions."""

from collections.abc import Iterator, Sequence
from typing import Any

from local.eventgrid.subscriptions import SYSTEM, TOPIC

type Json = dict[str, Any]

_VAULTS = "Microsoft.RecoveryServices/vaults"
_MACHINES = "Microsoft.Compute/virtualMachines"
OF_THE_APP: tuple[Json, ...] = (
    {"name": "backup-job-events", "topic": TOPIC, "function": "on_backup_job_event"},
    {
        "name": "resource-events",
        "topic": SYSTEM,
        "function": "on_resource_event",
        "types": [f"Microsoft.Resources.{kind}" for kind in ("ResourceWriteSuccess", "ResourceDeleteSuccess")],
        "operations": [
            f"{_MACHINES}/write",
            f"{_MACHINES}/delete",
            f"{_VAULTS}/backupFabrics/protectionContainers/protectedItems/",
            f"{_VAULTS}/backupPolicies/",
            f"{_VAULTS}/backupconfig/",
            f"{_VAULTS}/backupstorageconfig/",
            f"{_VAULTS}/write",
        ],
    },
)


def hosted(functions: Sequence[str]) -> Iterator[Json]:
    """Yield the app's subscriptions whose function is there: Azure refuses one to a function that is not."""
    yield from (one for one in OF_THE_APP if one["function"] in functions)
