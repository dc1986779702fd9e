"""Does every VM get a numbered policy with room, and nobody a new number without need? (Safety rules 5 and 8.)"""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import PolicyType
from shared.rules.numbering import Place, numbered
from shared.rules.slot_policies import name_of
from tests.rules.fleet import item, names, policy

JUDGED = settings(max_examples=150, deadline=None, derandomize=True)


def place(name: str, slot: int = 4, inside: str = "Legacy", kind: PolicyType = PolicyType.STANDARD) -> Place:
    return Place(item(name, policy(inside)), "gold", kind, slot)


def test_more_vms_than_one_policy_holds_take_more_policies():
    places = [place(name) for name in names(5)]
    assert Counter(numbered(places, 2).values()) == {"ns-gold-0200": 2, "ns-gold-0200-2": 2, "ns-gold-0200-3": 1}


def test_a_vm_stays_in_the_number_it_has():
    inside = {"app-000": "ns-gold-0200-2", "app-001": "ns-gold-0200", "app-002": "ns-gold-0200-2"}
    places = [place(name, inside=inside.get(name, "Legacy")) for name in names(4)]
    found = numbered(places, 2)
    assert [found[one.item.id] for one in places] == [*inside.values(), "ns-gold-0200"]


def test_a_number_that_is_not_needed_any_more_is_left():
    assert list(numbered([place("app", inside="ns-gold-0200-3")], 100).values()) == ["ns-gold-0200"]


def test_slots_types_tiers_and_vaults_have_numbers_of_their_own():
    standard, enhanced, later = place("a"), place("b", kind=PolicyType.ENHANCED), place("c", slot=5)
    elsewhere = Place(item("d", policy(vault_id="/vaults/other")), "gold", PolicyType.STANDARD, 4)
    assert sorted(numbered([standard, enhanced, later, elsewhere], 1).values()) == [
        "ns-gold-0200",
        "ns-gold-0200",
        "ns-gold-0200-v2",
        "ns-gold-0230",
    ]


def test_vms_that_stay_in_a_policy_take_up_its_room():
    places = [place(name) for name in names(3)]
    held = ("ns-gold-0200", "ns-gold-0200-2", "ns-gold-0200-2")
    found = numbered(places, 2, [item(f"held-{n}", policy(inside)) for n, inside in enumerate(held)])
    assert sorted(found.values()) == ["ns-gold-0200", "ns-gold-0200-3", "ns-gold-0200-3"]


CURRENT = [*(name_of("gold", PolicyType.STANDARD, slot, number) for slot in (4, 5) for number in (1, 2, 3)), "Legacy"]


@JUDGED
@given(
    st.lists(st.tuples(st.sampled_from([4, 5]), st.sampled_from(CURRENT)), max_size=20),
    st.integers(1, 4),
    st.dictionaries(st.sampled_from(CURRENT[:-1]), st.integers(0, 6), max_size=4),
    st.randoms(use_true_random=False),
)
def test_no_policy_is_over_full_and_the_order_of_the_vms_does_not_matter(wanted, room, staying, chance):
    places = [place(f"app-{n:03d}", slot, inside) for n, (slot, inside) in enumerate(wanted)]
    held = [item(f"held-{name}-{n}", policy(name)) for name, many in staying.items() for n in range(many)]
    found = numbered(places, room, held)
    shuffled = places.copy()
    chance.shuffle(shuffled)
    assert numbered(shuffled, room, held) == found
    assert set(found) == {one.item.id for one in places}
    for name, count in Counter(found.values()).items():
        assert count + staying.get(name, 0) <= room


@JUDGED
@given(st.lists(st.sampled_from([4, 5]), max_size=20), st.integers(1, 4))
def test_numbering_again_changes_nothing_and_uses_no_more_policies_than_needed(wanted, room):
    places = [place(f"app-{n:03d}", slot) for n, slot in enumerate(wanted)]
    found = numbered(places, room)
    again = [place(one.item.name, one.slot, found[one.item.id]) for one in places]
    assert numbered(again, room) == found
    counts = Counter(wanted)
    assert len(set(found.values())) == sum(-(-count // room) for count in counts.values())
