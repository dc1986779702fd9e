"""Will storage take this message? Its limits, checked before anything is sent."""

import math
import re
from base64 import b64encode

from shared.errors import Permanent

MOST_BYTES = 64 * 1024
"""Of a message's text, which is the body in base64: 48 KiB of body."""
LONGEST_DELAY_SECONDS = 7 * 86_400
_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


def delay_of(queue: str, body: str, delay_seconds: float) -> int:
    """Return the delay in whole seconds, rounded up, of a message that storage takes; raise Permanent otherwise."""
    if not _NAME.fullmatch(queue):
        raise Permanent(f"queue name {queue!r}: expected 3 to 63 of a-z, 0-9 and single hyphens", "InvalidResourceName")
    if (size := len(b64encode(body.encode()))) > MOST_BYTES:
        raise Permanent(
            f"message for queue {queue}: {size} bytes in base64, storage takes {MOST_BYTES}; "
            "send ids and keep the rest where they lead",
            "RequestBodyTooLarge",
        )
    if not 0 <= delay_seconds <= LONGEST_DELAY_SECONDS:
        raise Permanent(
            f"message for queue {queue}: a delay of {delay_seconds:g} s; expected 0 to {LONGEST_DELAY_SECONDS}",
            "OutOfRangeQueryParameterValue",
        )
    return math.ceil(delay_seconds)
