"""Is what others changed reported, adopted or put back as the contract says? (Safety rules 2 and 3.)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import BackupPolicy, Retention, TaggedRetention
from shared.model.intent import IncreaseApproval
from shared.model.observed import Memory, Observed
from shared.model.plan import Finding
from shared.rules.drift import edits_of, policy_findings, settled
from tests.rules.fleet import KEPT, NIGHT, NOW, change, intent, policy, seen, tier, vault, written

START = NOW + timedelta(hours=16)
OURS = policy("ns-gold-0200", 120)
MOVED = policy("ns-gold-0200", 600)
LONGER = replace(OURS, retention=replace(KEPT, daily_days=60))
SHORTER = replace(OURS, retention=replace(KEPT, daily_days=7))
TIER_GREW = replace(OURS, retention=replace(KEPT, daily_days=45))


def look(now: BackupPolicy, wrote: BackupPolicy | None = OURS, **memory) -> Observed:
    """The policy as it is, and what the ledger remembers of our own last write of it."""
    memory = Memory(written=written(wrote) if wrote else {}, **memory)
    return seen((), now, memory=memory)


def findings(observed: Observed, *desired: BackupPolicy, **wanted) -> tuple[Finding, ...]:
    return policy_findings(desired, observed, intent(**wanted), NIGHT)[1]


def blocked(observed: Observed, *desired: BackupPolicy, **wanted) -> str:
    return policy_findings(desired, observed, intent(**wanted), NIGHT)[0].get(OURS.id, "")


def edits(observed: Observed, *desired: BackupPolicy) -> list[tuple[str, object]]:
    stopped, _ = policy_findings(desired, observed, intent(), NIGHT)
    return [(edit.reason, edit.due) for edit in edits_of(desired, observed, stopped, START)]


def test_a_policy_as_we_wrote_it_is_neither_found_nor_edited():
    assert findings(look(OURS), OURS) == ()
    assert edits(look(OURS), OURS) == []


def test_a_policy_that_is_not_there_yet_is_no_edit():
    nothing = look(policy("Legacy"), wrote=None)
    assert (findings(nothing, OURS), edits(nothing, OURS)) == ((), [])


def test_a_policy_of_our_name_that_we_did_not_write_is_never_used():
    foreign = look(OURS, wrote=None)
    reason = "policy ns-gold-0200 exists, but Nightshift did not write it"
    assert blocked(foreign, OURS) == reason
    assert findings(foreign, OURS) == (Finding("policy-blocked", OURS.id, reason),)
    assert edits(look(MOVED, wrote=None), OURS) == []


def test_a_tier_that_keeps_longer_becomes_an_edit():
    assert findings(look(OURS), TIER_GREW) == ()
    assert edits(look(OURS), TIER_GREW) == [("the tier changed: daily points: 30 days -> 45 days", START)]


def test_a_tier_that_keeps_less_never_shortens_its_policies_in_place():
    smaller = replace(OURS, retention=replace(KEPT, daily_days=7))
    reason = "policy ns-gold-0200 would be shortened in place: daily points: 30 days -> 7 days"
    assert blocked(look(OURS), smaller) == reason
    assert edits(look(OURS), smaller) == []


def test_a_moved_schedule_is_reported_at_once_with_who_did_it():
    [found] = findings(replace(look(MOVED), changes=(change(OURS.id, "kim@contoso.com"),)), OURS)
    assert found.code == "policy-drift"
    assert found.text == (
        "ns-gold-0200 was changed by kim@contoso.com on 2026-03-04 14:00 UTC; "
        "put back one day after this: start: 02:00 UTC -> 10:00 UTC"
    )


def test_a_change_by_nobody_known_is_reported_as_such():
    [found] = findings(look(MOVED), OURS)
    assert "was changed by somebody unknown;" in found.text


def test_a_moved_schedule_is_not_put_back_in_the_night_that_finds_it():
    assert edits(look(MOVED), OURS) == []


@pytest.mark.parametrize("hours_ago", [1, 8, 24, 72])
def test_a_moved_schedule_is_put_back_no_sooner_than_a_day_after_its_report(hours_ago):
    since = NOW - timedelta(hours=hours_ago)
    [(reason, due)] = edits(look(MOVED, drift_since={OURS.id: since}), OURS)
    assert reason == "drift, put back: start: 10:00 UTC -> 02:00 UTC"
    assert due == max(START, since + timedelta(days=1))


def test_longer_retention_by_a_human_is_adopted():
    observed = look(LONGER, drift_since={OURS.id: NOW - timedelta(days=9)})
    assert "would be shortened in place" in blocked(observed, OURS)
    assert edits(observed, OURS) == []
    drift = [found for found in findings(observed, OURS) if found.code == "policy-drift"]
    assert [found.text for found in drift] == [
        "ns-gold-0200 was changed by somebody unknown and keeps more now; adopted: daily points: 30 days -> 60 days"
    ]


def test_a_mixture_of_longer_and_shorter_is_adopted_too():
    mixed = replace(OURS, retention=Retention(60, TaggedRetention(2, "Weeks", ("Sunday",)), KEPT.monthly, KEPT.yearly))
    observed = look(mixed, drift_since={OURS.id: NOW - timedelta(days=9)})
    assert edits(observed, OURS) == []
    assert blocked(observed, OURS) != ""


def test_shortened_retention_is_tampering_and_is_put_back_a_day_later():
    observed = look(SHORTER)
    [found] = findings(observed, OURS)
    assert found.code == "policy-shortened"
    assert edits(observed, OURS) == []
    reported = look(SHORTER, drift_since={OURS.id: NOW})
    assert edits(reported, OURS) == [("drift, put back: daily points: 7 days -> 30 days", NOW + timedelta(days=1))]


def test_drift_in_a_policy_that_nothing_is_planned_in_is_reported_and_left():
    [found] = findings(look(MOVED))
    assert (found.code, found.subject) == ("policy-drift", OURS.id)
    assert "no VM is planned into it" in found.text
    assert edits(look(MOVED, drift_since={OURS.id: NOW})) == []


def test_somebody_elses_policies_are_no_business_of_ours():
    assert findings(look(policy("Legacy", 60), wrote=None)) == ()


def test_reported_drift_that_is_over_is_settled():
    since = {OURS.id: NOW}
    assert settled(look(OURS, drift_since=since)) == (OURS.id,)
    assert settled(look(MOVED, drift_since=since)) == ()


RISE = IncreaseApproval("rsv-1", "gold", "kim", NIGHT)


@pytest.mark.parametrize("sealed", [{"immutability": "Locked"}, {"guarded": True}])
def test_a_tier_edit_in_a_sealed_vault_needs_an_approval_since_it_cannot_be_taken_back(sealed):
    observed = replace(look(OURS), vaults=(vault(**sealed),))
    reason = (
        "policy ns-gold-0200 would raise retention in an immutable or guarded vault for good; "
        "needs approve_retention_increase"
    )
    assert blocked(observed, TIER_GREW) == reason
    assert blocked(observed, TIER_GREW, retention_increase=(RISE,)) == ""
    assert blocked(observed, TIER_GREW, retention_increase=(replace(RISE, tier="gol"),)) == reason
    assert blocked(observed, OURS) == ""


def test_an_approval_for_one_tier_raises_no_tier_whose_name_begins_alike():
    deep = replace(OURS, name="ns-gold-db-0200", id=OURS.id.replace("ns-gold", "ns-gold-db"))
    target = replace(deep, retention=TIER_GREW.retention)
    observed = replace(look(deep, deep), vaults=(vault(guarded=True),))
    wanted = intent(tiers=(tier(), tier("gold-db")), retention_increase=(RISE,))
    stopped, _ = policy_findings([target], observed, wanted, NIGHT)
    assert "needs approve_retention_increase" in stopped[target.id]
