"""Does a new intent keep less than the one in force? Tiers compared by name, before anything is published."""

from shared.model.azure import PolicyType
from shared.model.intent import FleetPolicy
from shared.rules.retention import losses
from shared.rules.slot_policies import slot_policy


def shortened(current: FleetPolicy, proposed: FleetPolicy) -> tuple[str, ...]:
    """Return every way in which a tier of `proposed` keeps less than the tier of that name in force.

    Slot policies are never shortened in place, so such a document could not be carried out: its VMs would be held.
    A tier of a new name may keep less; a move into it is then judged VM by VM.
    """
    tiers = {tier.name: tier for tier in proposed.tiers}
    return tuple(
        f"tiers.{tier.name}: {loss}; expected at least what is in force: give the smaller tier a new name"
        for tier in current.tiers
        if tier.name in tiers
        for loss in losses(
            slot_policy("", tier, PolicyType.ENHANCED, 0, 0),
            slot_policy("", tiers[tier.name], PolicyType.ENHANCED, 0, 0),
        )
    )
