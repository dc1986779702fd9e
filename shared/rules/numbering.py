"""Which numbered policy holds which VM? At most so many VMs a policy, and nobody renumbered without need."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.azure import PolicyType, ProtectedItem
from shared.rules.slot_policies import id_of, name_of


@dataclass(frozen=True, slots=True)
class Place:
    """A VM's planned place: its item, tier name, policy type and UTC start slot."""

    item: ProtectedItem
    tier: str
    policy_type: PolicyType
    slot: int


def numbered(places: Iterable[Place], vms_per_policy: int, staying: Iterable[ProtectedItem] = ()) -> dict[str, str]:
    """Return a policy name for each item id.

    A VM that is in one of the slot's policies already stays in it, as long as that number is needed; the others fill
    the lowest numbers with room, in order of VM id. `staying` are the items that are not planned: they take up room in
    the policies they are in.
    """
    taken = Counter(item.policy_id for item in staying)
    by_slot: dict[tuple[str, str, PolicyType, int], list[Place]] = defaultdict(list)
    for place in places:
        by_slot[place.item.vault_id, place.tier, place.policy_type, place.slot].append(place)
    names: dict[str, str] = {}
    for (vault_id, tier, policy_type, slot), members in by_slot.items():
        room: dict[str, int] = {}
        while sum(room.values()) < len(members):
            name = name_of(tier, policy_type, slot, len(room) + 1)
            room[name] = max(0, vms_per_policy - taken[id_of(vault_id, name)])
        names |= _fill(sorted(members, key=lambda place: place.item.vm_id), room)
    return names


def _fill(members: list[Place], room: dict[str, int]) -> dict[str, str]:
    """Give each member a policy, taking its place from the `room` there is."""
    names: dict[str, str] = {}
    for place in members:
        current = place.item.policy_name.lower()
        if room.get(current, 0) > 0:
            names[place.item.id] = current
            room[current] -= 1
    for place in members:
        if place.item.id not in names:
            name = next(name for name, free in room.items() if free > 0)
            names[place.item.id] = name
            room[name] -= 1
    return names
