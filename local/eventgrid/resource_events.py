"""Which events does the Azure subscription itself publish? One for each change of a resource, whoever made it."""

import random
import re
from datetime import timedelta
from typing import Any

from local import identity, openid
from local.clock import iso
from local.world.runs import guid
from local.world.state import Activity

type Json = dict[str, Any]

_KINDS = {"write": "ResourceWriteSuccess", "delete": "ResourceDeleteSuccess", "action": "ResourceActionSuccess"}
_CONTRIBUTOR = "5e467623bb1f42f4a55d6e525e11384b"
_CLAIM = "http://schemas.microsoft.com/identity/claims"
_PERSON = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_PROGRAMS = {one.object: one.client for one in (identity.APP, openid.OPERATOR)}


def resource_event(entry: Activity, seed: int) -> Json:
    """Return the event of an entry of the activity log, in Event Grid's own schema.

    As in Azure `claims` hold what is personal about a caller, the case of `resourceGroups` varies, and `httpRequest`
    may be absent.
    """
    draw = random.Random(f"{seed}|resource event|{entry.id}")
    subject = _in_some_case(entry.resource_id, draw)
    at = entry.at + timedelta(seconds=draw.uniform(0.1, 0.9))
    data: Json = {
        "authorization": _authorization(entry),
        "claims": _claims(entry.caller),
        "correlationId": entry.id,
        "resourceProvider": entry.operation.split("/")[0],
        "resourceUri": subject,
        "operationName": entry.operation,
        "status": entry.status,
        "subscriptionId": entry.subscription,
        "tenantId": identity.TENANT,
    }
    if draw.random() < 0.5:
        data["httpRequest"] = _http_request(entry, draw)
    return {
        "subject": subject,
        "eventType": f"Microsoft.Resources.{_KINDS[entry.operation.rsplit('/', 1)[-1].lower()]}",
        "id": guid(seed, "resource event", entry.id),
        "topic": f"/subscriptions/{entry.subscription}",
        "data": data,
        "dataVersion": "2",
        "metadataVersion": "1",
        "eventTime": _seven_digits(iso(at)),
    }


def _authorization(entry: Activity) -> Json:
    return {
        "scope": entry.resource_id,
        "action": entry.operation,
        "evidence": {
            "role": "Backup Contributor",
            "roleAssignmentScope": f"/subscriptions/{entry.subscription}",
            "roleAssignmentId": guid(0, "assignment", entry.caller).replace("-", ""),
            "roleDefinitionId": _CONTRIBUTOR,
            "principalId": entry.caller.replace("-", "") if entry.caller in _PROGRAMS else _object_of(entry.caller),
            "principalType": "ServicePrincipal" if entry.caller in _PROGRAMS else "User",
        },
    }


def _claims(caller: str) -> dict[str, str]:
    known = {
        "aud": "https://management.azure.com/",
        "iss": f"https://sts.windows.net/{identity.TENANT}/",
        f"{_CLAIM}/tenantid": identity.TENANT,
        "ver": "1.0",
    }
    if caller in _PROGRAMS:
        return {
            **known,
            "appid": _PROGRAMS[caller],
            "appidacr": "2",
            "idtyp": "app",
            f"{_CLAIM}/objectidentifier": caller,
        }
    name = caller.split("@")[0]
    return {
        **known,
        "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        "ipaddr": "203.0.113.24",
        "name": name.title(),
        f"{_CLAIM}/objectidentifier": _object_of(caller),
        f"{_PERSON}/givenname": name.title(),
        f"{_PERSON}/name": caller,
        f"{_PERSON}/upn": caller,
    }


def _http_request(entry: Activity, draw: random.Random) -> Json:
    method = {"write": "PUT", "delete": "DELETE", "action": "POST"}[entry.operation.rsplit("/", 1)[-1].lower()]
    return {
        "clientRequestId": guid(0, "request", entry.id),
        "clientIpAddress": f"203.0.113.{draw.randint(1, 254)}",
        "method": method,
        "url": f"https://management.azure.com{entry.resource_id}",
    }


def _in_some_case(resource_id: str, draw: random.Random) -> str:
    return re.sub("/resourceGroups/", draw.choice(("/resourceGroups/", "/resourcegroups/")), resource_id)


def _object_of(caller: str) -> str:
    return guid(0, "person", caller)


def _seven_digits(text: str) -> str:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<7}Z"
