"""Do the shelves of a world hold what a scan of all its records finds, whatever was done to them?"""

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta

import pytest

from local import fleets
from local.world import Refused, World, cancel, deletion, documents, human, on_demand, writes
from local.world.shelf import Shelf
from local.world.state import Item


def assert_found_as_by_a_scan(world: World) -> None:
    items = sorted(world.items.items())
    policies = sorted(world.policies.items())
    assert world.vms.in_order() == [vm for _, vm in sorted(world.vms.items())]
    for vault in world.vaults:
        mine = [item for _, item in items if item.vault_id == vault]
        assert world.items_in(vault) == mine
        assert world.policies_in(vault) == [policy for _, policy in policies if policy.vault_id == vault]
        for policy in world.policies_in(vault):
            assert world.members_in(vault)[policy.id] == sum(item.policy_id == policy.id for item in mine)
        jobs = [job for job in world.jobs.values() if job.vault_id == vault and job.visible_at <= world.now]
        jobs.sort(key=lambda job: (job.started_at, job.id), reverse=True)
        assert world.jobs_in(vault) == jobs
        since, until = jobs[-1].started_at, jobs[len(jobs) // 3].started_at
        assert world.jobs_in(vault, since, until) == [job for job in jobs if since <= job.started_at <= until]
    for vm in world.vms:
        assert world.item_of(vm) == next((item for _, item in items if item.vm_id.lower() == vm), None)
    for key in world.items:
        found = world.operations.at("item", key)
        assert found == [one for _, one in sorted(world.operations.items()) if one.item_id == key]


class Hands:
    """People who do to a world whatever the service lets them do."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.world = fleets.generated(24, vaults=3, regions=2, seed=seed, history_days=3)
        for vault in self.world.vaults.values():
            vault.soft_delete = self.draw.choice(["Enabled", "Disabled"])

    def item(self) -> Item:
        return self.draw.choice(self.world.items.in_order())

    def assign(self) -> None:
        item = self.item()
        policy = self.draw.choice(self.world.policies_in(item.vault_id))
        human.act(self.world, "assign", {"item": item.id, "policy_id": policy.id})

    def stop(self) -> None:
        human.act(self.world, "stop", {"vm": self.item().vm_id})

    def make(self) -> None:
        like = self.draw.choice(self.world.vms.in_order())
        human.act(self.world, "create", {"like": like.id, "name": f"new-{len(self.world.vms)}"})

    def lose(self) -> None:
        human.act(self.world, "delete", {"vm": self.draw.choice(self.world.vms.in_order()).id})

    def protect(self) -> None:
        vm = self.draw.choice([vm for vm in self.world.vms.in_order() if self.world.item_of(vm.id) is None])
        vault = self.draw.choice([vault for vault in self.world.vaults.values() if vault.region == vm.region])
        writes.protect(self.world, vault, vm, self.world.policies[f"{vault.id}/backupPolicies/Critical".lower()])

    def delete(self) -> None:
        item = self.item()
        deletion.delete_item(self.world, self.world.vaults[item.vault_id], item, "test")

    def write_policy(self) -> None:
        vault = self.draw.choice([*self.world.vaults.values()])
        name = self.draw.choice("abc")
        writes.put_policy(self.world, vault, name, documents.daily(self.draw.choice(["22:30", "01:00"])), "test")

    def delete_policy(self) -> None:
        deletion.delete_policy(self.world, self.draw.choice(self.world.policies.in_order()), "test")

    def back_up(self) -> None:
        item = self.item()
        on_demand.trigger_backup(self.world, self.world.vaults[item.vault_id], item.id, None, "test")

    def cancel(self) -> None:
        self.back_up()
        job = next(reversed(self.world.jobs.values()))
        cancel.cancel_job(self.world, self.world.vaults[job.vault_id], job, "test")

    def acts(self) -> list[Callable[[], None]]:
        """Return what can be done now."""
        found = [self.assign, self.stop, self.make, self.lose, self.delete, self.write_policy, self.delete_policy]
        unprotected = any(self.world.item_of(vm) is None for vm in self.world.vms)
        return [*found, self.back_up, self.cancel, *[self.protect] * unprotected]


@pytest.mark.parametrize("seed", range(4))
def test_after_random_acts_of_people_everything_is_found_as_by_a_scan(seed: int) -> None:
    hands, done = Hands(seed), set[str]()
    for _ in range(200):
        act = hands.draw.choice(hands.acts())
        try:
            act()
            done.add(act.__name__)
        except Refused:
            pass
        hands.world.advance(timedelta(minutes=hands.draw.choice([0, 1, 300])))
    assert len(done) == 10
    assert_found_as_by_a_scan(hands.world)
    assert_found_as_by_a_scan(deepcopy(hands.world))


def test_a_record_that_takes_anothers_place_is_found_at_its_own() -> None:
    shelf = Shelf[str](end=lambda word: word[-1])
    shelf.update({"b": "cat", "a": "dog", "c": "hat"})
    assert (shelf.in_order(), shelf.at("end", "t")) == (["dog", "cat", "hat"], ["cat", "hat"])
    shelf["b"] = "big"
    assert (shelf.at("end", "t"), shelf.at("end", "g")) == (["hat"], ["dog", "big"])
    assert (shelf.pop("a"), shelf.pop("x", "none"), shelf.at("end", "g")) == ("dog", "none", ["big"])
    shelf.clear()
    assert (len(shelf), shelf.in_order(), shelf.at("end", "t")) == (0, [], [])
