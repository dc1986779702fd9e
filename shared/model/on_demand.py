"""Which backups are asked for beside the schedule, by whom, and what became of each? Values, the most urgent first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_KEPT = timedelta(days=36_135)
"""99 years: Azure keeps no point for longer (support matrix)."""


class Purpose(StrEnum):
    """What a backup on demand is for, in the order in which they go first."""

    OPERATOR = "operator"
    RETRY = "retry"
    GAP = "gap"
    PATCHING = "patching"
    CADENCE = "cadence"


class Stage(StrEnum):
    """Where a backup that was asked for stands."""

    WAITING = "waiting"
    SENT = "sent"
    SEEN = "seen"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in {Stage.COMPLETED, Stage.FAILED, Stage.REFUSED, Stage.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One backup that is to be started beside the schedule. Ids are lower-cased, instants UTC.

    `key` names it by what it means: a second request finds the first. `keep_until` is its point's expiry. It is started
    in [`not_before`, `not_after`), or not at all. `requester` is who asked, a label and no authority.
    """

    key: str
    purpose: Purpose
    vm_id: str
    vault_id: str
    reason: str
    requester: str
    asked_at: datetime
    keep_until: datetime
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDemandBackup:
    """What was asked for, and where it stands: `said` is why, `at` when that was last seen, `job_id` what it started.

    `vm` is the VM's name. `sent_at` is when the service was asked, None where it was not.
    """

    wanted: Wanted
    vm: str
    stage: Stage
    said: str
    at: datetime
    sent_at: datetime | None = None
    job_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBackup:
    """What an operator asks for in a message. Instants are UTC.

    `vm` is a VM's id, lower-cased, or its name. Without `not_after` it may wait for a day. `refused_at` is when it was
    refused before, where somebody sends it again for all that.
    """

    id: str
    vm: str
    reason: str
    requester: str
    retain_until: datetime
    not_after: datetime | None = None
    refused_at: datetime | None = None

    @property
    def key(self) -> str:
        """Name what is wanted by the request: a second message finds the first."""
        return operator_key(self.id)


def operator_key(request_id: str) -> str:
    """Return the key of what the operator's request of this id wants."""
    return f"{Purpose.OPERATOR}|{request_id}".lower()
