"""What does a program need around it to take the local Azure for the real one? Trust, an identity and addresses."""

import os
from dataclasses import dataclass
from pathlib import Path

from local.azurite import Azurite
from local.storage import Identity

_OTHER_TRUST = ("CURL_CA_BUNDLE", "SSL_CERT_DIR")
"""Either would come before or beside the two variables that name our authority."""


def trusting_environment(ca: Path, identity: Identity) -> dict[str, str]:
    """Return this process's environment, changed so that SDKs trust `ca` and get their tokens from `identity`.

    It replaces the trust in every other authority, so it is for child processes and tests only.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _OTHER_TRUST}
    return kept | {
        "SSL_CERT_FILE": str(ca),
        "REQUESTS_CA_BUNDLE": str(ca),
        "IDENTITY_ENDPOINT": identity.endpoint,
        "IDENTITY_HEADER": identity.header,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the app tells of things: the topic's endpoint and the webhook of an operator's inbox."""

    events: str
    inbox: str


def app_settings(azurite: Azurite, queues: str, arm: str, outlets: Outlets) -> dict[str, str]:
    """Return the app's settings for the local Azure; what deploys differs from it in these values only.

    `queues` is the queue endpoint that keeps simulated time; Azurite's own is for nobody else.
    """
    return {
        "AzureWebJobsStorage__blobServiceUri": azurite.blob_uri,
        "AzureWebJobsStorage__queueServiceUri": queues,
        "AzureWebJobsStorage__tableServiceUri": azurite.table_uri,
        "FleetStorage__queueServiceUri": queues,
        "NIGHTSHIFT_BLOB_URI": azurite.blob_uri,
        "NIGHTSHIFT_TABLE_URI": azurite.table_uri,
        "NIGHTSHIFT_QUEUE_URI": queues,
        "NIGHTSHIFT_ARM_ENDPOINT": arm,
        "NIGHTSHIFT_EVENTS_ENDPOINT": outlets.events,
        "NIGHTSHIFT_WEBHOOK_URL": outlets.inbox,
    }
