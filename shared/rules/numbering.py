"""Which numbered policy holds which VM? At most so many VMs a policy, and nobody renumbered without need."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.azure import PolicyType, ProtectedItem
from shared.rules.slot_policies import name_of


@dataclass(frozen=True, slots=True)
class Place:
    """A VM's planned place: its item, tier name, policy type and UTC start slot."""

    item: ProtectedItem
    tier: str
    policy_type: PolicyType
    slot: int


def numbered(places: Iterable[Place], vms_per_policy: int) -> dict[str, str]:
    """Return a policy name for each item id.

    A VM that is in one of the slot's policies already stays in it; the others fill the lowest numbers with room,
    in order of VM id.
    """
    by_slot: dict[tuple[str, str, PolicyType, int], list[Place]] = defaultdict(list)
    for place in places:
        by_slot[place.item.vault_id, place.tier, place.policy_type, place.slot].append(place)
    names: dict[str, str] = {}
    for (_, tier, policy_type, slot), members in by_slot.items():
        chain = [name_of(tier, policy_type, slot, number) for number in range(1, len(members) + 1)]
        names |= _fill(sorted(members, key=lambda place: place.item.vm_id), chain, vms_per_policy)
    return names


def _fill(members: list[Place], chain: list[str], vms_per_policy: int) -> dict[str, str]:
    taken: dict[str, int] = dict.fromkeys(chain, 0)
    names: dict[str, str] = {}
    for place in members:
        current = place.item.policy_name.lower()
        if current in taken and taken[current] < vms_per_policy:
            names[place.item.id] = current
            taken[current] += 1
    for place in members:
        if place.item.id not in names:
            name = next(name for name in chain if taken[name] < vms_per_policy)
            names[place.item.id] = name
            taken[name] += 1
    return names
