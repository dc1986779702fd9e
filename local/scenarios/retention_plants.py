"""Which recovery points are lost on purpose, and how? Acts of people and of Azure on VMs that are otherwise well."""

import heapq
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from local.scenarios.retention_fleet import APPROVED, OWN, PACE_OF_RUNS, TAG, like
from local.world import Refused, World, documents, human, runs
from local.world.state import Item, Policy
from local.world.writes import put_item

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGUN = (PACE_OF_RUNS + 5) * MINUTE
"""So long after its slot a run has begun."""
ERRORS: Mapping[str, str] = {
    "off": "AzureVmOffline",
    "agent": "UserErrorGuestAgentStatusUnavailable",
    "quota": "UserErrorRpCollectionLimitReached",
    "throttled": "CloudDosAbsoluteLimitReached",
    "settings": "UserErrorKeyVaultPermissionsNotConfigured",
    "platform": "CloudInternalError",
}
"""The error with which one run is let fail, by the name of the act."""
GAPS: Mapping[str, float] = {
    "collides": 1, "off": 1, "agent": 1, "quota": 1, "throttled": 1, "settings": 1, "platform": 1, "cancels": 1,
    "stops": 3, "deletes": 3, "weekly": 7, "shortens": 8,
}  # fmt: skip
"""How many points each act costs, about."""
WEIGHTS: Mapping[str, float] = {
    "collides": 6, "off": 3, "agent": 3, "quota": 3, "throttled": 2, "settings": 2, "platform": 3, "cancels": 2,
    "stops": 0.6, "deletes": 0.2, "weekly": 0.2, "shortens": 0.2,
}  # fmt: skip
LONG_TERM = 0.5
"""Share of the acts on one run that look for one which carries more than the daily class, where there is any."""
MANY, OFTEN, SELDOM = 0.3, 2.5, 0.75
"""Where more than so many VMs' next runs carry more than the daily class, more is lost; on other days less."""
QUIET = timedelta(days=3)
"""How long a VM is left alone after an act is over."""
SHORT = 10
"""Days that a shortened policy keeps."""


