"""Whose recovery points are watched in the story of retention? VMs of four tiers from the summer of 2027 on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local import fleets
from local.scenarios.intent import document
from local.world import Pace, World, documents
from local.world.history import backfill, put
from local.world.state import Item, Vault, Vm
from local.world.writes import protect

SUMMER = datetime(2027, 6, 1, 12, tzinfo=UTC)
"""A Tuesday; the 366 days that follow hold both clock changes, a leap day, and a January."""
REGION, ZONE, WINDOWS_ZONE = "westeurope", "Europe/Amsterdam", "W. Europe Standard Time"
MOST_IN_A_VAULT = 900
PACE_OF_RUNS = 30
"""Minutes within which a run begins."""
TAG = "backup-tier"
HELD = "2031-12-31;ops;has a policy of its own"
KEPT: Mapping[str, Mapping[str, int]] = {
    "gold": {"daily": 30, "weekly": 12, "monthly": 12, "yearly": 7},
    "silver": {"daily": 30, "weekly": 8, "monthly": 6},
    "bronze": {"daily": 20, "monthly": 3},
    "tin": {"daily": 14},
    "busy": {"daily": 14},
}
ON: Mapping[str, Mapping[str, str]] = {
    "gold": {"weekly": "sunday", "monthly": "first sunday", "yearly": "first sunday of january"},
    "silver": {"weekly": "sunday", "monthly": "last day"},
    "bronze": {"monthly": "day 15"},
    "tin": {},
    "busy": {},
}
A_DAY = 3
"""Backups of a VM of the busy tier, in the first weeks."""
BUSY_ONE_IN = 50
_UNITS = {"daily": "days", "weekly": "weeks", "monthly": "months", "yearly": "years"}
_DAYS: Mapping[str, Any] = {"last day": {"date": 0, "isLast": True}, "day 15": {"date": 15, "isLast": False}}
RAISED, APPROVED = "vm-raised", "vm-approved"
"""The VM that a tag moves to a tier which keeps more, and the one whose move to less a person approved."""
GENEROUS = 60
"""Days that its own policy keeps."""
OWN_ONE_IN, MOST_OWN = 8, 24
OWN = "Own-"
BUSY = 6
USUAL = ("gold", "silver", "bronze", "tin")


@dataclass(slots=True)
class Fleet:
    """A world of VMs, and what its fleet.yaml says.

    `windows` is the number of the windows in force, `a_day` how many backups a VM of the busy tier gets.
    """

    world: World
    windows: int = 0
    a_day: int = A_DAY
    approvals: list[dict[str, str]] = field(default_factory=list)

    def intent(self) -> str:
        """Return the fleet.yaml."""
        hours = ("21:00-05:00", "20:00-04:00", "22:30-06:00")[self.windows % 3]
        tiers = {name: _tier(name) for name in KEPT}
        tiers["busy"]["backups_per_day"] = self.a_day
        return document(
            windows={"night": {"hours": hours, "zone": ZONE}},
            tiers=tiers,
            capacity={},
            approve_retention_loss=self.approvals,
        )

    def item(self, name: str) -> Item:
        """Return the item of a VM by its name, also of one that is gone."""
        return next(item for item in self.world.memory.items.values() if item.vm_id.endswith(f"/{name}"))

    def busy(self) -> frozenset[str]:
        """Return the VMs (lower-cased ids) that are to have several points a day."""
        return frozenset(key for key, vm in self.world.vms.items() if vm.tags[TAG] == "busy")


def fleet(seed: int, vms: int) -> Fleet:
    """Return a fleet of `vms` VMs whose backups all begin well: in as many vaults as Azure's limits ask for."""
    pace = Pace(failure_rate=0.0, all_failures=True, lateness=timedelta(minutes=PACE_OF_RUNS))
    world = World(seed, SUMMER, pace=pace)
    count = max(2, -(-vms // MOST_IN_A_VAULT))
    for number in range(count):
        vault = fleets.add_vault(world, f"rsv-{number:02}", f"rg-backup-{number:02}", REGION)
        for tier in KEPT:
            put(world, vault, f"Old-{tier}", policy(tier, "22:30"))
        for index in range(number, vms, count):
            _add(world, vault, index)
    backfill(world, 2, 2)
    return Fleet(world)


def policy(tier: str, start: str, zone: str = "UTC", **more: int) -> dict[str, Any]:
    """Return the wire properties of a daily policy that keeps what the tier wants, or `more` of a class."""
    properties = documents.daily(start, zone, **{**KEPT[tier], **more})
    monthly = properties["retentionPolicy"].get("monthlySchedule")
    if day := _DAYS.get(ON[tier].get("monthly", "")):
        monthly["retentionScheduleFormatType"] = "Daily"
        monthly["retentionScheduleDaily"] = {"daysOfTheMonth": [dict(day)]}
        del monthly["retentionScheduleWeekly"]
    return properties


def _add(world: World, vault: Vault, index: int) -> Item:
    tier = "busy" if index % BUSY_ONE_IN == BUSY else list(KEPT)[index // 2 % len(USUAL)]
    name = {1: RAISED, 2: APPROVED}.get(index, f"vm-{index:05}")
    own = index % OWN_ONE_IN == 2 and index // OWN_ONE_IN < MOST_OWN
    if name == RAISED:
        tier = "tin"
    elif own:
        tier = "silver" if name == APPROVED else "gold"
    tags = {TAG: tier} | ({"nightshift-hold": HELD} if own else {})
    vm = fleets.add_vm(world, name, f"rg-{index % 7}", REGION, tags)
    vm.load, vm.transfer_minutes = "flat", max(vm.transfer_minutes, 60.0)
    home = world.policies[f"{vault.id}/backupPolicies/Old-{tier}".lower()]
    if own:
        zone, start = (WINDOWS_ZONE, "03:30") if index % (2 * OWN_ONE_IN) > OWN_ONE_IN else ("UTC", "23:00")
        home = put(
            world,
            vault,
            f"{OWN}{index:05}",
            policy(tier, start, zone, **({"daily": GENEROUS} if name == APPROVED else {})),
        )
    return protect(world, vault, vm, home)


def like(vm: Vm, name: str) -> str:
    """Return the id of a VM `name` beside another one."""
    return f"{vm.id.rpartition('/')[0]}/{name}"


def _tier(name: str) -> dict[str, Any]:
    kept: dict[str, dict[str, Any]] = {}
    for key, count in KEPT[name].items():
        kept[key] = {_UNITS[key]: count} | ({"on": ON[name][key]} if key in ON[name] else {})
    return {
        "match": {"tag": TAG, "values": [name]},
        "window": "night",
        "policy_type": "standard",
        "retention": kept,
        "instant_restore_days": 2,
        "rpo": "48h",
        "retry_outside_window": True,
    }
