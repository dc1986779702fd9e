"""What becomes of a body that is sent to the world? Its bytes as the service reads them, and refusals as our errors."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local.world import Refused
from shared.cloud.failures import BUSY, DAY_BLOCK, DAY_SECONDS
from shared.errors import Permanent, Transient

CALLER = "nightshift"
"""Who writes, in the world's activity log."""


@contextmanager
def in_our_errors(what: str) -> Iterator[None]:
    """Raise the world's refusals inside the block as the cloud's adapters raise Azure's."""
    try:
        yield
    except Refused as refusal:
        message = f"{what}: {refusal.code}: {refusal.message}"
        if refusal.code.startswith(DAY_BLOCK):
            raise Transient(message, DAY_SECONDS, refused=True) from refusal
        if refusal.status == 429 or refusal.status >= 500 or refusal.code in BUSY:
            raise Transient(message, refused=refusal.status < 500) from refusal
        raise Permanent(message, refusal.code) from refusal


def not_found(resource_id: str) -> Permanent:
    """Return the error for what is not there."""
    return Permanent(f"{resource_id} was not found", "ResourceNotFound")


def properties_of(body: Mapping[str, object]) -> dict[str, Any]:
    """Return what the service would read from the bytes sent: a copy through JSON, sharing nothing with the caller."""
    properties: dict[str, Any] = json.loads(json.dumps(body["properties"]))
    return properties
