"""May this call be tried again? The one translation of the SDK's exceptions into our errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from azure.core.exceptions import (
    AzureError,
    DecodeError,
    HttpResponseError,
)

from shared.errors import FleetError, Permanent, Transient

_AGAIN_AFTER = re.compile(r"try again after '?(\d+)'? seconds", re.IGNORECASE)
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

    429 is Transient and refused: the service did not begin. 408, 5xx, lost connections, unreadable answers and
    credentials that cannot be had now are Transient: what became of the request is unknown. Any other 4xx is
    Permanent with Azure's own code.
    """
    status = getattr(failure, "status_code", None)
    code = _code(failure)
    message = f"{what}: {code or type(failure).__name__}: {getattr(failure, 'message', None) or failure}"
    if isinstance(failure, _MISREAD) and not isinstance(failure, JSONDecodeError):
        return Permanent(message, "Unreadable")
    if status == 429:
        return Transient(message, _retry_after(failure), refused=True)
    if status is None or status == 408 or status >= 500 or isinstance(failure, DecodeError):
        return Transient(message, _retry_after(failure))
    return Permanent(message, code)


def _code(failure: Exception) -> str:
    """Azure Resource Manager names its code in the body, storage in a header; the SDK keeps them apart."""
    storage = getattr(failure, "error_code", None)
    body = getattr(getattr(failure, "error", None), "code", None)
    return str(getattr(storage, "value", storage) or body or "")


def _retry_after(failure: Exception) -> float | None:
    """Return the wait in seconds that the header asks for, or else (backup's hourly throttle) the message."""
    if not isinstance(failure, HttpResponseError) or failure.response is None:
        return None
    header = str(getattr(failure.response, "headers", {}).get("Retry-After", ""))
    if header.isdecimal():
        return float(header)
    said = _AGAIN_AFTER.search(str(failure.message))
    return float(said[1]) if said else None
