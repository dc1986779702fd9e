"""How many reads does an hour of watching cost? Twelve ticks of the watcher, counted by the pretend ARM's access log.

A failure must be announced within the tick after it shows. The fewest reads that see every job in time are therefore
one list of jobs for each vault and tick, or one query of Resource Graph a tick, which costs the vaults nothing.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from local import memory
from local.arm.app import application
from local.scenarios.wire import Wire, on_the_wire
from local.world import World, documents
from local.world.cloud import Cloud
from local.world.history import backfill, put
from local.world.runs import guid
from local.world.state import Vault, Vm
from local.world.writes import protect
from shared import fleet_policy
from shared.flows.job_failures.outbox import TICK
from shared.flows.job_failures.watch import watch
from shared.model.intent import FleetPolicy

DONE, WRONG = 0, 1
BOUND = 300
"""Provider reads an hour for up to 50 vaults: what the backup service allows one subscription of one action."""
TICKS = timedelta(hours=1) // TICK
PROVIDER, GRAPH = "/providers/microsoft.recoveryservices/", "/providers/microsoft.resourcegraph/"
_DAYS = 3
_REGION = "westeurope"


@dataclass(frozen=True, slots=True)
class Layout:
    """A fleet: so many vaults of so many VMs each, spread over so many subscriptions."""

    vaults: int
    vms_each: int
    subscriptions: int = 1


LAYOUTS = (Layout(50, 40), Layout(50, 40, 5), Layout(12, 40), Layout(25, 40), Layout(5, 1000))
SMOKE = Layout(50, 4)


@dataclass(frozen=True, slots=True)
class Reads:
    """Calls of an hour. `most_of_one` are the provider's reads of one action in one subscription: it counts those."""

    provider: int
    most_of_one: int
    graph: int
    refused: int
    floor_vaults: int
    floor_graph: int = TICKS

    @property
    def within(self) -> bool:
        """Whether the bound holds, and nothing was refused for want of budget."""
        return self.provider <= BOUND and not self.refused


def watched() -> int:
    """Measure every layout, and print a line of JSON for each; 1 where one needs more than the bound."""
    good = True
    with on_the_wire() as wire:
        for layout in LAYOUTS:
            found = measure(layout, wire)
            print(json.dumps({**asdict(layout), **asdict(found), "bound": BOUND, "ok": found.within}), flush=True)
            good = good and found.within
    return DONE if good else WRONG


def smoke() -> int:
    """Measure 50 small vaults, and say in a line what an hour of watching them takes."""
    with on_the_wire() as wire:
        found = measure(SMOKE, wire)
    print(
        f"{SMOKE.vaults:>7,} vaults: an hour of watching takes {found.provider} reads of them and {found.graph} of "
        f"Resource Graph; asking each vault at each tick would take {found.floor_vaults}"
    )
    return DONE if found.within else WRONG


def measure(layout: Layout, wire: Wire) -> Reads:
    """Let the watcher look for an hour of a night, after a first look, and count what the pretend ARM was asked."""
    world = fleet(layout)
    cloud = Cloud(world)
    wire.front.app = application(cloud)
    ports, intent = replace(memory.ports(world), vaults=wire.vaults, fleet=wire.fleet), _intent(layout)
    at = world.now.replace(hour=23, minute=0)
    for tick in range(TICKS + 1):
        cloud.clock_to(max(at + tick * TICK, world.now))
        watch(ports, intent, world.now)
        if not tick:
            cloud.log.clear()
    return count(cloud.log, layout.vaults)


def count(log: Sequence[Mapping[str, Any]], vaults: int) -> Reads:
    """Count an access log's reads."""
    reads = [one for one in log if one["method"] == "GET" and PROVIDER in str(one["path"]).lower()]
    counted = Counter((str(one["path"]).split("/")[2], one["action"]) for one in reads)
    return Reads(
        provider=len(reads),
        most_of_one=max(counted.values(), default=0),
        graph=sum(GRAPH in str(one["path"]).lower() for one in log),
        refused=sum(one["status"] == 429 for one in log),
        floor_vaults=vaults * TICKS,
    )


def fleet(layout: Layout) -> World:
    """Return a world of so many vaults and VMs, with some days behind each VM."""
    world = World(seed=7)
    for number in range(layout.vaults):
        vault = _vault(_subscription(number % layout.subscriptions), number)
        world.vaults[vault.id.lower()] = vault
        put(world, vault, "HourlyLogBackup", documents.workload())
        policy = put(world, vault, "DefaultPolicy", documents.daily("22:30", daily=30))
        for each in range(layout.vms_each):
            vm = _vm(world, vault.subscription, f"vm-{number:02}-{each:04}")
            world.vms[vm.id.lower()] = vm
            protect(world, vault, vm, policy)
    backfill(world, _DAYS, _DAYS)
    return world


def _subscription(number: int) -> str:
    return f"00000000-0000-0000-0000-{number + 1:012}"


def _vault(subscription: str, number: int) -> Vault:
    name, group = f"rsv-{number:02}", "rg-backup"
    provider = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices"
    return Vault(f"{provider}/vaults/{name}", name, subscription, group, _REGION)


def _vm(world: World, subscription: str, name: str) -> Vm:
    group = "rg-app"
    provider = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
    return Vm(
        id=f"{provider}/virtualMachines/{name}",
        name=name,
        subscription=subscription,
        resource_group=group,
        region=_REGION,
        guid=guid(world.seed, "vm", group, name),
        tags={"tier": "standard"},
        data_gb=400.0,
        churn_gb=40.0,
        transfer_minutes=75.0,
    )


def _intent(layout: Layout) -> FleetPolicy:
    scope = json.dumps([_subscription(number) for number in range(layout.subscriptions)])
    return fleet_policy.parse(f"""\
version: 1
scope: {{subscriptions: {scope}}}
windows: {{night: {{hours: "20:00-06:00", zone: UTC}}}}
tiers:
  standard:
    match: {{tag: tier, values: [standard]}}
    window: night
    retention: {{daily: {{days: 30}}}}
    rpo: 48h
""")
