"""What is asked for? A message is refused with every reason, or becomes one task for each VM; another cancels them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from shared.errors import BadMessage
from shared.flows.restores import planned, rows
from shared.flows.restores.advance import look_at
from shared.flows.restores.lookup import look_up
from shared.flows.restores.rejected import reject
from shared.flows.restores.standing import REPLACE, SWITCH
from shared.messages.restores import message_from_json, request_to_json
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import CancelRequest, Refusal, RestoreRequest, RestoreTask
from shared.model.restores import Mode
from shared.ports import Ports
from shared.rules.restore_guards import guard
from shared.rules.restore_steps import begin
from shared.rules.restore_tasks import tasks_of
from shared.telemetry import Event, tell

QUEUE = "restore-requests"
PRODUCTION = "restore-requests-production"
REQUESTS = "restore-requests"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came: its words, and whether they came through the production queue."""

    text: str
    production: bool

    @property
    def queue(self) -> str:
        """The queue that it came through."""
        return PRODUCTION if self.production else QUEUE

    @property
    def mark(self) -> str:
        """What tells equal words apart from others under the same id."""
        return sha256(f"{self.queue}|{self.text}".encode(errors="replace")).hexdigest()


def receive(ports: Ports, intent: FleetPolicy, letter: Letter, now: datetime) -> None:
    """Follow a message of a restore queue; what cannot be followed goes to `restore-rejected`, with the reasons.

    Raises Transient or Permanent where Azure or storage does not answer: then the message comes again.
    """
    try:
        asked = message_from_json(letter.text, production=letter.production)
        refused = (
            cancel(ports, asked, letter, now)
            if isinstance(asked, CancelRequest)
            else fan_out(ports, intent, asked, letter, now)
        )
    except BadMessage as problem:
        reject(ports, letter.queue, problem.reasons, letter.text, now)
        return
    if refused:
        reject(ports, letter.queue, [str(one) for one in refused], letter.text, now)


def fan_out(
    ports: Ports, intent: FleetPolicy, request: RestoreRequest, letter: Letter, now: datetime
) -> Sequence[Refusal]:
    """Accept a task for each VM of the request that can be restored; return why the others cannot.

    A second message with the same id changes nothing, and finishes what the first may have left undone.
    """
    known = ports.ledger.read(REQUESTS, request.id)
    if known is not None and known["mark"] != letter.mark:
        text = f"{request.id} is the id of a request of {known['at'][:16]}; expected a new one; choose another id"
        return [Refusal("id", text)]
    if known is not None and known["state"] == "accepted":
        return []
    if refused := guard(request, intent):
        return refused
    tasks, refusals = tasks_of(request, look_up(ports, intent, request, now), intent, now)
    closed = _switch(ports, request)
    if request.dry_run or closed:
        planned.keep(ports, intent, planned.Answer(request, tasks, refusals, closed), now)
        return [*refusals, *([Refusal("mode", closed)] if closed and not request.dry_run else [])]
    if tasks:
        _accept(ports, request, tasks, letter, now)
    tell(Event.RESTORE_ASKED, at=now, request=request.id, requester=request.requester, tasks=len(tasks))
    return refusals


def cancel(ports: Ports, asked: CancelRequest, letter: Letter, now: datetime) -> Sequence[Refusal]:
    """Have the request's tasks stop, or those of some VMs of it; return why not."""
    known = ports.ledger.read(REQUESTS, asked.request_id)
    if known is None:
        return [Refusal("cancel", f"no request is called {asked.request_id}; expected the id of one; check the id")]
    if known["production"] == "yes" and not letter.production:
        text = f"{asked.request_id} came through the production queue; expected its cancelling there too; send it there"
        return [Refusal("cancel", text)]
    by = {"by": asked.requester, "at": now.isoformat()}
    under = rows.of_request(rows.under_way(ports.ledger), asked.request_id)
    chosen = {key: one for key, one in under.items() if not asked.vms or one.task.item.vm_id in asked.vms}
    gone = set(asked.vms) - {one.task.item.vm_id for one in chosen.values()}
    gone -= {one.task.item.vm_id for one in rows.of_request(rows.over(ports.ledger), asked.request_id).values()}
    if not asked.vms:
        ports.ledger.write(rows.CANCELS, asked.request_id, by)
    for key in chosen:
        ports.ledger.write(rows.CANCELS, key, by)
        look_at(ports, key)
    tell(Event.RESTORE_ASKED, at=now, request=asked.request_id, requester=asked.requester, cancelled=len(chosen))
    text = "no restore of it was in this request; expected a VM of the request; nothing is to be stopped"
    return [Refusal(f"vms[{asked.vms.index(vm_id)}]", text) for vm_id in sorted(gone)]


def _accept(ports: Ports, request: RestoreRequest, tasks: Sequence[RestoreTask], letter: Letter, now: datetime) -> None:
    """Write the request down, then each task and its first look: a crash in between is mended by the next delivery."""
    row = {
        "mark": letter.mark,
        "at": now.isoformat(),
        "production": "yes" if request.production else "no",
        "request": request_to_json(request),
    }
    ports.ledger.claim(REQUESTS, request.id, {**row, "state": "coming"})
    for task in tasks:
        if rows.accept(ports.ledger, task, begin(now)):
            look_at(ports, task.key)
    ports.ledger.write(REQUESTS, request.id, {**row, "state": "accepted"})


def _switch(ports: Ports, request: RestoreRequest) -> str:
    switch = REPLACE if request.mode is Mode.REPLACE else SWITCH
    if switch in ports.switches:
        return ""
    text = f"the switch `{switch}` is off; expected it on"
    return f"{text}; the plan in restores/{request.id}/plan.json has the commands that a person could run"
