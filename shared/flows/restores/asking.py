"""How do operators ask for restores, and see how far they are? What the command line sends and shows."""

from datetime import datetime

from shared.errors import BadMessage, Permanent
from shared.flows.restores import fan_out, standing
from shared.messages.restores import cancel_to_json, message_from_json, request_to_json
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import CancelRequest, RestoreRequest
from shared.ports import Ports
from shared.rules.restore_guards import guard
from shared.rules.restore_progress import Progress, progress


def send(ports: Ports, intent: FleetPolicy, text: str, *, production: bool) -> RestoreRequest:
    """Send a request that could be carried out as far as is known here; raise BadMessage with every reason."""
    asked = message_from_json(text, production=production)
    if not isinstance(asked, RestoreRequest):
        raise BadMessage(["cancel: found the cancelling of a request; expected a request; use `restore cancel`"])
    if refused := guard(asked, intent):
        raise BadMessage([str(one) for one in refused])
    ports.queues.send(fan_out.PRODUCTION if production else fan_out.QUEUE, request_to_json(asked))
    return asked


def cancel(ports: Ports, request_id: str, requester: str, vms: tuple[str, ...] = ()) -> int:
    """Ask for a request's restores to stop, or those of VMs by name or id; return of how many tasks that may be.

    Raises Permanent where the app knows no such request, or no such VM of it is under way.
    """
    known = ports.ledger.read(fan_out.REQUESTS, request_id)
    under = [one for one in standing.standing(ports).under.values() if one.task.request_id == request_id]
    if known is None or not under:
        raise Permanent(f"restore cancel {request_id}: no restore of such a request is under way")
    wanted = {vm.lower() for vm in vms}
    ids = {one.task.item.vm_id for one in under if wanted & {one.task.item.vm_id, _name(one.task.item.vm_id)}}
    if vms and not ids:
        raise Permanent(f"restore cancel {request_id}: no such VM of it is under way")
    queue = fan_out.PRODUCTION if known["production"] == "yes" else fan_out.QUEUE
    ports.queues.send(queue, cancel_to_json(CancelRequest(request_id, requester, tuple(sorted(ids)))))
    return len(ids) if vms else len(under)


def watch(ports: Ports, intent: FleetPolicy, request_id: str, now: datetime) -> list[Progress]:
    """Return how far the restores under way are, those of one request if it is given. Reads storage only."""
    now_is = standing.standing(ports)
    turns = standing.turns(ports, intent, now_is, now)
    chosen = [one for one in now_is.under.values() if not request_id or one.task.request_id == request_id]
    found = [
        progress(one.task, one.state, now_is.jobs.get(one.state.job_id), turns.get(one.task.key), now) for one in chosen
    ]
    return sorted(found, key=lambda one: (-one.share, one.request_id, one.vm))


def _name(vm_id: str) -> str:
    return vm_id.rpartition("/")[2]
