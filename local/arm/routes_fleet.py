"""How does the rest of the fleet answer? Subscriptions, virtual machines, the activity log and Resource Graph."""

from local.arm import filters, graph, graph_backup, wire
from local.arm.messages import Call, Response, Route, page
from local.world.state import Json, Refused, Vm

_SUB = "/subscriptions/{subscription}"
_VM = _SUB + "/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"
_TENANT = "00000000-0000-0000-0000-0000000000aa"


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
    return Response(200, {"value": [{"id": f"/tenants/{_TENANT}", "tenantId": _TENANT}]})


def list_vms(call: Call) -> Response:
    """List the virtual machines of a subscription or of one resource group."""
    group = call.params.get("group", "").lower()
    found = [
        wire.vm(vm)
        for _, vm in sorted(call.world.vms.items())
        if vm.subscription.lower() == call.params["subscription"].lower()
        and (not group or vm.resource_group.lower() == group)
    ]
    return page(call.request, found, call.cloud.pages.vms)


def get_vm(call: Call) -> Response:
    """Show one virtual machine."""
    return Response(200, wire.vm(vm_of(call)))


def list_changes(call: Call) -> Response:
    """List the subscription's activity log in the filter's span, newest first."""
    since, until = filters.span(call.request.query)
    found = [
        wire.activity(entry)
        for entry in reversed(call.world.activity)
        if entry.subscription.lower() == call.params["subscription"].lower() and since <= entry.at <= until
    ]
    return page(call.request, found, call.cloud.pages.changes)


def query_graph(call: Call) -> Response:
    """Answer a Resource Graph query over virtual machines, or over backup jobs and items, page by page."""
    body, world, size = call.request.body, call.world, call.cloud.pages.graph
    query, options = str(body.get("query", "")), body.get("options") or {}
    wanted = {str(name).lower() for name in body.get("subscriptions") or _subscriptions(call)}
    match graph.table_of(query):
        case "resources":
            vms = [vm for _, vm in sorted(world.vms.items()) if vm.subscription.lower() in wanted]
            return Response(200, graph.answer(query, graph.Table(vms, wire.GRAPH_COLUMNS), options, size, world.now))
        case graph_backup.TABLE:
            table = graph_backup.table(world, wanted, query)
            return Response(200, graph.answer(query, table, options, size, world.now))
        case other:
            raise graph.unreadable(other)


def vm_of(call: Call) -> Vm:
    """Return the VM that the path names, or raise Refused (404) in ARM's words."""
    wanted = (call.params["subscription"].lower(), call.params["group"].lower(), call.params["vm"].lower())
    for vm in call.world.vms.values():
        if (vm.subscription.lower(), vm.resource_group.lower(), vm.name.lower()) == wanted:
            return vm
    raise Refused(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.Compute/virtualMachines/{call.params['vm']}' under resource group "
        f"'{call.params['group']}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def _subscriptions(call: Call) -> list[str]:
    vaults = {vault.subscription.lower() for vault in call.world.vaults.values()}
    return sorted(vaults | {vm.subscription.lower() for vm in call.world.vms.values()})


def _count(call: Call) -> Json:
    return {"type": "Total", "value": len(_subscriptions(call))}


def _subscription(name: str) -> Json:
    return {
        "id": f"/subscriptions/{name}",
        "subscriptionId": name,
        "tenantId": _TENANT,
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
    Route("GET", _VM, "Microsoft.Compute/virtualMachines/read", get_vm),
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
