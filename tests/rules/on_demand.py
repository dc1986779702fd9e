"""Which backups on demand do the tests speak of? Those of the VM "app" by day, its run of 22:00 UTC far away."""

from dataclasses import replace
from datetime import datetime

from shared.model.azure import Vault
from shared.model.on_demand import OnDemandBackup, Purpose, Stage, Wanted
from shared.model.plan import Action, VmPlan
from shared.rules.start_guards import Around
from tests.rules.failures import DAY, at, context
from tests.rules.fleet import VAULT_ID, intent, tier, vault, vm_id

NOON = at(14)
"""12:00 UTC on the day after the slot."""
DAYTIME = intent(tiers=(tier(retry_outside_window=True),))
VAULT: Vault = vault()


def wanted(purpose: Purpose = Purpose.GAP, key: str = "", vm: str = "app", **fields) -> Wanted:
    made = Wanted(
        key=key or f"{purpose}|{vm}",
        purpose=purpose,
        vm_id=vm_id(vm),
        vault_id=VAULT_ID,
        reason="because",
        requester="ann",
        asked_at=NOON,
        keep_until=NOON + 30 * DAY,
        not_before=NOON,
        not_after=NOON + DAY,
    )
    return replace(made, **fields)


def asked(purpose: Purpose, stage: Stage = Stage.WAITING, sent_at: datetime | None = None, **fields) -> OnDemandBackup:
    """Something else that was asked for."""
    one = wanted(purpose, key=f"other {purpose} {stage}", **fields)
    return OnDemandBackup(wanted=one, vm="app", stage=stage, said="", at=NOON, sent_at=sent_at)


def around(purpose: Purpose = Purpose.GAP, **fields) -> Around:
    """What surrounds a start with nothing in the way; `context` fields are those of `Context`."""
    inside = {"intent": DAYTIME} | fields.pop("context", {})
    when = fields.pop("wanted", {})
    return Around(**({"wanted": wanted(purpose, **when), "vault": VAULT, "context": context(**inside)} | fields))


def line(vm: str, slot: int | None, minutes: float = 60.0, **fields) -> VmPlan:
    """A VM's line of the plan."""
    made = {"vm_id": vm_id(vm), "name": vm, "vault_id": VAULT_ID, "region": "westeurope", "tier": "gold"}
    made |= {"action": Action.KEEP, "reason": "", "slot": slot, "current_slot": slot, "policy": "p"}
    made |= {"current_policy": "p", "allowed": (), "duration_slots": 2, "minutes": minutes, "measured": 5}
    return VmPlan(**(made | fields))
