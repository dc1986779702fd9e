"""Does the pretend Azure behave in time as Azure does, and does every trap bite?"""

from datetime import timedelta

import pytest

from local import fleets
from local.world import Limits, Refused, documents, on_demand, writes
from local.world.points import tiers
from tests.local.worlds import NOON, small

DAILY, GOLD = documents.daily("22:30", daily=30), documents.daily("22:30", daily=30, weekly=12)


def test_a_run_starts_within_two_hours_after_its_time_and_takes_two_phases() -> None:
    one = small()
    one.days(1)
    job = max(one.world.jobs.values(), key=lambda job: job.started_at)
    assert job.scheduled_for == NOON.replace(hour=22, minute=30)
    assert timedelta() <= job.started_at - job.scheduled_for <= timedelta(hours=2)
    assert job.snapshot_ends is not None
    assert job.ended_at is not None
    assert job.started_at < job.snapshot_ends < job.ended_at
    assert job.status == "Completed"


def test_a_job_is_hidden_from_lists_for_up_to_five_minutes() -> None:
    one = small()
    operation = on_demand.trigger_backup(one.world, one.vault, one.item.id, None, "test")
    job = one.world.jobs[operation.job_id]
    assert timedelta() < job.visible_at - job.started_at <= timedelta(minutes=5)
    assert job not in one.world.jobs_in(one.vault.id)
    one.world.advance_to(job.visible_at)
    assert job in one.world.jobs_in(one.vault.id)


def test_a_point_is_instant_after_the_snapshot_and_in_the_vault_after_the_transfer() -> None:
    one = small()
    operation = on_demand.trigger_backup(one.world, one.vault, one.item.id, None, "test")
    job = one.world.jobs[operation.job_id]
    before = len(one.item.points)
    assert job.snapshot_ends is not None
    one.world.advance_to(job.snapshot_ends)
    assert len(one.item.points) == before + 1
    point, rules = one.item.points[-1], one.world.rules_of(one.item)
    assert tiers(point, rules, one.world.now) == [("InstantRP", "Valid")]
    one.world.advance_to(job.due)
    assert tiers(point, rules, one.world.now) == [("InstantRP", "Valid"), ("HardenedRP", "Valid")]
    one.days(3)
    assert tiers(point, rules, one.world.now) == [("HardenedRP", "Valid")]


def test_points_live_as_long_as_the_policy_says_and_no_loss_is_counted() -> None:
    one = small(history=40)
    one.days(40)
    ages = [one.world.now - point.at for point in one.item.points]
    assert timedelta(days=30) < max(ages) < timedelta(days=32)
    assert one.world.counters.points_pruned == 0


def test_a_move_to_less_retention_prunes_existing_points_within_about_a_day() -> None:
    one = small(documents.daily("22:30", daily=30, weekly=12, monthly=12, yearly=7))
    old = [point for point in one.item.points if one.world.now - point.at > timedelta(days=400)]
    assert old
    one.move(one.policy("less", DAILY))
    one.days(0.5)
    assert one.world.counters.points_pruned == 0
    one.days(1)
    assert one.world.counters.points_pruned >= len(old)
    assert all(one.world.now - point.at < timedelta(days=32) for point in one.item.points)


def test_moving_back_in_time_saves_the_points() -> None:
    one = small(GOLD)
    gold = one.world.policies[one.item.policy_id.lower()]
    one.move(one.policy("less", DAILY))
    one.days(0.3)
    one.move(gold)
    one.days(5)
    assert one.world.counters.points_pruned == 0


def test_a_move_to_more_retention_loses_nothing() -> None:
    one = small()
    one.move(one.policy("more", GOLD))
    one.days(60)
    assert one.world.counters.points_pruned == 0


def test_shortening_a_policy_in_place_prunes_too_and_is_counted() -> None:
    one = small(GOLD)
    one.edit(one.world.policies[one.item.policy_id.lower()], DAILY)
    assert one.world.counters.policies_shortened == 1
    one.days(3)
    assert one.world.counters.points_pruned > 0


