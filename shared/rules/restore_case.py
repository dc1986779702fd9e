"""What is known of a restore that is under way? All that the table of steps asks about, as questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.model.failures import Response
from shared.model.restore_intent import RestoreLimits
from shared.model.restore_tasks import RestoreState, RestoreTask
from shared.model.restores import Objection, RestoreJob, RestoreOperation
from shared.rules.error_codes import known

APPEARS = timedelta(minutes=7)
"""A new job is in lists up to five minutes after its order; two more for clocks that differ."""
CLOCKS_DIFFER = timedelta(minutes=2)
UNRESOLVED = timedelta(hours=6)
"""When a person must find out what became of an order."""
ACCEPTING = timedelta(minutes=30)
"""An operation that has not told its job by then is resolved by reading jobs."""
SETTLES = timedelta(minutes=30)
"""Copies are not called slow before."""
TIMES_SLOWER = 4
"""A copy whose rate is not told is slow where what is left would take so many times the expected length."""
UNDER_WAY = timedelta(minutes=3)
"""An order is answered or given up by then, so before that somebody may still be sending it."""
AGAIN = frozenset({Response.RETRY, Response.WAIT, Response.RESCHEDULE})


class Answer(StrEnum):
    """What came back from an order. NONE: nobody knows, since who sent it is gone."""

    NONE = "none"
    ACCEPTED = "accepted"
    NOT_BEGUN = "not-begun"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of sending an order: the operation where it was accepted, the service's code and words where not."""

    answer: Answer = Answer.NONE
    operation_id: str = ""
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one look has found; what was not looked at is None, "" or as careful as can be.

    `account_id` is the account that `shared.rules.restores.spread` gives, `turn` its reason for that or for none.
    `leased` is whether the account is still ours by the fencing number, `unusable` why it may not be used after all,
    `guard` why nothing may be sent any more. `jobs` are the item's restores since the order, each with its detail;
    `job` is the task's own, `overload` what others do to its account meanwhile (see `restore_accounts.overload`), ""
    for nothing. `others` says that there are accounts which were not too slow for it yet.
    """

    account_id: str = ""
    turn: str = ""
    leased: bool = True
    unusable: str = ""
    guard: str = ""
    objections: Sequence[Objection] | None = None
    sent: Sent = Sent()
    operation: RestoreOperation | None = None
    jobs: Sequence[RestoreJob] | None = None
    job: RestoreJob | None = None
    overload: str = ""
    cancel: bool = False
    others: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One look at one task."""

    task: RestoreTask
    state: RestoreState
    seen: Observed
    limits: RestoreLimits
    now: datetime

    @property
    def cancel(self) -> bool:
        """Whether somebody wants it to stop, now or before."""
        return self.state.cancel or self.seen.cancel

    @property
    def waited_too_long(self) -> bool:
        """Whether it should have begun to run by now."""
        return self.now - self.task.accepted_at > self.limits.wait

    @property
    def may_send(self) -> bool:
        """Whether one more order may follow those that were sent."""
        return self.state.attempts < self.limits.jobs_per_vm

    @property
    def ended(self) -> bool:
        """Whether its job does nothing more."""
        return self.seen.job is not None and self.seen.job.terminal

    @property
    def completed(self) -> bool:
        """Whether its job did what it was asked for."""
        return self.seen.job is not None and self.seen.job.status in {"Completed", "CompletedWithWarnings"}

    @property
    def stopped(self) -> bool:
        """Whether its job was cancelled."""
        return self.seen.job is not None and self.seen.job.status == "Cancelled"

    @property
    def cancellable(self) -> bool:
        """Whether its job may still be cancelled."""
        return self.seen.job is not None and self.seen.job.cancellable

    @property
    def runs_too_long(self) -> bool:
        """Whether its job runs for longer than any may; counted from the order where the job was never seen."""
        begun = self.seen.job.started_at if self.seen.job else (self.state.sent_at or self.state.since)
        return self.now - begun > self.limits.run

    @property
    def never_stops(self) -> bool:
        """Whether a person must look at its job, which has been told to stop for hours and goes on."""
        begun = self.seen.job.started_at if self.seen.job else (self.state.sent_at or self.state.since)
        return self.now - begun > self.limits.run + UNRESOLVED

    @property
    def worth_another(self) -> bool:
        """Whether one more order may follow, and the errors that its job ended with may not come again elsewhere."""
        errors = self.seen.job.errors if self.seen.job else ()
        codes = [known(error.code, error.title, error.text) for error in errors]
        return self.may_send and bool(codes) and all(code is not None and code.response in AGAIN for code in codes)

    @property
    def operation_failed(self) -> bool:
        """Whether its accepted order came to nothing: it has no job and will have none."""
        seen = self.seen.operation
        return seen is not None and seen.status in {"Failed", "Canceled", "Cancelled"} and not seen.job_id

    @property
    def operation_worth_another(self) -> bool:
        """Whether one more order may follow, elsewhere, an accepted one that came to nothing."""
        seen = self.seen.operation
        if seen is None or not self.operation_failed or not self.may_send:
            return False
        code = known(0, seen.code, seen.text)
        return self._blames_account(seen.code) or (code is not None and code.response in AGAIN)

    @property
    def account_objected(self) -> bool:
        """Whether the pre-check has nothing against it but its account, and there are others."""
        found = self.seen.objections or ()
        return bool(found) and all(self._blames_account(one.code) for one in found)

    @property
    def account_refused(self) -> bool:
        """Whether its order was refused for its account, and there are others."""
        return self.seen.sent.answer is Answer.REFUSED and self.may_send and self._blames_account(self.seen.sent.code)

    def _blames_account(self, code: str) -> bool:
        return self.seen.others and "storageaccount" in code.lower()

    @property
    def unread(self) -> bool:
        """Whether there are jobs that could be its own and were not read, or not in detail."""
        jobs = self.seen.jobs
        return jobs is None or any(not job.detailed for job in jobs if self._of_the_item(job))

    @property
    def may_appear(self) -> bool:
        """Whether the job of its order may exist and not be in lists yet."""
        return self.now < (self.state.sent_at or self.state.since) + APPEARS

    @property
    def ours(self) -> list[RestoreJob]:
        """Return the jobs that can only have come of its order: its item's, on its account, into its group, since then.

        Names are compared: that of an account is unique in Azure, and a job names no more of its group.
        """
        account, group = (name.rpartition("/")[2] for name in (self.state.account_id, self.task.group_id))
        return [
            job
            for job in self.seen.jobs or ()
            if self._of_the_item(job) and job.account == account and (not group or job.group == group)
        ]

    def _of_the_item(self, job: RestoreJob) -> bool:
        since = (self.state.sent_at or self.state.since) - CLOCKS_DIFFER
        same = job.vault_id == self.task.item.vault_id and job.container == self.task.item.container
        return same and job.started_at >= since and job.id not in self.state.past_jobs

    @property
    def too_slow(self) -> bool:
        """Whether the copy is so slow that beginning anew on another account is sooner over.

        Where bytes are not told, what is left must be many times the expected length. As a guess of that proves
        nothing, others must load the account then, or the length must have been measured.
        """
        job = self.seen.job
        if job is None or self.now - job.started_at < SETTLES or not job.cancellable:
            return False
        seconds, expected = (self.now - job.started_at).total_seconds(), self.task.minutes * 60
        if job.bytes_moved is not None and job.bytes_total:
            rate, left = job.bytes_moved / seconds, job.bytes_total - job.bytes_moved
            return rate < self.limits.slowest and left > rate * expected
        if not job.progress or not (self.task.measured or self.seen.overload):
            return False
        return seconds / job.progress * (100 - job.progress) > TIMES_SLOWER * max(expected, SETTLES.total_seconds())

    @property
    def said(self) -> str:
        """The first error of its job, in the service's words."""
        errors = self.seen.job.errors if self.seen.job else ()
        return next((f"{error.title or error.code}: {error.text}" for error in errors), "no error named")
