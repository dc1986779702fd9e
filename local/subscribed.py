"""Which events and alerts does the app ask for? What infra deploys in Azure, for every app that has the functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.eventgrid.subscriptions import SYSTEM, TOPIC

type Json = dict[str, Any]

ALERTS = "/api/alerts"
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
            f"{_VAULTS}/backupResourceGuardProxies/",
            f"{_VAULTS}/write",
        ],
    },
)


def wishes(functions: Sequence[str], routes: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    """Yield control paths and bodies: the subscriptions whose function is there, and the action group's webhook.

    Azure refuses a subscription to a function that is not deployed yet. `routes` are paths by function.
    """
    yield from (("/_local/events/subscriptions", one) for one in OF_THE_APP if one["function"] in functions)
    if ALERTS in routes.values():
        yield "/_local/alerts/receivers", {"url": ALERTS}