def test_weekly_points_are_tagged_by_the_utc_day_of_their_slot() -> None:
    one = small(GOLD)
    one.days(14)
    weekly = [job for job in one.world.jobs.values() if "weekly" in job.tags and job.started_at > NOON]
    assert [job.scheduled_for.weekday() for job in weekly if job.scheduled_for] == [6, 6]


def test_a_schedule_that_moves_past_its_hour_skips_the_days_run() -> None:
    one = small()
    early = one.policy("early", documents.daily("13:00", daily=30))
    one.world.advance_to(NOON + timedelta(hours=2))
    one.move(early)
    one.days(2)
    assert one.world.skipped_runs() == 1


def test_a_move_before_the_new_hour_skips_nothing() -> None:
    one = small()
    one.move(one.policy("early", documents.daily("13:00", daily=30)))
    one.days(3)
    assert one.world.skipped_runs() == 0


def test_a_move_between_the_slot_and_the_late_start_loses_the_queued_run() -> None:
    one = small()
    later = one.policy("earlier", documents.daily("22:00", daily=30))
    one.world.advance_to(NOON.replace(hour=22, minute=31))
    assert not [job for job in one.world.jobs.values() if job.started_at > NOON]
    one.move(later)
    one.days(2)
    assert one.world.skipped_runs() == 1


def test_a_write_that_keeps_the_schedule_keeps_the_queued_run() -> None:
    one = small()
    same = one.policy("same", GOLD)
    one.world.advance_to(NOON.replace(hour=22, minute=31))
    one.move(same)
    one.days(1)
    assert one.world.skipped_runs() == 0
    assert NOON.replace(hour=22, minute=30) in {job.scheduled_for for job in one.world.jobs.values()}


def test_a_slot_later_in_the_same_night_is_not_a_skipped_run() -> None:
    one = small()
    one.move(one.policy("later", documents.daily("01:30", daily=30)))
    one.days(3)
    assert one.world.skipped_runs() == 0


def test_a_weekly_day_that_moves_past_its_run_is_a_missed_tag() -> None:
    one = small(GOLD)
    one.world.advance_to(NOON + timedelta(days=6, hours=2))
    assert one.world.now.weekday() == 6
    one.move(one.policy("early", documents.daily("01:30", daily=30, weekly=12)))
    one.days(8)
    assert one.world.counters.tags_missed == 1
    assert one.world.skipped_runs() == 0


@pytest.mark.parametrize("properties", [{"policyId": ""}, {"policyId": "home", "protectionState": "ProtectionStopped"}])
def test_an_empty_policy_or_the_stopped_state_stops_protection_silently(properties: dict[str, str]) -> None:
    one = small()
    one.send(properties)
    assert (one.item.state, one.item.policy_id) == ("ProtectionStopped", "")
    assert one.world.counters.protection_stopped == 1
    points = len(one.item.points)
    one.days(60)
    assert len(one.item.points) == points


def test_disk_exclusions_that_are_not_sent_back_are_gone() -> None:
    one = small()
    exclusions = {"diskExclusionProperties": {"diskLunList": [1], "isInclusionList": False}}
    target = one.policy("target", DAILY)
    one.move(target, extendedProperties=exclusions)
    one.move(target, extendedProperties=exclusions)
    assert one.world.counters.exclusions_lost == 0
    one.move(target)
    assert one.item.extended is None
    assert one.world.counters.exclusions_lost == 1


def test_enhanced_to_standard_is_refused_and_the_other_way_backs_up_in_full() -> None:
    one = small()
    standard = one.world.policies[one.item.policy_id.lower()]
    enhanced = one.policy("enhanced", documents.enhanced("22:30", daily=30))
    one.move(enhanced)
    one.days(1)
    daily, full = sorted(one.world.jobs.values(), key=lambda job: job.started_at)[0], one.item.points[-1]
    migrated = max((job for job in one.world.jobs.values() if job.operation == "Backup"), key=lambda j: j.started_at)
    assert migrated.size_mb > 3 * daily.size_mb
    assert full.policy_type == "V2"
    with pytest.raises(Refused, match="Enhanced"):
        one.move(standard)
    assert one.world.counters.refused == 1


