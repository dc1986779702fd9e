"""Does `restore` of fleet.yaml become what restores may use, and is everything doubtful refused?"""

from datetime import timedelta
from pathlib import Path

import pytest

from local.fleets import demo
from shared.fleet_policy import parse
from shared.model.restore_intent import AccountLimits, RestoreIntent, RestoreLimits, RestorePlace
from shared.rules.restore_accounts import REDUNDANCIES
from tests.fleet_policy.test_parse import SMALLEST, reasons

SAMPLE = (Path(__file__).parents[2] / "samples" / "fleet.yaml").read_text()
SUB = "/subscriptions/00000000-0000-0000-0000-00000000000A"
STAGING, GROUP = f"{SUB}/resourceGroups/rg-Staging", f"{SUB}/resourceGroups/rg-restore"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/default"
PLACE = f"accounts: {{group: {STAGING}, names: [st01, st02]}}, groups: [{GROUP}]"


def document(place: str = PLACE, more: str = "") -> str:
    return f"{SMALLEST}restore: {{regions: {{westeurope: {{{place}}}}}{more}}}\n"


def test_a_pool_is_read_as_the_ids_of_its_accounts() -> None:
    intent = parse(document(f"{PLACE}, subnets: [{SUBNET}]")).restore
    pool = f"{STAGING}/providers/Microsoft.Storage/storageAccounts/".lower()
    assert intent.places == {
        "westeurope": RestorePlace((f"{pool}st01", f"{pool}st02"), (GROUP.lower(),), (SUBNET.lower(),))
    }
    assert (intent.account_tag, intent.in_use_tags, intent.identity) == (("purpose", "restore"), ("application",), "")


def test_without_the_section_restores_may_go_nowhere() -> None:
    assert parse(SMALLEST).restore == RestoreIntent()


def test_defaults_of_the_document_are_those_of_the_model() -> None:
    intent = parse(document()).restore
    assert intent.account_limits == AccountLimits()
    assert intent.limits == RestoreLimits()


def test_every_limit_can_be_set() -> None:
    text = document(
        more=", account_tag: {name: Use, value: Restores}, in_use_tags: [App], vaults: [RSV-one], identity: system"
        ", pairs: {westeurope: newregion}"
        ", idle: {transactions: 1, ingress_gb: 2, egress_gb: 3, latency_ms: 4, throttled: 5}"
        ", limits: {vms_per_request: 1, running: 2, restores_per_vm_day: 3, jobs_per_vm: 1, wait: 5h, run: 6h"
        ", slowest_mb_per_second: 7}"
    )
    intent = parse(text).restore
    assert (intent.account_tag, intent.in_use_tags) == (("use", "Restores"), ("app",))
    assert (intent.vaults, intent.identity) == (("rsv-one",), "system")
    assert intent.pairs == {"westeurope": "newregion"}
    assert intent.account_limits == AccountLimits(1, 2 * 10**9, 3 * 10**9, 4.0, 5)
    assert intent.limits == RestoreLimits(1, 2, 3, 1, timedelta(hours=5), timedelta(hours=6), 7_000_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SMALLEST + "restore: {}\n", "restore.regions: is missing"),
        (SMALLEST + "restore: {regions: {}}\n", "restore.regions: is empty"),
        (SMALLEST + f"restore: {{regions: {{West Europe: {{{PLACE}}}}}}}\n", "is no region name"),
        (document(f"groups: [{GROUP}]"), "restore.regions.westeurope.accounts: is missing"),
        (document(PLACE.replace("st02", "ST02")), "'ST02' is no name of a storage account; expected 3 to 24"),
        (document(PLACE.replace("st02", "st-*")), "is no name of a storage account"),
        (document(PLACE.replace("st02", "st01")), "names[1]: st01 is in a pool already"),
        (document(PLACE.replace("[st01, st02]", "[]")), "names: is empty; expected at least 1"),
        (document(PLACE.replace(STAGING, "rg-staging")), "'rg-staging' is no id of a resource group"),
        (document(PLACE.replace(f"[{GROUP}]", "[]")), "groups: is empty"),
        (document(f"{PLACE}, subnets: [{GROUP}]"), "is no id of a subnet"),
        (document(f"{PLACE}, production_groups: [{GROUP.upper()}]"), "is in groups too; expected one of the two"),
        (document(f"{PLACE}, subnets: [{SUBNET}], production_subnets: [{SUBNET}]"), "is in subnets too"),
        (document(PLACE.replace("000A", "000B")), "is in the subscription 00000000-0000-0000-0000-00000000000b"),
        (document(f"{PLACE}, production_groups: [/subscriptions/x/resourceGroups/y]"), "expected one of scope.sub"),
        (document(more=", identity: me"), "'me' is no identity; expected system"),
        (document(more=", limits: {restores_per_vm_day: 21}"), "restores_per_vm_day: is 21; expected at most 20"),
        (document(more=", limits: {jobs_per_vm: 3}"), "jobs_per_vm: is 3; expected at most 2"),
        (document(more=", limits: {wait: 1d}"), "'1d' is no such time; expected hours up to 168h"),
        (document(more=", limits: {run: 169h}"), "'169h' is no such time"),
        (document(more=", limits: {slowest_mb_per_second: 0}"), "expected at least 1"),
        (document(more=", idle: {throttled: -1}"), "restore.idle.throttled: is -1; expected at least 0"),
        (document(more=", region: x"), "restore.region: is an unknown key"),
    ],
)
def test_what_is_doubtful_is_refused(text: str, said: str) -> None:
    found = reasons(text)
    assert any(said in line for line in found), found


def test_an_account_of_two_regions_is_refused() -> None:
    text = document(f"{PLACE}}}, northeurope: {{{PLACE}")
    assert sum("is in a pool already" in line for line in reasons(text)) == 2


def test_the_pools_and_groups_of_the_sample_are_there_in_the_demo() -> None:
    world, intent = demo(), parse(SAMPLE).restore
    here = {(account.id.lower(), account.region) for account in world.accounts.values()}
    assert {(account, region) for region, place in intent.places.items() for account in place.accounts} == here
    name, value = intent.account_tag
    assert all(account.tags[name] == value and account.sku in REDUNDANCIES for account in world.accounts.values())
    assert any(set(account.tags) & set(intent.in_use_tags) for account in world.accounts.values())
    groups = {group for place in intent.places.values() for group in place.groups}
    assert groups <= set(world.groups)
    vms = {vm.id.lower().partition("/providers/")[0] for vm in world.vms.values()}
    assert {group for place in intent.places.values() for group in place.production_groups} <= vms
