"""What do people do to the backups meanwhile? Random acts behind the app's back, each remembered with what it meant."""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.world import Refused, World, human, points
from local.world.state import Item, Policy

SETTLES = timedelta(seconds=40)
"""A membership write takes effect within half a minute."""
USUAL = {
    "move": 3,
    "reschedule": 2,
    "keep_longer": 2,
    "keep_shorter": 2,
    "retier": 2,
    "hold": 3,
    "release": 1,
    "stop": 1,
}
"""What people do in a busy month, and how often: each is a method of `Hand`."""
FEWEST = 6
"""VMs that people leave in a fleet which they delete VMs from."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did: `subject` is an item's or a policy's id, lower-cased; `to` what it was set to."""

    at: datetime
    kind: str
    subject: str
    to: str = ""
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class Hand:
    """People at work in `world`; `acts` is what they did. What the service refuses them is not remembered.

    `habits` weighs what they do by the names of its methods, `tiers` are the tags they know, `spared` the items (ids,
    lower-cased) that nobody moves, stops or deletes.
    """

    world: World
    draw: random.Random
    habits: Mapping[str, int] = field(default_factory=lambda: dict(USUAL))
    tiers: tuple[str, ...] = ("critical", "standard", "gold")
    spared: frozenset[str] = frozenset()
    acts: list[Act] = field(default_factory=list)
    _before: dict[str, dict[str, Any]] = field(default_factory=dict)

    def act(self) -> None:
        """Do one thing at random."""
        (chosen,) = self.draw.choices(list(self.habits), list(self.habits.values()))
        getattr(self, chosen)()

    def move(self) -> None:
        """Move a VM to another policy of its vault."""
        if (item := self._item()) is None:
            return
        others = [
            policy
            for policy in self.world.policies_in(item.vault_id)
            if policy.rules.starts and policy.id != item.policy_id
        ]
        target = self.draw.choice(others).id
        self._human("move", item.id, target, "assign", item=item.id, policy_id=target)

    def reschedule(self) -> None:
        """Let one of our policies start at another time."""
        if (policy := self._our_policy()) is None:
            return
        start = f"T{self.draw.randrange(24):02}:{self.draw.choice(('00', '30'))}:00Z"
        properties = json.loads(re.sub(r"T\d\d:\d\d:00Z", start, json.dumps(policy.properties)))
        self.edit("schedule", policy, properties, start)

    def keep_longer(self) -> None:
        """Let one of our policies keep its daily points longer."""
        self._keep("longer", self.draw.randint(5, 40))

    def keep_shorter(self) -> None:
        """Let one of our policies keep its daily points for less long."""
        self._keep("shorter", -self.draw.randint(3, 12))

    def retier(self) -> None:
        """Tag a VM with another tier, or with one that does not exist."""
        if (item := self._item(self.spared)) is None:
            return
        vm_id, tier = item.vm_id, self.draw.choice(self.tiers)
        self._human("tier", vm_id, tier, "tag", vm=vm_id, tags={"backup-tier": tier})

    def hold(self) -> None:
        """Put a VM on hold for some days."""
        if (item := self._item(self.spared)) is None:
            return
        vm_id, until = item.vm_id, self.world.now.date() + timedelta(days=self.draw.randint(0, 4))
        value = f"{until};ops;change freeze"
        self._human("hold", vm_id, str(until), "tag", vm=vm_id, tags={"nightshift-hold": value})

    def release(self) -> None:
        """End a hold before its time."""
        held = sorted(vm.id for vm in self.world.vms.values() if "nightshift-hold" in vm.tags)
        if held:
            vm_id = self.draw.choice(held)
            self._human("release", vm_id, "", "tag", vm=vm_id, tags={"nightshift-hold": None})

    def stop(self) -> None:
        """Stop a VM's protection, keeping its points."""
        few = sum(act.kind == "stop" for act in self.acts) < len(self.world.items) // 5
        if few and (item := self._item()) is not None:
            self._human("stop", item.id, "", "stop", item=item.id)

    def protect_again(self) -> None:
        """Put a VM whose protection was stopped under one of its vault's policies."""
        stopped = [item for _, item in sorted(self.world.items.items()) if item.state == "ProtectionStopped"]
        if stopped:
            item = self.draw.choice(stopped)
            policies = [policy for policy in self.world.policies_in(item.vault_id) if policy.rules.starts]
            target = self.draw.choice(policies).id
            self._human("again", item.id, target, "assign", item=item.id, policy_id=target)

    def undo(self) -> None:
        """Put a policy back as it was before somebody's last edit."""
        if self._before:
            policy_id = self.draw.choice(sorted(self._before))
            policy, properties = self.world.policies[policy_id], self._before[policy_id]
            kept = properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"]
            self.edit("shorter" if kept < policy.rules.kept["daily"] else "longer", policy, properties, str(kept))
            del self._before[policy_id]

    def create(self) -> None:
        """Make a VM like another one."""
        if (item := self._item(self.spared)) is not None:
            name = f"vm-new-{len(self.done('create')):03}"
            self._human("create", item.vm_id, name, "create", like=item.vm_id, name=name)

    def delete(self) -> None:
        """Delete a VM; what protects it stays."""
        if len(self.world.vms) > FEWEST and (item := self._item()) is not None:
            self._human("delete", item.vm_id, "", "delete", vm=item.vm_id)

    def done(self, kind: str) -> list[Act]:
        """Return the acts of one kind."""
        return [act for act in self.acts if act.kind == kind]

    def edit(self, kind: str, policy: Policy, properties: dict[str, Any], to: str) -> None:
        """Overwrite a policy, unless that changes nothing."""
        if properties != policy.properties:
            self._before[policy.id.lower()] = policy.properties
            self._human(kind, policy.id, to, "edit", policy_id=policy.id, properties=properties)

    def _keep(self, kind: str, by: int) -> None:
        if (policy := self._our_policy()) is None:
            return
        properties = json.loads(json.dumps(policy.properties))
        kept = properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]
        kept["count"] = max(7, kept["count"] + by)
        self.edit(kind, policy, properties, str(kept["count"]))

    def _human(self, kind: str, subject: str, to: str, how: str, **what: Any) -> None:
        """Do it; what people give up by their own hand is no longer promised to anybody."""
        named = subject.lower()
        members = tuple(key for key, item in self.world.items.items() if named in {key, item.policy_id.lower()})
        began = self.world.now
        try:
            human.act(self.world, how, what)
        except Refused:
            return
        self.world.advance(SETTLES)
        self.acts.append(Act(began, kind, named, to.lower(), members))
        if how in {"assign", "edit"}:
            for member in members:
                _promise_only_what_is_kept(self.world, self.world.items[member])

    def _item(self, also: frozenset[str] = frozenset()) -> Item | None:
        """Choose an item that backups run for and whose VM is there; a spared one only where it is in `also`."""
        closed = self.spared - also
        found = [
            item
            for key, item in sorted(self.world.items.items())
            if item.active and item.vm_id.lower() in self.world.vms and key not in closed
        ]
        return self.draw.choice(found) if found else None

    def _our_policy(self) -> Policy | None:
        used = {item.policy_id for item in self.world.items.values()}
        ours = [policy for _, policy in sorted(self.world.policies.items()) if policy.name.startswith("ns-")]
        return self.draw.choice(found) if (found := [policy for policy in ours if policy.id in used]) else None


def _promise_only_what_is_kept(world: World, item: Item) -> None:
    rules = world.rules_of(item)
    for point in item.points:
        point.promised = min(point.promised, points.keeps(point, rules))
