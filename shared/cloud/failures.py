"""May this call be tried again? The one translation of the SDK's exceptions into our errors."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from azure.core.exceptions import AzureError, DecodeError, HttpResponseError

from shared.cloud.wire_values import mapping, text
from shared.errors import FleetError, Permanent, Transient

_AGAIN_AFTER = re.compile(r"try again after '?(\d+)'? seconds", re.IGNORECASE)
BUSY = frozenset({"BMSUserErrorObjectLocked", "BMSUserErrorConflictingProtectionOperation"})
"""Another operation holds the item or its container: nothing was begun, and waiting helps."""
DAY_BLOCK = "CloudDos"
"""Codes of the service's daily block begin so (`CloudDosAbsoluteLimitReached`); hammering prolongs it."""
DAY_SECONDS = 86_400.0
_MISREAD = (ValueError, TypeError, AttributeError, KeyError)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise the SDK's failures inside the block as Transient or Permanent that begin with `what`, chained.

    Besides its own errors the SDK lets built-in ones escape where an answer does not have the promised shape.
    """
    try:
        yield
    except (AzureError, *_MISREAD) as failure:
        raise fleet_error(what, failure) from failure


def fleet_error(what: str, failure: Exception) -> FleetError:
    """Return our error for the SDK's.

    429, a daily block and a busy item are Transient and refused: the service did not begin. 408, 5xx, lost
    connections, unreadable answers and credentials that cannot be had now are Transient: what became of the
    request is unknown. Any other 4xx is Permanent with Azure's own code.
    """
    status = getattr(failure, "status_code", None)
    code, words = _code(failure), str(getattr(failure, "message", None) or failure)
    if not code:
        code, said = _elsewhere(failure)
        words = said or words
    message = f"{what}: {code or type(failure).__name__}: {words}"
    if isinstance(failure, _MISREAD) and not isinstance(failure, JSONDecodeError):
        return Permanent(message, "Unreadable")
    if status == 429:
        return Transient(message, _retry_after(failure), refused=True)
    if status is None or status == 408 or status >= 500 or isinstance(failure, DecodeError):
        return Transient(message, _retry_after(failure))
    if code in BUSY:
        return Transient(message, refused=True)
    if code.startswith(DAY_BLOCK):
        return Transient(message, DAY_SECONDS, refused=True)
    return Permanent(message, code)


def _code(failure: Exception) -> str:
    """Storage names its code in a header, Azure Resource Manager in the body."""
    said = getattr(getattr(failure, "error", None), "code", None)
    return _header(failure, "x-ms-error-code") or str(said or "")


def _elsewhere(failure: Exception) -> tuple[str, str]:
    """Return code and words of an answer in the shape of secondary regions, "" where there are none."""
    if not isinstance(failure, HttpResponseError) or failure.response is None:
        return "", ""
    try:
        body = mapping(json.loads(failure.response.text()))
    except (ValueError, AzureError):
        return "", ""
    return text(body.get("ErrorCode")), text(mapping(body.get("Message")).get("Value"))


def _retry_after(failure: Exception) -> float | None:
    """Return the wait in seconds that the header asks for, or else (backup's hourly throttle) the message."""
    header = _header(failure, "Retry-After")
    if header.isdecimal():
        return float(header)
    said = _AGAIN_AFTER.search(str(failure))
    return float(said[1]) if said else None


def _header(failure: Exception, name: str) -> str:
    headers = getattr(getattr(failure, "response", None), "headers", None) or {}
    return str(headers.get(name) or "")
