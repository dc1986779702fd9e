"""Does every restore end, with never more than one job of its own at work, whatever Azure and our workers do?"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import pytest

from shared.model.azure import JobError
from shared.model.restore_intent import RestoreLimits
from shared.model.restore_tasks import RestoreState, Step
from shared.model.restores import Objection, RestoreJob, RestoreOperation
from shared.rules.restore_case import Answer, Observed, Sent
from shared.rules.restore_steps import begin, next_step
from shared.rules.restore_table import Action
from tests.rules.restoring import NOW, POOL, job, task

LIMITS = RestoreLimits()
ERRORS = ("CopyingVHDsFromBackUpVaultTakingLongTime", "CloudInternalError", "UserErrorSkuNotAvailable", "New")
MOST_LOOKS = 4000


@dataclass
class Azure:
    """A service that loses answers, hides new jobs for up to five minutes, fails, dawdles, and may not cancel."""

    random: Random
    jobs: list[RestoreJob] = field(default_factory=list)
    ends: dict[str, datetime] = field(default_factory=dict)
    shows: dict[str, datetime] = field(default_factory=dict)
    stubborn: bool = False

    def send(self, account: str, now: datetime) -> Sent:
        assert not self.running(now), "a second job of one restore"
        luck = self.random.random()
        if luck < 0.1:
            return Sent(Answer.NOT_BEGUN)
        if luck < 0.2:
            return Sent(Answer.REFUSED, code=self.random.choice(("UserErrorStorageAccountNotFound", "Other")))
        if luck < 0.35:
            return Sent(Answer.LOST)
        name = f"job-{len(self.jobs)}"
        self.jobs.append(job(id=name, started_at=now, account=account.rpartition("/")[2]))
        self.ends[name] = now + timedelta(minutes=self.random.choice((4, 90, 400, 3000)))
        self.shows[name] = now + timedelta(minutes=self.random.uniform(0, 5))
        return Sent(Answer.LOST) if luck < 0.6 else Sent(Answer.ACCEPTED, name)

    def look(self, name: str, now: datetime) -> RestoreJob:
        found = next(one for one in self.jobs if one.id == name)
        if found.status != "InProgress" or now < self.ends[name]:
            minutes = (now - found.started_at) / timedelta(minutes=1)
            return replace(found, progress=5.0 if minutes > 30 and self.ends[name] - NOW > timedelta(hours=6) else 50.0)
        if self.random.random() < 0.4:
            errors = (JobError(0, self.random.choice(ERRORS), "it failed"),)
            return self._change(found, status="Failed", errors=errors, ended_at=now)
        return self._change(found, status="Completed", ended_at=now)

    def cancel(self, name: str, now: datetime) -> None:
        found = self.look(name, now)
        if found.status == "InProgress" and not self.stubborn:
            self._change(found, status="Cancelled", ended_at=now)

    def running(self, now: datetime) -> list[RestoreJob]:
        return [one for one in self.jobs if not self.look(one.id, now).terminal]

    def listed(self, now: datetime) -> list[RestoreJob]:
        return [self.look(one.id, now) for one in self.jobs if self.shows[one.id] <= now]

    def _change(self, found: RestoreJob, **changes) -> RestoreJob:
        changed = replace(found, **changes)
        self.jobs[[one.id for one in self.jobs].index(found.id)] = changed
        return changed


@dataclass
class Worker:
    """Carries out what the rule says, and is killed now and then after a state was written and before its action."""

    random: Random
    azure: Azure
    its: RestoreState
    now: datetime
    cancel_at: datetime | None

    def run(self) -> RestoreState:
        for _ in range(MOST_LOOKS):
            if self.its.step.over:
                return self.its
            self.look()
        raise AssertionError(f"it never ends: {self.its}")

    def look(self) -> None:
        self.now = max(self.now, self.its.due) + timedelta(seconds=self.random.uniform(0, 30))
        found = next_step(task(), self.its, self.seen(), LIMITS, self.now)
        while not found.state.step.over:
            assert not (found.action is Action.SEND and found.state.cancel)
            self.its = found.state
            if self.random.random() < 0.1:
                return
            more = self.do(found.action)
            if more is None:
                return
            found = next_step(task(), self.its, more, LIMITS, self.now)
        self.its = found.state

    def do(self, action: Action) -> Observed | None:
        others = len(self.its.tried) < len(POOL) - 1
        match action:
            case Action.LEASE:
                return self.seen()
            case Action.VALIDATE:
                bad = self.random.random() < 0.05
                return replace(self.seen(), objections=(Objection("UserErrorX", "no"),) if bad else (), others=others)
            case Action.SEND:
                sent = self.azure.send(self.its.account_id, self.now)
                return None if self.random.random() < 0.1 else Observed(sent=sent, others=others)
            case Action.CANCEL:
                self.azure.cancel(self.its.job_id, self.now)
        return None

    def seen(self) -> Observed:
        wanted = self.cancel_at is not None and self.now >= self.cancel_at
        free = [name for name in POOL if name not in self.its.tried]
        base = Observed(cancel=wanted, others=len(free) > 1)
        match self.its.step:
            case Step.WAITING:
                return replace(base, account_id=self.random.choice([*free, ""]), turn="turn")
            case Step.UNSURE:
                return replace(base, jobs=self.azure.listed(self.now) if self.random.random() < 0.8 else None)
            case Step.ACCEPTED if self.random.random() < 0.7 and self.its.operation_id:
                return replace(base, operation=RestoreOperation("Succeeded", self.its.operation_id))
            case Step.RUNNING | Step.MOVING | Step.CANCELLING:
                return replace(base, job=self.azure.look(self.its.job_id, self.now), overload="others load it")
        return base


@pytest.mark.parametrize("seed", range(5))
def test_every_restore_ends_and_never_has_two_jobs_at_work(seed: int) -> None:
    ends = set()
    for number in range(60):
        random = Random(f"{seed}-{number}")
        azure = Azure(random, stubborn=random.random() < 0.1)
        cancel_at = NOW + timedelta(minutes=random.uniform(0, 600)) if random.random() < 0.3 else None
        worker = Worker(random, azure, begin(NOW), NOW, cancel_at)
        end = worker.run()
        ends.add(end.step)
        assert len(azure.jobs) <= LIMITS.jobs_per_vm
        assert len({one.account for one in azure.jobs}) == len(azure.jobs), "it came back to the account that failed"
        assert end.attempts <= LIMITS.jobs_per_vm
        assert end.reason
        completed = [one for one in azure.jobs if one.status == "Completed"]
        assert end.step is not Step.DONE or len(completed) == 1
        assert end.step is not Step.CANCELLED or cancel_at is not None
        if end.step is not Step.FAILED:
            assert azure.running(worker.now) == []
    assert ends == {Step.DONE, Step.FAILED, Step.CANCELLED}
