"""On which fleet do flows run here? One or two vaults in memory, a script of faults, and a count of every call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from local import fleets, memory
from local.world import Pace, World, documents, state
from local.world.history import backfill, put
from local.world.human import act
from local.world.writes import protect
from shared import fleet_policy
from shared.errors import Transient
from shared.flows import backup_windows
from shared.flows.backup_windows import Enforcement
from shared.model.intent import FleetPolicy
from shared.model.plan import Outcome, Plan, Step
from shared.ports import Ports

SUBSCRIPTION = fleets.SUBSCRIPTION
AFTERNOON = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""A Monday, when the first night is planned; its moves are due at 09:00 the morning after."""
POLICY = f"""\
version: 1
scope: {{subscriptions: ["{SUBSCRIPTION}"]}}
windows: {{night: {{hours: "20:00-06:00", zone: UTC}}}}
tiers:
  standard:
    match: {{tag: tier, values: [standard]}}
    window: night
    retention: {{daily: {{days: 30}}}}
    rpo: 48h
"""
LOST = Transient("503: the answer was lost")
THROTTLED = Transient("429: too many requests", 17.0, refused=True)

type Event = Exception | Callable[[], object] | None
"""What happens at a call: an error, something that somebody does just then, or nothing."""


@dataclass
class Stage:
    """A fleet with a night before it; `calls` are the calls to Azure, `script` what happens at the next ones."""

    world: World
    ports: Ports
    intent: FleetPolicy
    calls: list[str]
    script: dict[str, list[Event]] = field(default_factory=dict)

    def will(self, call: str, *events: Event) -> None:
        """Let these events happen at the next calls named so."""
        self.script[call] = list(events)

    def plan(self) -> Plan:
        """Plan now, and forget the calls that it took."""
        made = backup_windows.plan(self.ports, self.intent, self.world.now)
        self.calls.clear()
        return made

    def planned(self) -> Plan:
        """Plan now, and let time pass until the first move is due."""
        made = self.plan()
        self.world.advance_to(min(move.due for move in made.moves if move.due))
        return made

    def enforce(self) -> Enforcement:
        """Enforce now."""
        return backup_windows.enforce(self.ports, self.intent, self.world.now)

    def settled(self) -> Plan:
        """Plan and enforce, so that every VM is where it was planned; forget the calls that it took."""
        made = self.planned()
        done = self.enforce()
        assert {step.outcome for step in done.steps} == {Outcome.WRITTEN}
        self.calls.clear()
        return made

    def next_hour(self) -> None:
        """Let time pass until the next full hour."""
        hour = self.world.now.replace(minute=0, second=0, microsecond=0)
        self.world.advance_to(hour + timedelta(hours=1))

    def tomorrow(self) -> None:
        """Let time pass until the next afternoon, when the next night is planned."""
        at_four = self.world.now.replace(hour=16, minute=0, second=0, microsecond=0)
        self.world.advance_to(at_four if at_four > self.world.now else at_four + timedelta(days=1))

    def human(self, kind: str, **what: object) -> None:
        """Let somebody do something by hand, and let it end."""
        act(self.world, kind, dict(what))
        self.world.advance(timedelta(minutes=1))

    def count(self, call: str) -> int:
        """Count the calls named so."""
        return self.calls.count(call)

    @property
    def writes(self) -> int:
        """How many writes were sent to Azure."""
        return self.count("vaults.write_policy") + self.count("vaults.assign_policy")

    def item(self, name: str = "vm-0") -> state.Item:
        """Return the protected item of the VM with this name."""
        return next(item for item in self.world.items.values() if item.container.endswith(f";{name}"))

    def vm(self, name: str = "vm-0") -> state.Vm:
        """Return the VM with this name."""
        return next(vm for vm in self.world.vms.values() if vm.name == name)

    def policy(self, name: str, vault: str = "rsv-0") -> state.Policy:
        """Return a vault's policy."""
        found = next(record for record in self.world.vaults.values() if record.name == vault)
        return self.world.policies[f"{found.id}/backupPolicies/{name}".lower()]

    def with_text(self, *changes: tuple[str, str]) -> None:
        """Let the operator publish a changed policy: each (old, new) in its text."""
        text = POLICY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.intent = fleet_policy.parse(text)

    def limited(self, **limits: int) -> None:
        """Lower some of the intent's limits."""
        self.intent = replace(self.intent, limits=replace(self.intent.limits, **limits))

    def after_waiting(self, act_then: Callable[[], object]) -> None:
        """Let something happen whenever the app has waited."""
        wait = self.ports.wait

        def waited(seconds: float) -> None:
            wait(seconds)
            act_then()

        self.ports = replace(self.ports, wait=waited)


def stage(vms: int = 3, vaults: int = 1, switches: Iterable[str] = ("plan",)) -> Stage:
    """Return vaults `rsv-0`, ... of `vms` VMs in all (`vm-0`, ...), everyone on DefaultPolicy at 22:30 UTC.

    Their load is flat: no hour is better than another, and nothing is forecast.
    """
    world = World(seed=3, pace=Pace(failure_rate=0.0))
    homes = []
    for number in range(vaults):
        vault = fleets.add_vault(world, f"rsv-{number}", "rg-backup", "westeurope")
        homes.append((vault, put(world, vault, "DefaultPolicy", documents.daily("22:30", daily=30))))
    for number in range(vms):
        vm = fleets.add_vm(world, f"vm-{number}", "rg-vms", "westeurope", {"tier": "standard"})
        vm.load = "flat"
        vault, policy = homes[number % vaults]
        protect(world, vault, vm, policy)
    backfill(world, 7, 7)
    world.advance_to(AFTERNOON)
    calls: list[str] = []
    script: dict[str, list[Event]] = {}

    def happens(call: str) -> None:
        calls.append(call)
        event = script[call].pop(0) if script.get(call) else None
        if isinstance(event, Exception):
            raise event
        if event is not None:
            event()

    return Stage(world, memory.ports(world, switches, happens), fleet_policy.parse(POLICY), calls, script)


def outcomes(steps: Iterable[Step], kind: str) -> list[Outcome]:
    """Return what became of the steps of one kind."""
    return [step.outcome for step in steps if step.kind == kind]
