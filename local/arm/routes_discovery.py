"""How does the service find virtual machines? Handlers of containers, protectable items, refresh and backup status."""

import re

from local.arm import filters, wire_discovery
from local.arm.messages import Call, Response, Route, page, vault_of
from local.arm.operations import accepted, operation_result, operation_status
from local.arm.routes_vaults import VAULT
from local.world import discovery
from local.world.state import Json, Refused

_VAULTS = "Microsoft.RecoveryServices/vaults"
_FABRIC = VAULT + "/backupFabrics/{fabric}"
_STATUS = "/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/locations/{region}/backupStatus"
_VM_ID = re.compile(r"(/[^/]+){5}/Microsoft\.Compute/virtualMachines/[^/]+", re.IGNORECASE)


def list_containers(call: Call) -> Response:
    """List the containers of the vault's protected VMs."""
    found = filters.terms(call.request.query)
    rows = [wire_discovery.container(item) for item in call.world.items_in(vault_of(call).id)]
    if found.get("status", "registered").lower() != "registered":
        rows = []
    return page(call.request, _wanted(rows, found), call.cloud.pages.items)


def list_protectable(call: Call) -> Response:
    """List the VMs that the vault could protect."""
    vault, found = vault_of(call), filters.terms(call.request.query)
    rows = [wire_discovery.protectable(vault, vm) for vm in discovery.protectable(call.world, vault)]
    return page(call.request, _wanted(rows, found), call.cloud.pages.vms)


def refresh(call: Call) -> Response:
    """Accept a look for VMs: 202 with an empty body."""
    vault = vault_of(call)
    operation = discovery.refresh(call.world, vault)
    return accepted(call, f"{vault.id}/backupFabrics/{call.params['fabric']}", operation)


def backup_status(call: Call) -> Response:
    """Show whether and where a VM is protected."""
    body = call.request.body
    vm_id = str(body.get("resourceId") or "")
    if str(body.get("resourceType") or "").lower() != "vm" or not _VM_ID.fullmatch(vm_id):
        raise Refused(
            400,
            "BMSUserErrorInvalidInput",
            "Input provided for the call is invalid: resourceType must be VM and resourceId name one.",
        )
    return Response(200, wire_discovery.backup_status(call.world, vm_id))


def _wanted(rows: list[Json], found: dict[str, str]) -> list[Json]:
    """Return the rows of the filter's workload and name."""
    for key, field in (("backupmanagementtype", "backupManagementType"), ("friendlyname", "friendlyName")):
        if key in found:
            rows = [row for row in rows if str(row["properties"][field]).lower() == found[key].lower()]
    return rows


ROUTES = (
    Route("GET", VAULT + "/backupProtectionContainers", f"{_VAULTS}/backupProtectionContainers/read", list_containers),
    Route("GET", VAULT + "/backupProtectableItems", f"{_VAULTS}/backupProtectableItems/read", list_protectable),
    Route("POST", _FABRIC + "/refreshContainers", f"{_VAULTS}/backupFabrics/refreshContainers/action", refresh),
    Route(
        "GET",
        _FABRIC + "/operationResults/{operation}",
        f"{_VAULTS}/backupFabrics/operationResults/read",
        operation_result,
    ),
    Route(
        "GET",
        _FABRIC + "/operationsStatus/{operation}",
        f"{_VAULTS}/backupFabrics/operationsStatus/read",
        operation_status,
    ),
    Route("POST", _STATUS, "Microsoft.RecoveryServices/locations/backupStatus/action", backup_status),
)
