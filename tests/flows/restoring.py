"""On what are restores tried here? One vault with points, a pool of accounts, and both queues worked off in time."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local import fleets, memory, pools
from local.memory.queues import MemoryQueues
from local.memory.told import MemoryEvents, MemoryWebhook
from local.world import Pace, World, documents, machines, state
from local.world.history import backfill, put
from local.world.resources import ResourceGroup, Restore
from local.world.writes import protect
from shared import fleet_policy
from shared.flows.restores import advance, fan_out, rows, watch
from shared.flows.restores.rows import Under
from shared.messages.restore_tasks import result_from_json
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import RestoreResult, Step
from shared.ports import Ports

SUB = fleets.SUBSCRIPTION
GROUPS = f"/subscriptions/{SUB}/resourceGroups"
TARGET, PRODUCTION = f"{GROUPS}/rg-restored", f"{GROUPS}/rg-vms"
NETWORK = f"{GROUPS}/rg-net/providers/Microsoft.Network/virtualNetworks/net"
AWAY = "northeurope"
MINUTE = timedelta(minutes=1)

type Event = Exception | Callable[[], object] | None


def document(accounts: Iterable[str], away: Iterable[str] = (), **restore: Any) -> str:
    """Return a fleet.yaml whose restores may use these accounts, and those in the paired region."""
    region = {
        "accounts": {"group": f"{GROUPS}/rg-staging", "names": list(accounts)},
        "groups": [TARGET],
        "subnets": [f"{NETWORK}/subnets/default"],
        "production_groups": [PRODUCTION],
    }
    second = {"accounts": {"group": f"{GROUPS}/rg-staging", "names": list(away)}, "groups": [TARGET]}
    tier = {"match": {"tag": "tier", "values": ["standard"]}, "window": "night", "rpo": "48h"}
    return json.dumps(
        {
            "version": 1,
            "scope": {"subscriptions": [SUB]},
            "windows": {"night": {"hours": "20:00-06:00", "zone": "UTC"}},
            "tiers": {"standard": {**tier, "retention": {"daily": {"days": 30}}}},
            "alerts": {"webhook": "INBOX"},
            "restore": {"regions": {"westeurope": region, **({AWAY: second} if away else {})}, **restore},
        }
    )


@dataclass
class Desk:
    """Restores in memory; `calls` are the calls to Azure, `script` what happens at the next ones."""

    world: World
    ports: Ports
    intent: FleetPolicy
    calls: list[str]
    script: dict[str, list[Event]] = field(default_factory=dict)

    def will(self, call: str, *events: Event) -> None:
        """Let these events happen at the next calls named so."""
        self.script[call] = list(events)

    def vm_id(self, number: int = 0) -> str:
        """Return the id of a VM."""
        return f"{GROUPS}/rg-vms/providers/Microsoft.Compute/virtualMachines/vm-{number}"

    def request(self, *numbers: int, **changes: Any) -> str:
        """Return a message for the VMs, from points that are in the vault alone; a change to None leaves it out."""
        body = {
            "version": 1,
            "id": "r1",
            "requester": "ops",
            "purpose": "a test",
            "vms": [self.vm_id(number) for number in numbers or (0,)],
            "mode": "disks",
            "point": {"before": (self.world.now - timedelta(days=4)).isoformat()},
        }
        return json.dumps({key: value for key, value in {**body, **changes}.items() if value is not None})

    def ask(self, text: str, *, production: bool = False) -> None:
        """Give a message to the flow, as its trigger does."""
        fan_out.receive(self.ports, self.intent, fan_out.Letter(text, production), self.world.now)

    def send(self, *numbers: int, production: bool = False, **changes: Any) -> None:
        """Ask for restores of the VMs."""
        self.ask(self.request(*numbers, **changes), production=production)

    @property
    def queues(self) -> MemoryQueues:
        """The queues."""
        assert isinstance(self.ports.queues, MemoryQueues)
        return self.ports.queues

    def work(self) -> None:
        """Take every step that a message is due for now."""
        while (message := self.queues.take([advance.QUEUE])) is not None:
            advance.receive(self.ports, self.intent, message.body, self.world.now)

    def watch(self) -> watch.Watch:
        """Watch once."""
        return watch.watch(self.ports, self.intent, self.world.now)

    def minutes(self, count: float) -> None:
        """Let so many minutes pass: messages as they are due, the watcher on each."""
        until = self.world.now + count * MINUTE
        while self.world.now < until:
            due = self.queues.due([advance.QUEUE])
            tick = self.world.now.replace(second=0, microsecond=0) + MINUTE
            self.world.advance_to(max(self.world.now, min(due or until, tick, until)))
            self.work()
            if self.world.now == tick:
                self.watch()
                self.work()

    def until(self, *steps: Step, number: int = 0, request: str = "r1", most: float = 3000) -> None:
        """Let time pass until the task stands at one of the steps, minute by minute."""
        begins = self.world.now
        while self.step(number, request) not in steps:
            assert self.world.now - begins < most * MINUTE, f"{self.step(number, request)}: {self.one(number).state}"
            self.minutes(1)

    def key(self, number: int = 0, request: str = "r1") -> str:
        """Return the key of a task."""
        item = next(one for one in self.world.items.values() if one.container.endswith(f";vm-{number}"))
        return f"{request}|{item.id}".lower()

    def one(self, number: int = 0, request: str = "r1") -> Under:
        """Return a task that is under way."""
        found = rows.find(self.ports.ledger, self.key(number, request))
        assert found is not None
        return found

    def step(self, number: int = 0, request: str = "r1") -> Step | None:
        """Return where a task stands, also once it is over; None for none."""
        row = self.ports.ledger.read(rows.TASKS, self.key(number, request))
        row = row or self.ports.ledger.read(rows.ENDED, self.key(number, request))
        return None if row is None else rows.state_of(row).step

    def results(self, request: str = "r1") -> dict[str, RestoreResult]:
        """Return the request's results by the VM's name."""
        found = [result_from_json(text) for name, text in self.ports.results.of(request).items() if name != "plan"]
        return {one.vm_id.rpartition("/")[2]: one for one in found}

    def rejected(self) -> list[list[str]]:
        """Return the reasons of each message that was rejected."""
        return [json.loads(body)["reasons"] for body in self.queues.waiting("restore-rejected")]

    def events(self) -> list[str]:
        """Return the types of the events that were published."""
        assert isinstance(self.ports.events, MemoryEvents)
        return [event.type for event in self.ports.events.published]

    def alerts(self) -> list[str]:
        """Return the keys of the alerts that were posted."""
        assert isinstance(self.ports.webhook, MemoryWebhook)
        return [alert.key for alert, _ in self.ports.webhook.posted]

    def restores(self) -> list[Restore]:
        """Return what Azure has begun, oldest first."""
        return list(self.world.restores.values())

    def job(self, restore: Restore) -> state.Job:
        """Return the job of a restore."""
        return self.world.jobs[restore.job_id]

    def stop(self, number: int = 0) -> None:
        """Deallocate a VM at once."""
        record = self.world.vms[self.vm_id(number).lower()]
        record.power, record.power_since = machines.POWERS["deallocate"], self.world.now


def two_regions(away: int = 2, vms: int = 2, **restore: Any) -> Desk:
    """Return a desk whose vault's secondary region can be read, with so many accounts there: staway0 and on."""
    names = [f"staway{number}" for number in range(away)]
    made = desk(vms, away=names, **restore)
    for vault in made.world.vaults.values():
        vault.cross_region = True
    for name in names:
        pools.add_account(made.world, name, f"{SUB}/rg-staging", AWAY).load = 0.0
    return made


