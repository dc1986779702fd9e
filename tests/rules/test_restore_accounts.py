"""Is an account refused with its reason wherever a restore there could fail, or harm others?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.restore_tasks import AccountLease
from shared.rules.restore_accounts import Seen, judge, load_share, overload, usable
from tests.rules.restoring import IDLE, INTENT, NOW, POOL, REGION, account, account_id, job


def seen(**changes) -> Seen:
    accounts = {name: account(name.rpartition("/")[2]) for name in POOL}
    return replace(Seen(accounts, dict.fromkeys(POOL, IDLE)), **changes)


def verdict_of(first, load=IDLE, **changes):
    return judge(REGION, seen(accounts={POOL[0]: first}, loads={POOL[0]: load}, **changes), INTENT)[0]


def test_every_account_of_the_pool_has_a_verdict_and_idle_ones_are_usable() -> None:
    found = judge(REGION, seen(), INTENT)
    assert [one.account_id for one in found] == list(POOL)
    assert all(one.usable and one.reason.startswith("free") for one in found)
    assert judge("eastus2", seen(), INTENT) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "BlobStorage"}, "of the kind BlobStorage; restores need general purpose v2"),
        ({"kind": "Storage"}, "of the kind Storage"),
        ({"region": "northeurope"}, "it is in northeurope; this restore needs one in westeurope"),
        ({"sku": "Standard_ZRS"}, "redundancy is Standard_ZRS"),
        ({"sku": "Premium_LRS"}, "redundancy is Premium_LRS"),
        ({"state": "Creating"}, "provisioning state is Creating"),
        ({"tags": {}}, "does not carry the tag purpose=restore"),
        ({"tags": {"purpose": "logs"}}, "does not carry the tag purpose=restore"),
        (
            {"tags": {"purpose": "restore", "application": "archive"}},
            "others use it: it carries the tag application=archive",
        ),
        ({"default_action": "Deny", "bypass": "None"}, "network rules deny access"),
        ({"public_access": False}, "public network access is off"),
        ({"shared_key": False}, "refuses account keys"),
    ],
)
def test_an_account_that_is_not_as_it_must_be_is_refused_for_that(changes, reason: str) -> None:
    found = verdict_of(account("st1", **changes))
    assert not found.usable
    assert not found.busy
    assert reason in found.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"throttled": 1}, "1 throttled responses, limit 0"),
        ({"transactions": 15_000_000}, "15,000,000 transactions, limit 14,400,000"),
        ({"ingress": 2_300_000_000_000}, "bytes in"),
        ({"egress": 4_600_000_000_000}, "bytes out"),
        ({"latency_ms": 900.0}, "900 ms of mean latency, limit 500"),
    ],
)
def test_an_account_that_others_load_is_refused_until_they_have_done(changes, reason: str) -> None:
    found = verdict_of(account("st1"), replace(IDLE, **changes))
    assert (found.usable, found.busy) == (False, True)
    assert reason in found.reason


def test_an_overload_names_each_figure_and_latency_without_requests_is_none() -> None:
    both = replace(IDLE, throttled=2, transactions=15_000_000)
    assert overload(both, INTENT.account_limits).count(", limit") == 2
    assert overload(replace(IDLE, transactions=0, latency_ms=9999.0), INTENT.account_limits) == ""


def test_no_account_of_unknown_load_is_usable() -> None:
    found = verdict_of(account("st1"), None)
    assert (found.usable, found.reason) == (False, "its load of the last hour is not known")


def test_an_account_that_is_not_there_is_told() -> None:
    assert judge(REGION, seen(accounts={}), INTENT)[0].reason == "it is not there, or may not be read"


def test_an_account_is_not_shared_with_a_restore_of_ours_or_of_anybody() -> None:
    lease = AccountLease(POOL[0], "r1|vaults/x/vm;app-9", 3, NOW)
    assert verdict_of(account("st1"), leases=[lease]).reason == "it is leased to vm;app-9"
    assert "the restore of app-1 runs on it" in verdict_of(account("st1"), jobs=[job()]).reason
    assert verdict_of(account("st1"), jobs=[job(status="Completed")]).usable
    assert verdict_of(account("st1"), jobs=[job(account="st2")]).usable


def test_a_foreign_restore_without_a_known_account_may_be_on_any() -> None:
    found = judge(REGION, seen(jobs=[job(detailed=False, account="")]), INTENT)
    assert not usable(found)
    assert found[0].reason == "the restore of app-1 runs, and its account is not known yet"


def test_the_copy_that_it_has_just_taken_does_not_make_an_account_loaded() -> None:
    copied = replace(IDLE, ingress=50 * 1024**2 * 3600, transactions=50 * 3600)
    assert verdict_of(account("st1"), copied).usable


def test_trusted_services_pass_network_rules_and_identities_need_no_keys() -> None:
    assert verdict_of(account("st1", default_action="Deny", bypass="Logging, AzureServices")).usable
    with_identity = replace(INTENT, identity="system")
    kept = seen(accounts={POOL[0]: account("st1", shared_key=False)})
    assert judge(REGION, kept, with_identity)[0].usable


def test_locally_redundant_ones_come_first_then_the_least_loaded() -> None:
    loads = {
        name: replace(IDLE, transactions=1_000_000 * number) for number, name in enumerate(reversed(POOL), start=1)
    }
    accounts = {**seen().accounts, account_id("st5"): account("st5", sku="Standard_GRS")}
    found = usable(judge(REGION, seen(accounts=accounts, loads=loads), INTENT))
    assert [one.account_id[-1] for one in found] == ["4", "3", "2", "1", "5"]


@given(st.integers(0, 10**8), st.integers(0, 10**13), st.integers(0, 10**13), st.floats(0, 10**4), st.integers(0, 5))
def test_an_account_is_usable_exactly_while_no_figure_is_above_its_limit(
    transactions, ingress, egress, latency, throttled
):
    load = replace(
        IDLE, transactions=transactions, ingress=ingress, egress=egress, latency_ms=latency, throttled=throttled
    )
    assert verdict_of(account("st1"), load).usable == (load_share(load, INTENT.account_limits) <= 1 and not throttled)


def test_an_identity_takes_an_account_without_keys_and_its_verdict_says_that_it_has_none() -> None:
    kept = seen(accounts={POOL[0]: account("st1", shared_key=False)})
    found = judge(REGION, kept, replace(INTENT, identity="system"))[0]
    assert (found.usable, found.keyed) == (True, False)
