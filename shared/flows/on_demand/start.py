"""May this backup be started now? Judged anew from the vault itself, sent once, then looked for until it has ended."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import BadMessage, Permanent, Transient
from shared.flows.job_failures.respond import UNPROTECTED, context_around, item_in, scene_of, stopped_by
from shared.flows.on_demand import requests, retrying, rows
from shared.flows.on_demand.asking import BACKUPS, LONGEST_DELAY, LONGEST_JOB, send_hint, stepped
from shared.flows.on_demand.looking import around, began, job_now
from shared.flows.on_demand.retrying import Retry
from shared.flows.on_demand.rows import Row
from shared.flows.set_aside import set_aside
from shared.messages.backups import backup_from_json, kind_of
from shared.messages.on_demand import hint_from_json
from shared.model.azure import Job, ProtectedItem
from shared.model.failures import History, Response
from shared.model.intent import FleetPolicy
from shared.model.on_demand import Purpose, Stage
from shared.ports import Ports
from shared.rules.due_runs import FINISHED, LISTING_LAG
from shared.rules.error_codes import known
from shared.rules.retries import ATTEMPTS_A_DAY, Context
from shared.rules.start_guards import Around, Obstacle, in_the_way, power_objection, standing_against
from shared.telemetry import Event, tell

LOOK_AGAIN = timedelta(minutes=30)
"""How soon what has to wait, or still runs, is looked at again."""
AT_THE_DOOR = timedelta(minutes=15)
"""How soon the service is asked again that refused at the door; each time takes one of the day's starts."""
SOONEST = timedelta(minutes=1)
_WAY = {Stage.SENT: "its job may still show", Stage.SEEN: "its job was seen"}


@dataclass(frozen=True, slots=True)
class Case:
    """One backup that is wanted, at the moment in which a message speaks of it; `retry` is the failure it answers."""

    ports: Ports
    intent: FleetPolicy
    now: datetime
    row: Row
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a start: the item that it would be of, and how long its point would be kept."""

    item: ProtectedItem
    keep_until: datetime


def receive(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> None:
    """Take the next step of what a message speaks of; one that cannot be followed is set aside, and not retried."""
    try:
        case = _case(ports, intent, text, now)
        outcome = advance(case)
    except BadMessage as problem:
        set_aside(ports, BACKUPS, problem, text, now)
        return
    wanted = case.row.value.wanted
    tell(Event.BACKUP_ASKED, at=now, purpose=wanted.purpose, key=wanted.key, vm=case.row.value.vm, outcome=outcome)


def follow(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> str:
    """Take the next step of what a message speaks of; return what became of it.

    Raises BadMessage for what nobody decided on, Transient where the service did not begin or cannot be read.
    """
    return advance(_case(ports, intent, text, now))


def advance(case: Case) -> str:
    """Take the next step: a second delivery finds what the first did, and a step is taken by one worker only."""
    one, now = case.row.value, case.now
    if one.stage.over:
        requests.show_refusal(case.ports, one)
        return f"it is over: {one.stage}: {one.said}"
    if case.row.next_at is not None and now < case.row.next_at:
        return _WAY.get(one.stage, f"it waits: {one.said}")
    match one.stage:
        case Stage.SENT:
            return _look_for(case)
        case Stage.SEEN:
            return _look_at_end(case)
    return _begin(case)


def _case(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> Case:
    match kind_of(text):
        case "retry":
            retry, row = retrying.decided(ports, backup_from_json(text), now)
            return Case(ports, intent, now, row, retry)
        case "asked":
            return Case(ports, intent, now, requests.accept(ports, intent, text, now))
    key = hint_from_json(text)
    found = rows.find(ports.ledger, key)
    if found is None:
        raise BadMessage([f"key: nobody decided on a backup {key[:200]}"])
    if found.value.wanted.purpose is not Purpose.RETRY:
        return Case(ports, intent, now, found)
    retry, row = retrying.decided(ports, retrying.request_of(found), now)
    return Case(ports, intent, now, row, retry)


def _begin(case: Case) -> str:
    wanted, now = case.row.value.wanted, case.now
    if now < wanted.not_before and case.retry is None:
        return _again(case, "it is too early", wanted.not_before - now)
    if now >= wanted.not_after and case.retry is None:
        return _end(case, Stage.EXPIRED, _too_late(case.row.value.said))
    if case.retry is None and (stopped := stopped_by(case.ports, wanted.vault_id.rpartition("/")[2], now)):
        return _wait(case, stopped)
    try:
        judged = _judge(case)
    except BadMessage as problem:
        if case.retry is not None:
            raise
        judged = Obstacle(str(problem), passes=False)
    if isinstance(judged, Obstacle):
        return _wait(case, judged.reason) if judged.passes else _end(case, Stage.REFUSED, judged.reason)
    sent = stepped(case.row.value, Stage.SENT, "sent", now)
    wanted = replace(wanted, keep_until=judged.keep_until)
    # What was sent is not known to have arrived, so it is written down before.
    taken = rows.move(case.ports.ledger, case.row, replace(sent, wanted=wanted, sent_at=now))
    if taken is None:
        return "another worker starts it"
    return _send(replace(case, row=taken), judged.item)


def _judge(case: Case) -> Judged | Obstacle:
    """Return what is to be started, or what stands against that; the day's quota is spent when nothing else does."""
    ports, wanted, now = case.ports, case.row.value.wanted, case.now
    known_of = case.retry.known if case.retry else History()
    scene = scene_of(ports, case.intent, wanted.vault_id, known_of, now)
    item = item_in(scene, wanted.vm_id)
    if item is None:
        raise BadMessage([f"vm_id: {wanted.vm_id} is not protected in {wanted.vault_id}"])
    context = context_around(scene, wanted.vm_id, case.intent)
    if context.stopped == UNPROTECTED:
        return Obstacle(UNPROTECTED, passes=False)
    if case.retry is not None and (objection := retrying.objection(case.retry, context, now)):
        return Obstacle(objection, passes=False)
    around_it = around(ports, scene, wanted, context, now)
    if obstacle := _obstacle(case, around_it):
        return obstacle
    limit = min(case.intent.limits.backups_per_vm_day, ATTEMPTS_A_DAY)
    if not ports.ledger.spend("backups", item.id, now.date(), limit):
        passes = wanted.purpose not in {Purpose.OPERATOR, Purpose.RETRY}
        return Obstacle(f"the day's {limit} starts are spent", passes)
    return Judged(item, _kept_until(case, context))


