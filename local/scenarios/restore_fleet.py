"""What is there to restore, and where to? A small fleet with points, a pool of accounts, and what operators ask for."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from local import fleets, pools
from local.scenarios.intent import document
from local.world import Pace, World, documents, machines, restore_requests, restores
from local.world.history import backfill, put
from local.world.resources import ResourceGroup
from local.world.state import Item
from local.world.writes import protect

GROUPS = f"/subscriptions/{fleets.SUBSCRIPTION}/resourceGroups"
TARGET, PRODUCTION, STAGING = f"{GROUPS}/rg-restored", f"{GROUPS}/rg-vms", f"{GROUPS}/rg-staging"
SUBNET = f"{GROUPS}/rg-net/providers/Microsoft.Network/virtualNetworks/net/subnets/default"
NORMAL, CLOSED = "restore-requests", "restore-requests-production"
REGION, PAIR = "westeurope", "northeurope"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WILD = Pace(failure_rate=0.0, restore_failure_rate=0.12)
CALM = Pace(failure_rate=0.0, restore_failure_rate=0.0, restore_speed=(40.0, 40.0))


@dataclass(frozen=True, slots=True)
class Asked:
    """One message: when and where it is sent, the keys of the tasks that it must make, and those that it cancels."""

    after: timedelta
    queue: str
    body: str
    tasks: tuple[str, ...] = ()
    cancels: tuple[str, ...] = ()
    refused: bool = False


@dataclass
class Fleet:
    """A world with its accounts, those in the paired region too, and the VMs that nobody has asked for yet."""

    world: World
    accounts: list[str]
    free: list[Item] = field(default_factory=list)
    away: list[str] = field(default_factory=list)

    def intent(self) -> str:
        """Return the operator's fleet.yaml."""
        region = {
            "accounts": {"group": STAGING, "names": _names(self.accounts)},
            "groups": [TARGET],
            "subnets": [SUBNET],
            "production_groups": [PRODUCTION],
        }
        pair = {"accounts": {"group": STAGING, "names": _names(self.away)}, "groups": [TARGET]}
        regions = {REGION: region, **({PAIR: pair} if self.away else {})}
        return document(restore={"regions": regions}, alerts={"webhook": "INBOX"})


def fleet(draw: random.Random, vms: int, accounts: int, *, calm: bool) -> Fleet:
    """Return two vaults of `vms` VMs between 60 and 500 GB; a calm fleet knows how long its restores take.

    The secondary region of the first vault of any other fleet can be read.
    """
    world = World(draw.randrange(1 << 30), pace=CALM if calm else WILD)
    for name, group in (("rg-restored", TARGET), ("rg-vms", PRODUCTION)):
        world.groups[group.lower()] = ResourceGroup(group, name, fleets.SUBSCRIPTION, REGION)
    vaults = [fleets.add_vault(world, f"rsv-{number}", "rg-backup", REGION) for number in range(2)]
    homes = [(vault, put(world, vault, "Daily", documents.daily("22:30", daily=30))) for vault in vaults]
    for number in range(vms):
        vm = fleets.add_vm(world, f"vm-{number:02}", "rg-vms", REGION, {"backup-tier": "standard"})
        vm.data_gb, vm.power = draw.uniform(60, 500), "running"
        vault, policy = homes[number % 2]
        protect(world, vault, vm, policy)
    backfill(world, 6, 6)
    made = Fleet(world, [_account(world, f"stpool{number}") for number in range(accounts)], list(world.items.values()))
    if calm:
        _remember(world)
    else:
        vaults[0].cross_region = True
        made.away = [_account(world, f"staway{number}", PAIR) for number in range(draw.randint(1, 2))]
    draw.shuffle(made.free)
    return made


def wild_requests(draw: random.Random, made: Fleet) -> list[Asked]:
    """Return requests of all kinds for VMs that no other request is for, some of them cancelled, some refused."""
    asked: list[Asked] = []
    for number in range(draw.randint(2, 4)):
        kind = draw.choice((_disks, _disks, _new_vm, _replace, _by_item, _in_pair))
        one = kind(draw, made, f"r{number}")
        if one is None:
            continue
        asked.append(one)
        if draw.random() < 0.3:
            asked.append(_cancel(draw, one, f"r{number}"))
    asked += [_refused(draw, made, number) for number in range(draw.randint(0, 2))]
    if draw.random() < 0.3:
        asked.append(_message(draw, "dry", {"vms": _ids(made.free[:1]), "mode": "disks", "dry_run": True}))
    return sorted(asked, key=lambda one: one.after)


def calm_request(made: Fleet) -> Asked:
    """Return one request for all VMs, from points that are in the vault alone."""
    items = list(made.free)
    body = {"vms": _ids(items), "mode": "disks", "point": {"before": _days_ago(made.world, 4)}}
    return replace(_message(random.Random(0), "all", body, items), after=timedelta(seconds=1))


