"""How are the accounts that somebody waits for? Read from Azure, and kept for all that choose among them."""

from shared.errors import FleetError
from shared.flows.restores.looking import LOAD_OF, Scene
from shared.flows.restores.standing import POOL, Standing
from shared.messages.restore_tasks import account_to_json
from shared.model.restore_tasks import Step
from shared.model.restores import PooledAccount


def refresh(scene: Scene, now_is: Standing) -> tuple[int, int]:
    """Look at the accounts that somebody waits for and nobody holds; return how many, and pools that were not read.

    Two or three calls for each region. What cannot be read stays as it was: too old to count, after a while.
    """
    waiting = {one.task.region for one in now_is.under.values() if one.state.step is Step.WAITING}
    held, places = {one.account_id for one in now_is.leases}, scene.intent.restore.places
    read, failed = 0, 0
    for region in sorted(waiting & places.keys()):
        wanted = [one for one in places[region].accounts if one not in held]
        if not wanted:
            continue
        try:
            read += _read(scene, wanted)
        except FleetError:
            failed += 1
    return read, failed


def _read(scene: Scene, wanted: list[str]) -> int:
    found = scene.ports.restore_accounts.accounts(wanted)
    loads = scene.ports.restore_accounts.load(found, scene.now - LOAD_OF, scene.now)
    for account in found:
        text = account_to_json(PooledAccount(account, loads.get(account.id), scene.now))
        scene.ports.ledger.write(POOL, account.id, {"account": text})
    for gone in {*wanted} - {account.id for account in found}:
        scene.ports.ledger.drop(POOL, gone)
    return len(found)