def _obstacle(case: Case, around_it: Around) -> Obstacle | None:
    if case.retry is not None:
        return in_the_way(around_it, case.now)
    found = standing_against(around_it, case.now)
    wanted = case.row.value.wanted
    return found or power_objection(wanted.purpose, case.ports.fleet.power(wanted.vm_id))


def _kept_until(case: Case, context: Context) -> datetime:
    return retrying.kept_until(case.retry, context, case.now) if case.retry else case.row.value.wanted.keep_until


def _send(case: Case, item: ProtectedItem) -> str:
    """Send once. Only what the service refused at the door may be sent again, by the one who takes the next step."""
    one = case.row.value
    try:
        case.ports.vaults.back_up(item, one.wanted.keep_until)
    except Transient as problem:
        if problem.refused:
            said = f"refused at the door: {problem}"[:500]
            waits = replace(stepped(one, Stage.WAITING, said, case.now), sent_at=None)
            back = rows.move(case.ports.ledger, case.row, waits)
            if case.retry is not None or back is None:
                raise
            delay = max(AT_THE_DOOR, timedelta(seconds=problem.retry_after or 0))
            return _wait(replace(case, row=back), said, delay)
    except Permanent as problem:
        code = known(0, problem.code)
        if case.retry is None and code is not None and code.response is Response.WAIT:
            back = _back(case, code.says)
            return _wait(replace(case, row=back), code.says) if back else "another worker looks at it"
        return _end(case, Stage.REFUSED, f"the service refused it: {problem}"[:1000])
    return _again(case, "sent", LISTING_LAG)


def _back(case: Case, said: str) -> Row | None:
    """Let what the service did not begin wait again; None where somebody else has taken it."""
    waits = replace(stepped(case.row.value, Stage.WAITING, said, case.now), sent_at=None)
    return rows.move(case.ports.ledger, case.row, waits)


def _look_for(case: Case) -> str:
    """Look for the job of what was sent. One that shows late is not missed before its time."""
    one, now = case.row.value, case.now
    assert one.sent_at is not None
    job = began(case.ports, case.intent, one, now)
    if job is not None:
        seen = replace(stepped(one, Stage.SEEN, _WAY[Stage.SEEN], now), job_id=job.id)
        row = rows.move(case.ports.ledger, case.row, seen)
        return _follow(replace(case, row=row), job) if row else "another worker looks at it"
    if now < one.sent_at + LISTING_LAG:
        return _again(case, _WAY[Stage.SENT], one.sent_at + LISTING_LAG - now)
    return _end(case, Stage.FAILED, "it was sent, and no job came of it")


def _look_at_end(case: Case) -> str:
    job = job_now(case.ports, case.row.value)
    return _again(case, _WAY[Stage.SEEN], LOOK_AGAIN) if job is None else _follow(case, job)


def _follow(case: Case, job: Job) -> str:
    """See whether the job has ended; a retry's failure is told of by the watcher, as any other."""
    one, now = case.row.value, case.now
    assert one.sent_at is not None
    if job.running:
        if now >= one.sent_at + LONGEST_JOB:
            return _close(case, Stage.FAILED, "its job still ran after a day")
        return _again(case, _WAY[Stage.SEEN], LOOK_AGAIN)
    if job.status in FINISHED:
        return _close(case, Stage.COMPLETED, f"its job ended: {job.status}")
    error = job.errors[0].title if job.errors else ""
    return _close(case, Stage.FAILED, f"its job ended: {job.status} {error}".rstrip())


def _wait(case: Case, reason: str, delay: timedelta = LOOK_AGAIN) -> str:
    """Wait for what passes: looked at again in time, once more before it is too late, and then given up."""
    left = case.row.value.wanted.not_after - case.now
    if left <= timedelta():
        return _end(case, Stage.EXPIRED, _too_late(reason))
    waits = replace(case.row, value=replace(case.row.value, said=reason))
    return _again(replace(case, row=waits), reason, min(delay, max(left - SOONEST, SOONEST)))


def _again(case: Case, outcome: str, delay: timedelta) -> str:
    """Have it looked at again after the delay; copies of this message find that this is under way, and go."""
    send_hint(case.ports, case.row.key, delay)
    rows.move(case.ports.ledger, case.row, case.row.value, case.now + min(delay, LONGEST_DELAY))
    return outcome


def _end(case: Case, stage: Stage, reason: str) -> str:
    """End it without a backup. A failure that this would have answered is open again before the row says so."""
    if case.retry is not None:
        reason = retrying.not_started(case.ports, case.retry, reason, case.now)
    return _close(case, stage, reason)


def _too_late(reason: str) -> str:
    return f"not started in time: {reason or 'it was too late when it was looked at'}"


def _close(case: Case, stage: Stage, said: str) -> str:
    ended = stepped(case.row.value, stage, said, case.now)
    if rows.move(case.ports.ledger, case.row, ended) is None:
        return "another worker looks at it"
    requests.show_refusal(case.ports, ended)
    return said