def test_standard_to_enhanced_is_refused_while_a_job_runs() -> None:
    one = small()
    enhanced = one.policy("enhanced", documents.enhanced("22:30", daily=30))
    on_demand.trigger_backup(one.world, one.vault, one.item.id, None, "test")
    with pytest.raises(Refused, match="UserErrorBackupOperationInProgress"):
        one.move(enhanced)


def test_two_jobs_on_one_item_collide_and_the_scheduled_one_silently_does_not_run() -> None:
    one = small()
    one.vm.transfer_minutes = 400
    one.world.advance_to(NOON.replace(hour=22))
    on_demand.trigger_backup(one.world, one.vault, one.item.id, None, "test")
    one.days(0.5)
    scheduled = [job for job in one.world.jobs.values() if job.scheduled_for == NOON.replace(hour=22, minute=30)]
    assert scheduled == []
    assert one.world.counters.collisions == 1


def test_an_immutable_vault_refuses_less_and_takes_more() -> None:
    one = small(GOLD, immutability="Unlocked")
    gold = one.world.policies[one.item.policy_id.lower()]
    less, more = one.policy("less", DAILY), one.policy("more", documents.daily("22:30", daily=60, weekly=12))
    with pytest.raises(Refused, match="immutable"):
        one.move(less)
    with pytest.raises(Refused, match="immutable"):
        one.edit(gold, DAILY)
    one.move(more)
    assert one.item.policy_id == more.id


def test_a_membership_changes_only_when_its_job_ends() -> None:
    one = small()
    target = one.policy("target", GOLD)
    operation = writes.put_item(one.world, one.vault, one.item.id, {"policyId": target.id}, "test")
    job = one.world.jobs[operation.job_id]
    assert timedelta(seconds=2) <= job.due - job.started_at <= timedelta(seconds=30)
    assert one.item.policy_id.endswith("/home")
    with pytest.raises(Refused, match="Conflicting"):
        writes.put_item(one.world, one.vault, one.item.id, {"policyId": target.id}, "test")
    one.world.advance_to(job.due)
    assert one.item.policy_id == target.id
    assert operation.status == "Succeeded"


def test_quotas_of_a_day_are_absolute_and_come_back() -> None:
    one = small(limits=Limits(policy_writes_per_vault_day=2, moves_per_vault_day=1))
    home = one.world.policies[one.item.policy_id.lower()]
    one.edit(home, DAILY)
    one.edit(home, DAILY)
    with pytest.raises(Refused, match="CloudDosAbsoluteLimitReached"):
        one.edit(home, DAILY)
    one.move(home)
    with pytest.raises(Refused, match="CloudDosAbsoluteLimitReached"):
        one.move(home)
    one.days(1.1)
    one.edit(home, DAILY)
    one.move(home)


def test_of_an_hourly_policys_runs_only_the_days_last_reaches_the_vault() -> None:
    one = small(documents.hourly("08:00", daily=30))
    one.days(2)
    runs = [job for job in one.world.jobs.values() if job.started_at > NOON]
    hours = {job.scheduled_for.hour: job.vaulted for job in runs if job.scheduled_for}
    assert hours == {8: False, 12: False, 16: False, 20: True}


def test_a_new_member_waits_for_its_first_backup() -> None:
    one = small()
    vm = fleets.add_vm(one.world, "vm-two", "rg-vms", "westeurope")
    names = "iaasvmcontainerv2;rg-vms;vm-two"
    new = one.item.id.replace("iaasvmcontainerv2;rg-vms;vm-one", names)
    body = {"policyId": one.item.policy_id, "sourceResourceId": vm.id}
    writes.put_item(one.world, one.vault, new, body, "test")
    assert new.lower() not in one.world.items
    one.world.advance(timedelta(minutes=1))
    assert one.world.items[new.lower()].state == "IRPending"
    one.days(3)
    assert one.world.items[new.lower()].state == "Protected"


def test_a_soft_deleted_item_takes_no_writes() -> None:
    one = small()
    one.item.deleted_at = NOON
    with pytest.raises(Refused, match="BMSUserErrorDataSourceInDeferredDeleteState"):
        one.send({"policyId": one.item.policy_id})
