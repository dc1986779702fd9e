"""How does the rest of the fleet answer? Subscriptions, virtual machines, the activity log and Resource Graph."""

from local.arm import filters, graph, graph_backup, wire, wire_machines
from local.arm.messages import Call, Response, Route, missing, page_of
from local.world.state import Json, Refused, Vm

_SUB = "/subscriptions/{subscription}"
VM = _SUB + "/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"


def list_subscriptions(call: Call) -> Response:
    """List the subscriptions that hold anything."""
    return Response(200, {"value": [_subscription(name) for name in _subscriptions(call)], "count": _count(call)})


def get_subscription(call: Call) -> Response:
    """Show one subscription."""
    if call.params["subscription"].lower() not in _subscriptions(call):
        raise Refused(
            404, "SubscriptionNotFound", f"The subscription '{call.params['subscription']}' could not be found."
        )
    return Response(200, _subscription(call.params["subscription"].lower()))


def list_tenants(_: Call) -> Response:
    """List the one tenant."""
    return Response(200, {"value": [{"id": f"/tenants/{wire.TENANT}", "tenantId": wire.TENANT}]})


def list_vms(call: Call) -> Response:
    """List the virtual machines of a subscription or of one resource group."""
    found, group = call.world.vms_in(call.params["subscription"]), call.params.get("group", "").lower()
    if group:
        found = [vm for vm in found if vm.resource_group.lower() == group]
    return page_of(call.request, found, call.cloud.pages.vms, wire.vm)


def get_vm(call: Call) -> Response:
    """Show one virtual machine, with its instance view where that is asked for."""
    vm = vm_of(call)
    body = wire.vm(vm)
    if call.request.query.get("$expand", "").lower() == "instanceview":
        body["properties"]["instanceView"] = wire_machines.instance_view(call.world, vm)
    return Response(200, body)


def list_changes(call: Call) -> Response:
    """List the subscription's activity log in the filter's span, newest first."""
    since, until = filters.span(call.request.query)
    found = [
        entry
        for entry in reversed(call.world.activity)
        if entry.subscription.lower() == call.params["subscription"].lower() and since <= entry.at <= until
    ]
    return page_of(call.request, found, call.cloud.pages.changes, wire.activity)


def query_graph(call: Call) -> Response:
    """Answer a Resource Graph query over virtual machines, or over backup jobs and items, page by page."""
    body, world, size = call.request.body, call.world, call.cloud.pages.graph
    query, options = str(body.get("query", "")), body.get("options") or {}
    wanted = {str(name).lower() for name in body.get("subscriptions") or _subscriptions(call)}
    match graph.table_of(query):
        case "resources":
            vms = [vm for name in sorted(wanted) for vm in world.vms_in(name)]
            return Response(200, graph.answer(query, graph.Table(vms, wire.GRAPH_COLUMNS), options, size, world.now))
        case graph_backup.TABLE:
            table = graph_backup.table(world, wanted, query)
            return Response(200, graph.answer(query, table, options, size, world.now))
        case other:
            raise graph.unreadable(other)


def vm_of(call: Call) -> Vm:
    """Return the VM that the path names, or raise Refused (404) in ARM's words."""
    group = f"/subscriptions/{call.params['subscription']}/resourceGroups/{call.params['group']}"
    vm = call.world.vms.get(f"{group}/providers/Microsoft.Compute/virtualMachines/{call.params['vm']}".lower())
    if vm is not None:
        return vm
    raise missing(call, f"Microsoft.Compute/virtualMachines/{call.params['vm']}")


def _subscriptions(call: Call) -> list[str]:
    vaults = {vault.subscription.lower() for vault in call.world.vaults.values()}
    return sorted(vaults | {vm.subscription.lower() for vm in call.world.vms.values()})


def _count(call: Call) -> Json:
    return {"type": "Total", "value": len(_subscriptions(call))}


def _subscription(name: str) -> Json:
    return {
        "id": f"/subscriptions/{name}",
        "subscriptionId": name,
        "tenantId": wire.TENANT,
        "displayName": "Local Azure",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
    }


ROUTES = (
    Route("GET", "/subscriptions", "Microsoft.Resources/subscriptions/read", list_subscriptions),
    Route("GET", _SUB, "Microsoft.Resources/subscriptions/read", get_subscription),
    Route("GET", "/tenants", "Microsoft.Resources/tenants/read", list_tenants),
    Route(
        "GET",
        _SUB + "/providers/Microsoft.Compute/virtualMachines",
        "Microsoft.Compute/virtualMachines/read",
        list_vms,
    ),
    Route(
        "GET",
        _SUB + "/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines",
        "Microsoft.Compute/virtualMachines/read",
        list_vms,
    ),
    Route("GET", VM, "Microsoft.Compute/virtualMachines/read", get_vm),
    Route(
        "GET",
        _SUB + "/providers/Microsoft.Insights/eventtypes/management/values",
        "Microsoft.Insights/eventtypes/values/Read",
        list_changes,
    ),
    Route(
        "POST",
        "/providers/Microsoft.ResourceGraph/resources",
        "Microsoft.ResourceGraph/resources/read",
        query_graph,
    ),
)