def desk(
    vms: int = 2, accounts: int = 2, switches: Iterable[str] = ("restore",), fails: float = 0.0, **restore: Any
) -> Desk:
    """Return a vault of `vms` VMs of 300 GB and so many idle accounts, st-0 the first, on a Monday at 09:00 UTC."""
    world = World(seed=3, pace=Pace(failure_rate=0.0, restore_failure_rate=fails))
    vault = fleets.add_vault(world, "rsv-0", "rg-backup", "westeurope")
    policy = put(world, vault, "DefaultPolicy", documents.daily("22:30", daily=30))
    for number in range(vms):
        vm = fleets.add_vm(world, f"vm-{number}", "rg-vms", "westeurope", {"tier": "standard"})
        vm.data_gb, vm.power = 300.0, "running"
        protect(world, vault, vm, policy)
    backfill(world, 7, 7)
    names = [f"strestore{number}" for number in range(accounts)]
    for name in names:
        pools.add_account(world, name, f"{SUB}/rg-staging", "westeurope").load = 0.0
    group = ResourceGroup(TARGET, "rg-restored", SUB, "westeurope")
    world.groups[TARGET.lower()] = group
    world.advance_to(world.now.replace(hour=9, minute=0, second=30, microsecond=0) + timedelta(days=1))
    calls: list[str] = []
    script: dict[str, list[Event]] = {}

    def happens(call: str) -> None:
        calls.append(call)
        event = script[call].pop(0) if script.get(call) else None
        if isinstance(event, BaseException):
            raise event
        if event is not None:
            event()

    ports = memory.ports(world, switches, happens)
    return Desk(world, ports, fleet_policy.parse(document(names, **restore)), calls, script)
