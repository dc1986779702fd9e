"""Whose business is a VM? (Safety rule 11: hold and pause.)"""

from datetime import UTC, date, datetime

import pytest

from shared.model.intent import Scope, TagMatch
from shared.rules.scope import Hold, fleet_vms, hold_on, in_scope, matches, pause_on, tier_of, vault_in_scope
from tests.rules.fleet import NIGHT, NOW, VAULT_ID, intent, tier, vault, vm

PROD = TagMatch("env", ("prod", "Live"))


@pytest.mark.parametrize(("value", "is_match"), [("prod", True), ("PROD", True), ("live", True), ("test", False)])
def test_a_tag_matches_one_of_its_values_without_case(value, is_match):
    assert matches(vm("app", tags={"env": value}), PROD) is is_match


def test_a_vm_without_the_tag_does_not_match():
    assert not matches(vm("app"), PROD)


def test_a_tag_name_matches_without_case():
    assert matches(vm("app", tags={"env": "prod"}), TagMatch("Env", ("prod",)))


def test_a_vm_needs_every_included_tag_and_no_excluded_one():
    scope = Scope(("sub-1",), include=(PROD, TagMatch("team", ("data",))), exclude=(TagMatch("drill", ("yes",)),))
    full = {"env": "prod", "team": "data"}
    assert in_scope(vm("app", tags=full), scope)
    assert not in_scope(vm("app", tags={"env": "prod"}), scope)
    assert not in_scope(vm("app", tags=full | {"drill": "yes"}), scope)


def test_a_vault_is_in_scope_by_name_or_by_id_or_when_none_is_named():
    assert vault_in_scope(vault("RSV-1"), Scope(("sub-1",)))
    assert vault_in_scope(vault("RSV-1"), Scope(("sub-1",), vaults=("rsv-1",)))
    assert vault_in_scope(vault("RSV-1"), Scope(("sub-1",), vaults=(VAULT_ID,)))
    assert not vault_in_scope(vault("rsv-2"), Scope(("sub-1",), vaults=("rsv-1",)))


def test_a_vm_has_the_tier_of_its_tag_or_none():
    tiers = (tier("gold"), tier("silver"))
    assert tier_of(vm("app", tier="SILVER"), tiers) is tiers[1]
    assert tier_of(vm("app", tier="bronze"), tiers) is None


def test_the_fleet_is_the_vms_in_scope():
    ours, other = vm("app"), vm("db", tags={"nightshift": "off"})
    policy = intent(scope=Scope(("sub-1",), exclude=(TagMatch("nightshift", ("off",)),)))
    assert fleet_vms([ours, other], policy) == {ours.id: ours}


def held(text: str) -> Hold | None:
    return hold_on(vm("app", tags={"nightshift-hold": text}), NIGHT)


def test_a_hold_lasts_to_the_end_of_its_date():
    assert held("2026-03-04;kim;migration") == Hold(date(2026, 3, 4), "kim", "migration")
    assert held("2026-03-03;kim;migration") is None


def test_a_vm_without_the_tag_is_not_held():
    assert hold_on(vm("app"), NIGHT) is None


def test_a_hold_says_until_when_by_whom_and_why():
    assert str(held("2026-12-31; kim ; a; b")) == "on hold until 2026-12-31 by kim: a; b"
    assert str(held("2026-12-31")) == "on hold until 2026-12-31 by nobody named: no reason given"


@pytest.mark.parametrize("text", ["", "soon;kim;migration", "31-12-2026;kim;x", "2026-02-30;kim;x"])
def test_a_hold_that_cannot_be_read_holds_until_it_is_repaired(text):
    hold = held(text)
    assert hold is not None
    assert hold.until is None
    assert "without a readable date" in str(hold)
    assert "is not <date>;<owner>;<reason>" in str(hold)


def flag(until: str, **row: str) -> dict[str, str]:
    return {"until": until, "who": "kim", "reason": "audit"} | row


def test_a_pause_of_one_vault_leaves_the_others():
    rows = {"rsv-1": flag("2026-03-05T00:00:00+00:00")}
    assert pause_on(rows, "RSV-1", NOW) == "paused until 2026-03-05T00:00:00+00:00 by kim: audit"
    assert pause_on(rows, "rsv-2", NOW) is None


def test_a_pause_of_everything_holds_every_vault():
    assert pause_on({"*": flag("2026-03-05T00:00:00+00:00", who="", reason="")}, "rsv-9", NOW) == (
        "paused until 2026-03-05T00:00:00+00:00 by nobody named: no reason given"
    )


def test_a_pause_ends_at_its_instant_whatever_the_offset_it_was_written_in():
    rows = {"*": flag("2026-03-04T19:00:00+02:00")}
    assert pause_on(rows, "rsv-1", datetime(2026, 3, 4, 16, 59, tzinfo=UTC)) is not None
    assert pause_on(rows, "rsv-1", NOW) is None


def test_an_expired_pause_of_everything_does_not_hide_one_of_the_vault():
    rows = {"*": flag("2026-03-01T00:00:00+00:00"), "rsv-1": flag("2026-03-05T00:00:00+00:00")}
    assert pause_on(rows, "rsv-1", NOW) is not None
