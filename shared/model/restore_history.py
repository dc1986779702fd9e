"""How did a restore go? The values that the report's section of restores is made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.restore_tasks import Leftover, Step
from shared.model.restores import Mode


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that a restore spent at one step; `until` is None where it is there still.

    `account` is the name of the one that it had, "" for none; `why` is why it came there.
    """

    step: Step
    since: datetime
    until: datetime | None = None
    account: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreHistory:
    """One VM's restore as it stands when it is looked at. Instants are UTC.

    `region` is the secondary region that it is made in, "" for the vault's own; `point_at` is when its point was taken.

    `stretches` follow each other; what came before the first is not known any more. `rate` is bytes a second (None:
    not told), `ends_at` a guess for one under way, `share` 0 to 1. `answered` says of one that failed that the VM
    was asked for again since, or restored; `to_do` is what a person does about it, () where none is needed.
    """

    request_id: str
    vm: str
    vm_id: str
    item_id: str
    mode: Mode
    step: Step
    reason: str
    accepted_at: datetime
    region: str = ""
    point_at: datetime | None = None
    ended_at: datetime | None = None
    stretches: tuple[Stretch, ...] = ()
    bytes_moved: int | None = None
    rate: float | None = None
    share: float = 0.0
    ends_at: datetime | None = None
    leftovers: tuple[Leftover, ...] = ()
    answered: bool = False
    to_do: tuple[str, ...] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that its data went to, in their order."""
        return tuple(dict.fromkeys(one.account for one in self.stretches if one.step is Step.RUNNING and one.account))

    @property
    def point_age(self) -> timedelta | None:
        """How old the point was when it was asked for: what was lost, had the VM been lost then."""
        return None if self.point_at is None else self.accepted_at - self.point_at

    @property
    def from_start(self) -> bool:
        """Whether its stretches begin where it was accepted."""
        return bool(self.stretches) and self.stretches[0].since <= self.accepted_at