def _disks(draw: random.Random, made: Fleet, name: str) -> Asked | None:
    items = _taken(made, draw.randint(1, 4))
    point: Any = draw.choice(("latest", {"before": _days_ago(made.world, 4)}, {"tier": "vault"}))
    return _message(draw, name, {"vms": _ids(items), "mode": "disks", "point": point}, items) if items else None


def _new_vm(draw: random.Random, made: Fleet, name: str) -> Asked | None:
    items = _taken(made, draw.randint(1, 2))
    body = {"vms": _ids(items), "mode": "new-vm", "point": {"before": _days_ago(made.world, 3)}}
    return _message(draw, name, body, items) if items else None


def _by_item(draw: random.Random, made: Fleet, name: str) -> Asked | None:
    items = _taken(made, 1)
    body = {"items": [item.id for item in items], "mode": "disks", "targets": {"group": TARGET}}
    return _message(draw, name, body, items) if items else None


def _replace(draw: random.Random, made: Fleet, name: str) -> Asked | None:
    items = _taken(made, 1)
    for item in items:
        record = made.world.vms[item.vm_id.lower()]
        record.power, record.power_since = machines.POWERS["deallocate"], made.world.now
    names = [item.vm_id.rpartition("/")[2] for item in items]
    body = {"vms": _ids(items), "mode": "replace", "confirm_replace": names, "point": {"tier": "vault"}}
    return replace(_message(draw, name, body, items), queue=CLOSED) if items else None


def _in_pair(draw: random.Random, made: Fleet, name: str) -> Asked | None:
    """Return a request for the secondary region, for VMs of the vault whose one can be read."""
    opened = [item for item in made.free if made.world.vaults[item.vault_id].cross_region][: draw.randint(1, 3)]
    made.free = [item for item in made.free if item not in opened]
    point: Any = draw.choice(("latest", {"before": _days_ago(made.world, 3)}))
    body = {"vms": _ids(opened), "mode": "disks", "region": "secondary", "point": point}
    return _message(draw, name, body, opened) if opened else None


def _cancel(draw: random.Random, one: Asked, name: str) -> Asked:
    body = {"version": 1, "cancel": name, "requester": "ops"}
    after = one.after + timedelta(minutes=draw.choice((0.5, 2, 20, 90, 200)))
    return Asked(after, one.queue, json.dumps(body), cancels=one.tasks)


def _refused(draw: random.Random, made: Fleet, number: int) -> Asked:
    vm_id = made.world.vms.in_order()[0].id
    body = {
        **{"version": 1, "id": f"bad-{number}", "requester": "x", "purpose": "x", "mode": "disks", "vms": [vm_id]},
        **draw.choice(
            (
                {"vms": [vm_id.replace("000000000001", "000000000009")]},
                {"mode": "replace", "confirm_replace": ["vm-00"]},
                {"targets": {"accounts": [f"{STAGING}/providers/Microsoft.Storage/storageAccounts/other"]}},
                {"targets": {"group": PRODUCTION}},
                {"point": {"id": "1"}},
                {"mode": "everything"},
            )
        ),
    }
    text = "not json" if draw.random() < 0.2 else json.dumps(body)
    return Asked(timedelta(minutes=draw.uniform(0, 120)), NORMAL, text, refused=True)


def _message(draw: random.Random, name: str, body: dict[str, Any], items: Sequence[Item] = ()) -> Asked:
    whole = {"version": 1, "id": name, "requester": "ops", "purpose": "a scenario", **body}
    keys = tuple(f"{name}|{item.id}".lower() for item in items)
    return Asked(timedelta(minutes=draw.uniform(0, 120)), NORMAL, json.dumps(whole), keys)


def _taken(made: Fleet, count: int) -> list[Item]:
    items, made.free = made.free[:count], made.free[count:]
    return items


def _ids(items: Sequence[Item]) -> list[str]:
    return [item.vm_id for item in items]


def _days_ago(world: World, days: float) -> str:
    return (world.now - days * DAY).isoformat()


def _names(ids: Sequence[str]) -> list[str]:
    return [one.rpartition("/")[2] for one in ids]


def _account(world: World, name: str, region: str = REGION) -> str:
    account = pools.add_account(world, name, f"{fleets.SUBSCRIPTION}/rg-staging", region)
    account.load = 0.0
    return account.id


def _remember(world: World) -> None:
    """Let every VM have been restored once, each to an account that is gone since."""
    for number, item in enumerate(list(world.items.values())):
        account = _account(world, f"stpast{number}")
        vault, point = world.vaults[item.vault_id], min(item.points, key=lambda one: one.at)
        wish = restore_requests.Wish(vault, item, point, "RestoreDisks", account, TARGET)
        restores.trigger(world, wish, "somebody")
    while any(one.phase != "over" for one in world.restores.values()):
        world.advance(60 * MINUTE)
    world.restores.clear()
    for account_id in [one for one in world.accounts if "/stpast" in one]:
        del world.accounts[account_id]
