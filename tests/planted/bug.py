"""What is a planted bug?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bug:
    """A mutation: in `file`, `old` (exactly once there) becomes `new`, and the test `caught_by` must fail."""

    name: str
    file: str
    old: str
    new: str
    caught_by: str
