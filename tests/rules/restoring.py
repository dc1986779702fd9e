"""Which restores do the tests speak of? Accounts, points, tasks and states, each with a careful default."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.model.azure import ProtectedItem, ProtectionState, RecoveryPoint, Vault
from shared.model.restore_intent import RestoreIntent, RestorePlace
from shared.model.restore_tasks import RestoreState, RestoreTask, Step
from shared.model.restores import AccountLoad, Mode, RestoreAccount, RestoreJob

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REGION = "westeurope"
SUB = "/subscriptions/00000000-0000-0000-0000-000000000001"
VAULT = f"{SUB}/resourcegroups/rg-backup/providers/microsoft.recoveryservices/vaults/rsv-one"
GROUP = f"{SUB}/resourcegroups/rg-restore"
PRODUCTION = f"{SUB}/resourcegroups/rg-app"
NETWORK = f"{SUB}/resourcegroups/rg-net/providers/microsoft.network/virtualnetworks/vnet-restore"
SUBNET = f"{NETWORK}/subnets/default"
IDLE = AccountLoad(transactions=1000, ingress=1_000_000, egress=1_000_000, latency_ms=10.0, throttled=0)


def account_id(name: str) -> str:
    return f"{SUB}/resourcegroups/rg-staging/providers/microsoft.storage/storageaccounts/{name}"


POOL = tuple(account_id(f"st{number}") for number in range(1, 6))
INTENT = RestoreIntent(
    places={
        REGION: RestorePlace(
            accounts=POOL,
            groups=(GROUP,),
            subnets=(SUBNET,),
            production_groups=(PRODUCTION,),
        )
    }
)


def account(name: str, **changes: Any) -> RestoreAccount:
    found = RestoreAccount(account_id(name), name, REGION, "StorageV2", "Standard_LRS", {"purpose": "restore"})
    return replace(found, **changes)


def vm_id(name: str) -> str:
    return f"{SUB}/resourcegroups/rg-app/providers/microsoft.compute/virtualmachines/{name}"


def item(name: str = "app-1", **changes: Any) -> ProtectedItem:
    container = f"iaasvmcontainerv2;rg-app;{name}"
    found = ProtectedItem(
        id=f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{container}/protectedItems/VM;{container}",
        vault_id=VAULT,
        vm_id=vm_id(name),
        name=name,
        container=container,
        policy_id=f"{VAULT}/backuppolicies/daily",
        policy_name="daily",
        state=ProtectionState.PROTECTED,
    )
    return replace(found, **changes)


def vault(**changes: Any) -> Vault:
    return replace(Vault(VAULT, "rsv-one", SUB.rpartition("/")[2], "rg-backup", REGION), **changes)


def point(name: str = "p1", days: float = 1.0, tiers: tuple[tuple[str, str], ...] = (("HardenedRP", "Valid"),)) -> Any:
    return RecoveryPoint(f"{item().id}/recoveryPoints/{name}", NOW - timedelta(days=days), "AppConsistent", tiers)


def task(name: str = "app-1", **changes: Any) -> RestoreTask:
    found = RestoreTask(
        request_id="r1",
        item=item(name),
        point=point(),
        why_point="it is the newest",
        mode=Mode.DISKS,
        region=REGION,
        minutes=60.0,
        accepted_at=NOW,
        group_id=GROUP,
    )
    return replace(found, **changes)


def state(step: Step = Step.WAITING, **changes: Any) -> RestoreState:
    return replace(RestoreState(step=step, since=NOW, due=NOW), **changes)


def job(**changes: Any) -> RestoreJob:
    found = RestoreJob(
        id=f"{VAULT}/backupjobs/11111111-2222-3333-4444-555555555555",
        vault_id=VAULT,
        container=item().container,
        vm_name="app-1",
        operation="Restore",
        status="InProgress",
        started_at=NOW,
        detailed=True,
        cancellable=True,
        account="st1",
        group="rg-restore",
    )
    return replace(found, **changes)