class Plants:
    """Loses points in `world`. `touched` are the VMs, vaults and policies (ids, lower-cased) that were acted on."""

    def __init__(self, world: World, draw: random.Random, wanted: float, days: float) -> None:
        self.world = world
        self.happened = Counter[str]()
        self.touched: set[str] = set()
        self.gone: set[str] = set()
        self._draw = draw
        mean = sum(GAPS[name] * WEIGHTS[name] for name in WEIGHTS) / sum(WEIGHTS.values())
        self._a_day = wanted / mean / max(days, 1)
        self._owed = 0.0
        self._free: dict[str, datetime] = {}
        self._coming: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def day(self) -> None:
        """Choose what is lost from now, about noon, until tomorrow at this hour."""
        tagged = sum(self._carries(item) for item in self.world.items.values() if item.active)
        self._owed += self._a_day * (OFTEN if tagged > len(self.world.items) * MANY else SELDOM)
        while self._owed >= 1:
            self._owed -= 1
            (name,) = self._draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self.plant(name)

    def due(self) -> datetime | None:
        """Return when the next act comes."""
        return self._coming[0][0] if self._coming else None

    def happen(self) -> None:
        """Let the next act come; what the service refuses does not happen."""
        try:
            heapq.heappop(self._coming)[2]()
        except Refused:
            self.happened["refused"] += 1

    def plant(self, name: str, item: Item | None = None) -> Item | None:
        """Let one act come in the next hours, to the item or to any that was left alone; return whose points it costs.

        None, where no VM is free for it.
        """
        if item is None:
            item = self._item(own=name in {"weekly", "shortens"}, any_day=name not in {*ERRORS, "collides", "cancels"})
        if item is None:
            return None
        self.happened[name] += 1
        self.touched |= {item.vm_id.lower(), item.policy_id.lower()}
        self._free[item.id.lower()] = self.world.now + 2 * DAY + QUIET
        if name in ERRORS:
            self._fails(item, ERRORS[name])
        else:
            getattr(self, f"_{name}")(item)
        return item

    def free(self) -> Item | None:
        """Return an item that nobody has acted on of late, at random; None where there is none."""
        return self._item(own=False, any_day=True)

    def spare(self, item: Item) -> None:
        """Leave the item alone from now on."""
        self._busy(item, 100_000)

    def soft_delete_off(self, vault_id: str, days: float = 3) -> None:
        """Let somebody switch a vault's soft delete off, and on again some days later."""
        self.touched.add(vault_id.lower())
        self._at(self.world.now, lambda: self._human("settings", vault=vault_id, soft_delete="Disabled"))
        back = self.world.now + days * DAY
        self._at(back, lambda: self._human("settings", vault=vault_id, soft_delete="Enabled"))

    def _fails(self, item: Item, code: str) -> None:
        slot = self._next(item)
        self._at(slot - 5 * MINUTE, lambda: self._human("afflict", vm=item.vm_id, code=code))
        self._at(slot + BEGUN, lambda: self._human("mend", vm=item.vm_id))

    def _collides(self, item: Item) -> None:
        """Somebody backs the VM up by hand just before its run is due, and that lasts for longer than a run waits."""
        before = self._draw.uniform(2, 9) * MINUTE
        self._at(self._next(item) - before, lambda: self._human("back up", item=item.id))

    def _cancels(self, item: Item) -> None:
        slot, vm = self._next(item), self.world.vms[item.vm_id.lower()]
        late = runs.course(self.world.seed, vm, slot, self.world.pace).late
        self._at(slot + late + 2 * MINUTE, lambda: self._human("cancel", item=item.id))

    def _stops(self, item: Item) -> None:
        """Somebody stops protection, and takes it up again days later."""
        home, days = item.policy_id, self._draw.randint(2, 4)
        self._busy(item, days)
        self._at(self.world.now + MINUTE, lambda: self._human("stop", item=item.id))
        back = self.world.now + days * DAY
        self._at(back, lambda: self._human("assign", item=item.id, policy_id=home))

    def _deletes(self, item: Item) -> None:
        """Somebody deletes the VM, and days later stops its protection."""
        self.gone.add(item.vm_id.lower())
        self._busy(item, 100_000)
        self._at(self.world.now + MINUTE, lambda: self._human("delete", vm=item.vm_id))
        days = self._draw.randint(2, 4)
        self._at(self.world.now + days * DAY, lambda: self._human("stop", item=item.id))

    def _weekly(self, item: Item) -> None:
        """Somebody lets a policy run on Sundays only, and back a week later."""
        policy = self.world.policies[item.policy_id.lower()]
        self._busy(item, 9)
        self._edit(policy, weekly_of(policy), 8 * DAY)

    def _shortens(self, item: Item) -> None:
        """Somebody lets a policy keep daily points for less long, and back days later."""
        policy = self.world.policies[item.policy_id.lower()]
        properties = json.loads(json.dumps(policy.properties))
        properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = SHORT
        self._busy(item, 45)
        self._edit(policy, properties, 3 * DAY)

    def _edit(self, policy: Policy, properties: dict[str, Any], until: timedelta) -> None:
        before = json.loads(json.dumps(policy.properties))
        now = self.world.now + MINUTE
        self._at(now, lambda: self._human("edit", policy_id=policy.id, properties=properties))
        self._at(now + until, lambda: self._human("edit", policy_id=policy.id, properties=before))

    def _item(self, *, own: bool, any_day: bool) -> Item | None:
        """Choose an item that was left alone for a while, whose VM is there."""
        found = [
            item
            for key, item in sorted(self.world.items.items())
            if item.active
            and self._free.get(key, self.world.now) <= self.world.now
            and item.vm_id.lower() in self.world.vms
            and item.state == "Protected"
            and (own == (f"/{OWN}" in item.policy_id))
            and self.world.vms[item.vm_id.lower()].tags[TAG] != "busy"
            and not item.vm_id.endswith(f"/{APPROVED}")
        ]
        tagged = [] if any_day or self._draw.random() > LONG_TERM else [one for one in found if self._carries(one)]
        return self._draw.choice(tagged or found) if found else None

    def _carries(self, item: Item) -> bool:
        rules = self.world.rules_of(item)
        return rules is not None and bool(rules.tags(self._next(item)) - {"daily"})

    def _next(self, item: Item) -> datetime:
        rules = self.world.rules_of(item)
        assert rules is not None, "an active item has a policy"
        return rules.next_run(self.world.now + 10 * MINUTE)

    def _busy(self, item: Item, days: float) -> None:
        self._free[item.id.lower()] = self.world.now + days * DAY + QUIET

    def _human(self, kind: str, **what: object) -> None:
        human.act(self.world, kind, what)

    def _at(self, instant: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self._coming, (instant, next(self._numbers), act))


def weekly_of(policy: Policy) -> dict[str, Any]:
    """Return a policy's properties with a schedule of Sundays only; the rest of its retention must name Sundays."""
    properties = json.loads(json.dumps(policy.properties))
    start = f"{policy.rules.starts[0] // 60:02}:{policy.rules.starts[0] % 60:02}"
    time, kept = documents.time_of(start), properties["retentionPolicy"]
    properties["schedulePolicy"] |= {"scheduleRunFrequency": "Weekly", "scheduleRunDays": ["Sunday"]}
    kept.pop("dailySchedule")
    assert kept["weeklySchedule"]["retentionTimes"] == [time], "one start, in schedule and retention alike"
    return {**properties, "instantRpRetentionRangeInDays": 5}


def new_vm(world: World, beside: Item, name: str) -> str:
    """Let somebody make a VM like an item's, and protect it by the same policy; return its id, lower-cased."""
    vault, policy_id = world.vaults[beside.vault_id], beside.policy_id
    human.act(world, "create", {"like": beside.vm_id, "name": name})
    vm = world.vms[like(world.vms[beside.vm_id.lower()], name).lower()]
    vm.tags, vm.data_gb = {TAG: vm.tags[TAG]}, vm.churn_gb
    names = f"iaasvmcontainerv2;{vm.resource_group.lower()};{name}"
    within = "backupFabrics/Azure/protectionContainers"
    item_id = f"{vault.id}/{within}/IaasVMContainer;{names}/protectedItems/VM;{names}"
    put_item(world, vault, item_id, {"policyId": policy_id, "sourceResourceId": vm.id}, human.CALLER)
    return vm.id.lower()
