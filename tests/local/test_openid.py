"""Can a real client sign in as the operator, and are strangers and foreign tokens turned away?"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from local import identity
from local.clock import real_now
from local.fleets import SUBSCRIPTION
from local.openid import OPERATOR
from tests.local.arm_server import RunningArm, running_arm

VAULT = {"vault_name": "rsv-weu-01", "resource_group_name": "rg-backup-weu"}


@pytest.fixture(scope="module")
def arm() -> Iterator[RunningArm]:
    with running_arm() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(running.ca))
        yield running


def operator(arm: RunningArm, secret: str) -> ClientSecretCredential:
    authority = arm.endpoint
    return ClientSecretCredential(
        identity.TENANT, OPERATOR.client, secret, authority=authority, disable_instance_discovery=True
    )


def status_of(arm: RunningArm, token: str) -> tuple[int, str]:
    """Return what a read with this token is answered: its status and error code."""
    url = f"{arm.endpoint}/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(arm.ca))) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)["error"]["code"]


def test_an_operator_signs_in_with_a_secret_and_writes_under_an_own_name(arm: RunningArm) -> None:
    client = RecoveryServicesBackupClient(operator(arm, "local"), SUBSCRIPTION, base_url=arm.endpoint)
    policy = client.protection_policies.get(**VAULT, policy_name="DefaultPolicy")
    client.protection_policies.create_or_update(**VAULT, policy_name="mine", parameters=policy)
    since = (arm.control.now() - timedelta(hours=1)).isoformat()
    changes = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
    query = f"api-version=2015-04-01&$filter=eventTimestamp ge '{since}'".replace(" ", "%20").replace("+", "%2B")
    entries = client.send_request(HttpRequest("GET", f"{changes}?{query}")).json()["value"]
    assert [entry["caller"] for entry in entries if entry["resourceId"].endswith("/mine")] == [OPERATOR.object]


def test_a_wrong_secret_is_refused_with_the_reason(arm: RunningArm) -> None:
    with pytest.raises(ClientAuthenticationError, match="client_id or client_secret is wrong"):
        operator(arm, "guessed").get_token("https://management.azure.com/.default")


def test_the_cloud_tells_its_endpoints_as_azure_does(arm: RunningArm) -> None:
    context = ssl.create_default_context(cafile=str(arm.ca))
    with urllib.request.urlopen(f"{arm.endpoint}/metadata/endpoints?api-version=2022-09-01", context=context) as answer:
        told = json.load(answer)
    assert told["resourceManager"] == f"{arm.endpoint}/"
    assert told["authentication"]["loginEndpoint"] == f"{arm.endpoint}/"
    assert "https://management.core.windows.net/" in told["authentication"]["audiences"]


@pytest.mark.parametrize(
    "audience",
    ["https://management.azure.com", "https://management.core.windows.net/", "https://MANAGEMENT.azure.com/"],
)
def test_both_audiences_of_azure_are_accepted(arm: RunningArm, audience: str) -> None:
    assert status_of(arm, identity.token(audience)[0]) == (200, "")


def test_a_token_for_somebody_else_or_an_old_or_broken_one_is_refused(arm: RunningArm) -> None:
    expired = jwt.encode({"aud": "https://management.azure.com", "exp": real_now() - timedelta(hours=1)}, "k" * 32)
    assert status_of(arm, identity.token("https://storage.azure.com")[0]) == (401, "InvalidAuthenticationTokenAudience")
    assert status_of(arm, expired) == (401, "ExpiredAuthenticationToken")
    assert status_of(arm, "no.token.atall") == (401, "InvalidAuthenticationToken")
