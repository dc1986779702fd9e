"""How do vaults and policies answer? Handlers of Microsoft.RecoveryServices/vaults and backupPolicies."""

from local.arm import filters, wire, wire_vaults
from local.arm.messages import Call, Response, Route, page_of, vault_of
from local.world import deletion, writes
from local.world.state import Policy, Refused

_SUB = "/subscriptions/{subscription}"
VAULT = _SUB + "/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{vault}"
_ACTION = "Microsoft.RecoveryServices/vaults"


def list_vaults(call: Call) -> Response:
    """List the vaults of a subscription or of one resource group."""
    group = call.params.get("group", "").lower()
    found = [
        vault
        for vault in call.world.vaults.values()
        if vault.subscription.lower() == call.params["subscription"].lower()
        and (not group or vault.resource_group.lower() == group)
    ]
    return page_of(call.request, found, call.cloud.pages.vaults, wire_vaults.vault)


def get_vault(call: Call) -> Response:
    """Show one vault."""
    return Response(200, wire_vaults.vault(vault_of(call)))


def list_policies(call: Call) -> Response:
    """List the vault's policies of every workload, or of the filter's."""
    vault = vault_of(call)
    wanted = filters.terms(call.request.query).get("backupmanagementtype")
    members = call.world.members_in(vault.id)
    found = [
        policy
        for policy in call.world.policies_in(vault.id)
        if wanted is None or policy.properties["backupManagementType"].lower() == wanted.lower()
    ]
    return page_of(
        call.request, found, call.cloud.pages.policies, lambda policy: wire.policy(policy, members[policy.id])
    )


def get_policy(call: Call) -> Response:
    """Show one policy."""
    return _shown(call, _policy(call))


def put_policy(call: Call) -> Response:
    """Create or overwrite a policy; the answer is the policy as it is now."""
    vault = vault_of(call)
    properties = call.request.body.get("properties")
    if not isinstance(properties, dict):
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: properties are missing."
        )
    policy = writes.put_policy(call.world, vault, call.params["policy"], properties, call.request.caller)
    return _shown(call, policy)


def delete_policy(call: Call) -> Response:
    """Delete a policy: 200 with an empty body."""
    deletion.delete_policy(call.world, _policy(call), call.request.caller)
    return Response(200)


def _shown(call: Call, policy: Policy) -> Response:
    return Response(200, wire.policy(policy, call.world.members_in(policy.vault_id)[policy.id]))


def _policy(call: Call) -> Policy:
    vault = vault_of(call)
    policy = call.world.policies.get(f"{vault.id}/backupPolicies/{call.params['policy']}".lower())
    if policy is None:
        raise Refused(404, "BMSUserErrorPolicyNotFound", f"The backup policy '{call.params['policy']}' was not found.")
    return policy


ROUTES = (
    Route("GET", _SUB + "/providers/Microsoft.RecoveryServices/vaults", f"{_ACTION}/read", list_vaults),
    Route(
        "GET",
        _SUB + "/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults",
        f"{_ACTION}/read",
        list_vaults,
    ),
    Route("GET", VAULT, f"{_ACTION}/read", get_vault),
    Route("GET", VAULT + "/backupPolicies", f"{_ACTION}/backupPolicies/read", list_policies),
    Route("GET", VAULT + "/backupPolicies/{policy}", f"{_ACTION}/backupPolicies/read", get_policy),
    Route("PUT", VAULT + "/backupPolicies/{policy}", f"{_ACTION}/backupPolicies/write", put_policy),
    Route("DELETE", VAULT + "/backupPolicies/{policy}", deletion.POLICY_DELETE, delete_policy),
)
