"""Which bugs are planted, one at a time, and which test must catch each?"""

from tests.planted.bug import Bug
from tests.planted.flow_bugs import FLOW_BUGS
from tests.planted.hourly_bugs import HOURLY_BUGS
from tests.planted.level_bugs import LEVEL_BUGS
from tests.planted.load_bugs import LOAD_BUGS
from tests.planted.morning_bugs import MORNING_BUGS
from tests.planted.on_demand_bugs import ON_DEMAND_BUGS
from tests.planted.order_bugs import ORDER_BUGS
from tests.planted.restore_bugs import RESTORE_BUGS
from tests.planted.restore_flow_bugs import RESTORE_FLOW_BUGS
from tests.planted.retention_bugs import RETENTION_BUGS
from tests.planted.retention_flow_bugs import RETENTION_FLOW_BUGS
from tests.planted.retention_story_bugs import RETENTION_STORY_BUGS
from tests.planted.secondary_bugs import SECONDARY_BUGS
from tests.planted.triage_bugs import TRIAGE_BUGS

__all__ = ["BUGS", "Bug"]

RETENTION = "shared/rules/retention.py"
MOMENTS = "shared/rules/safe_moments.py"
SLOTS = "shared/rules/slots.py"
ENFORCEMENT = "shared/rules/enforcement.py"
MEMBERSHIPS = "shared/rules/memberships.py"
DRIFT = "shared/rules/drift.py"
BODIES = "shared/cloud/bodies.py"
VAULT = "shared/cloud/vault.py"
CARRY_OUT = "shared/flows/enforcement.py"
WINDOWS = "shared/flows/backup_windows.py"
WRITES = "shared/flows/writes.py"
TURNS = "shared/flows/turns.py"

BUGS = (
    Bug(
        "skip daily retention",
        RETENTION,
        "        *_daily_losses(current, target),\n",
        "",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[daily]",
    ),
    *(
        Bug(
            f"skip {name} retention",
            RETENTION,
            "for name in CLASSES for loss in",
            f'for name in CLASSES if name != "{name}" for loss in',
            f"tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[{name}]",
        )
        for name in ("weekly", "monthly", "yearly")
    ),
    Bug(
        "skip the tagged runs of a class",
        RETENTION,
        "    if len(new.when) < len(old.when):",
        "    if False:",
        "tests/rules/test_planted_rules.py::test_fewer_tagged_runs_are_a_loss",
    ),
    Bug(
        "skip the unit of a class",
        RETENTION,
        "    if new.unit != old.unit:",
        "    if False:",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[unit]",
    ),
    Bug(
        "skip instant restore",
        RETENTION,
        "    if target.instant_restore_days < current.instant_restore_days:",
        "    if False:",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[instant restore]",
    ),
    Bug(
        "skip archive tiering",
        RETENTION,
        "    if current.archive != target.archive:",
        "    if False:",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[archive]",
    ),
    Bug(
        "skip the policy type",
        RETENTION,
        "    if current.policy_type is not target.policy_type:",
        "    if False:",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[type]",
    ),
    Bug(
        "skip the frequency",
        RETENTION,
        "    if current.frequency is not target.frequency:",
        "    if False:",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[frequency]",
    ),
    Bug(
        "compare what cannot be read",
        RETENTION,
        "        *_unreadable(target),\n",
        "",
        "tests/rules/test_planted_rules.py::test_a_target_that_keeps_less_is_a_loss[unread]",
    ),
    Bug(
        "move around the current start",
        MOMENTS,
        '((passage.current, tail, "current"), (passage.target, START_LATENESS, "new"))',
        '((passage.target, START_LATENESS, "new"),)',
        "tests/rules/test_planted_rules.py::test_while_its_run_may_be_about_to_start_a_vm_waits",
    ),
    Bug(
        "move around the new start",
        MOMENTS,
        '((passage.current, tail, "current"), (passage.target, START_LATENESS, "new"))',
        '((passage.current, tail, "current"),)',
        "tests/rules/test_planted_rules.py::test_while_it_could_miss_its_new_start_a_vm_waits",
    ),
    Bug(
        "move just before a start",
        MOMENTS,
        "BEFORE_START = timedelta(hours=1)",
        "BEFORE_START = timedelta(hours=0)",
        "tests/rules/test_planted_rules.py::test_just_before_its_current_start_a_vm_waits",
    ),
    Bug(
        "forget how long the run takes",
        MOMENTS,
        "START_LATENESS + timedelta(minutes=passage.minutes)",
        "START_LATENESS",
        "tests/rules/test_planted_rules.py::test_until_its_run_should_be_over_a_vm_waits",
    ),
    Bug(
        "forget the RPO",
        MOMENTS,
        "    return _gap_beyond_rpo(passage, old, new, now) or _tagged_run_lost(",
        "    return _tagged_run_lost(",
        "tests/rules/test_planted_rules.py::test_a_gap_longer_than_the_rpo_waits",
    ),
    Bug(
        "forget the weekly run",
        MOMENTS,
        " or _tagged_run_lost(passage, old, new, now)",
        "",
        "tests/rules/test_planted_rules.py::test_a_move_that_would_skip_the_weekly_run_waits",
    ),
    Bug(
        "window in local time instead of UTC",
        SLOTS,
        "        found.add(slot_of(start))",
        "        found.add(slot_of(start.astimezone(zone_of(window, region))))",
        "tests/rules/test_planted_rules.py::test_a_window_is_local_and_its_slots_are_utc",
    ),
    Bug(
        "policy start in local time instead of UTC",
        SLOTS,
        "time(start // 60, start % 60), zone).astimezone(UTC)",
        "time(start // 60, start % 60), zone)",
        "tests/rules/test_planted_rules.py::test_a_policy_in_a_local_zone_starts_at_utc_slots",
    ),
    Bug(
        "tagged days in local time instead of UTC",
        SLOTS,
        "    return (run.date() - run.astimezone(zone_of(window, region)).date()).days",
        "    return 0",
        "tests/rules/test_planted_rules.py::test_a_run_after_midnight_utc_is_tagged_a_day_after_its_local_one",
    ),
    Bug(
        "accept a loss in a sealed vault",
        MEMBERSHIPS,
        "    if lost and (change.vault.sealed or not ",
        "    if lost and (not ",
        "tests/flows/test_retention.py::test_in_a_sealed_vault_no_approval_helps_against_a_loss",
    ),
    Bug(
        "accept a rise in a sealed vault",
        MEMBERSHIPS,
        "    if change.vault.sealed and rises(",
        "    if False and rises(",
        "tests/flows/test_retention.py::test_in_a_sealed_vault_a_rise_needs_a_name",
    ),
    Bug(
        "ignore a hold",
        ENFORCEMENT,
        "    if scene.held:",
        "    if False:",
        "tests/flows/test_enforce.py::test_a_hold_tag_set_after_planning_holds",
    ),
    Bug(
        "revert a human's move",
        MEMBERSHIPS,
        "    if placed is not None and placed != item.policy_id:",
        "    if False:",
        "tests/flows/test_drift.py::test_a_vm_that_somebody_moved_is_held_with_actor_and_date_and_stays",
    ),
    Bug(
        "undo a human's move made before ours was read back",
        "shared/flows/look.py",
        "    if shown == meant or (taken and shown",
        "    if shown == meant or (False and shown",
        "tests/flows/test_drift.py::"
        "test_a_vm_that_somebody_moves_before_our_own_move_was_read_back_stays_where_it_was_put",
    ),
    Bug(
        "send a lost move over a human's",
        CARRY_OUT,
        "[0] == placement.item.policy_id",
        "[0] != placement.target.id",
        "tests/flows/test_drift.py::test_a_lost_move_is_not_sent_again_over_what_somebody_did_meanwhile",
    ),
    Bug(
        "send a lost policy over a human's",
        CARRY_OUT,
        "if sent.lost and _line(before.get(policy_id)) == _line(present.get(policy_id))",
        "if sent.lost and not _as_planned(due.targets[policy_id], present)",
        "tests/flows/test_drift.py::test_a_lost_edit_is_not_sent_again_over_what_somebody_did_meanwhile",
    ),
    Bug(
        "undo a human's move made since planning",
        ENFORCEMENT,
        "    if item.policy_name.lower() != move.current_policy.lower():",
        "    if False:",
        "tests/flows/test_enforce.py::test_a_vm_moved_by_hand_after_planning_stays_there",
    ),
    Bug(
        "move during a job",
        ENFORCEMENT,
        "    if scene.job_running:",
        "    if False:",
        "tests/flows/test_enforce.py::test_a_running_job_lets_its_vm_wait",
    ),
    Bug(
        "move in a blackout",
        ENFORCEMENT,
        "    if blackout := blackout_on(",
        "    if blackout := None and blackout_on(",
        "tests/flows/test_enforce.py::test_in_a_blackout_azure_is_not_called",
    ),
    Bug(
        "write with the switch off",
        ENFORCEMENT,
        '    if "plan" not in switches:',
        "    if False:",
        "tests/flows/test_enforce.py::test_with_the_switch_off_azure_is_not_called",
    ),
    Bug(
        "put a schedule back at once",
        DRIFT,
        "max(start, min(since, start) + NOTICE)",
        "start",
        "tests/rules/test_drift.py::test_a_moved_schedule_is_put_back_no_sooner_than_a_day_after_its_report",
    ),
    Bug(
        "shorten a policy in place",
        WRITES,
        "    if current is not None and (lost := losses(current, target)):",
        "    if lost := ():",
        "tests/flows/test_writes.py::test_no_policy_is_written_over_one_that_keeps_longer_whoever_asks",
    ),
    Bug(
        "overwrite what was not reported",
        CARRY_OUT,
        "_not_reported(current, observed) or edit_obstacle(",
        "edit_obstacle(",
        "tests/flows/test_drift.py::test_what_somebody_changes_after_planning_is_not_overwritten_before_it_is_reported",
    ),
    Bug(
        "store a plan that was not checked",
        WINDOWS,
        "    if lies := plan_proof.check(made",
        "    if lies := [] and plan_proof.check(made",
        "tests/flows/test_plan.py::test_a_plan_that_its_checker_does_not_confirm_is_not_stored",
    ),
    Bug(
        "look at a paused vault",
        WINDOWS,
        'pause_on(flags, vault.name, now) or ""',
        '""',
        "tests/flows/test_writes.py::test_a_paused_vault_is_not_even_looked_at",
    ),
    Bug(
        "read the pause once a tick",
        WRITES,
        "    if paused := pause_on(writer.ports.ledger.rows(PAUSES), vault.name, writer.now):\n        return paused\n",
        "",
        "tests/flows/test_writes.py::test_a_pause_set_between_two_writes_stops_the_second",
    ),
    Bug(
        "write without spending the quota",
        WRITES,
        "    if not writer.ports.ledger.spend(",
        "    if False and writer.ports.ledger.spend(",
        "tests/flows/test_writes.py::test_the_days_policy_writes_are_spent_before_the_call_and_never_exceeded",
    ),
    Bug(
        "exceed the quota by one",
        WRITES,
        "ledger.spend(quota, vault.id, day, limit)",
        "ledger.spend(quota, vault.id, day, limit + 1)",
        "tests/flows/test_writes.py::test_the_days_moves_are_never_exceeded_and_the_rest_follows_the_next_day",
    ),
    Bug(
        "trust the tick",
        WRITES,
        "    return Sent(step)\n",
        "    return Sent(replace(step, outcome=Outcome.WRITTEN))\n",
        "tests/flows/test_writes.py::test_a_move_that_is_not_visible_yet_is_verified_later",
    ),
    Bug(
        "move into a policy that was not re-read as planned",
        CARRY_OUT,
        '"" if step.outcome is Outcome.WRITTEN else step.reason',
        '""',
        "tests/flows/test_writes.py::test_nothing_moves_into_a_policy_that_was_not_re_read_as_planned",
    ),
    Bug(
        "send a move twice on a lost answer",
        CARRY_OUT,
        'if result.lost and memberships.get(placement.item.id, ("", ""))[0] == placement.item.policy_id',
        "if result.lost",
        "tests/flows/test_writes.py::test_a_move_whose_answer_was_lost_after_its_effect_is_not_sent_again",
    ),
    Bug(
        "send a policy twice on a lost answer",
        CARRY_OUT,
        "if sent.lost and _line(before.get(policy_id)) == _line(present.get(policy_id))",
        "if sent.lost",
        "tests/flows/test_writes.py::test_a_policy_write_whose_answer_was_lost_after_its_effect_is_not_sent_again",
    ),
    Bug(
        "send again at once without a re-read",
        WRITES,
        "            if not error.refused or not writer.wait(error.retry_after):",
        "            if error.refused and not writer.wait(error.retry_after):",
        "tests/flows/test_writes.py::test_a_move_that_was_lost_before_its_effect_is_sent_again_after_a_re_read",
    ),
    Bug(
        "let a twin write too",
        WRITES,
        "    if not writer.takes(subject):",
        "    if False:",
        "tests/flows/test_patience.py::test_a_twin_that_runs_at_the_same_time_sends_nothing_twice",
    ),
    Bug(
        "write on after standing still",
        TURNS,
        "        if self.ports.now() - self.now > LONGEST:",
        "        if False:",
        "tests/flows/test_turns.py::test_a_run_that_stood_still_alone_leaves_the_rest_to_the_next",
    ),
    Bug(
        "write on while a later run writes",
        TURNS,
        '        if newest is not None and newest["at"] != self.now.isoformat():',
        "        if False:",
        "tests/flows/test_turns.py::test_a_throttled_write_is_not_sent_again_once_another_run_has_begun",
    ),
    Bug(
        "spend when the turn is over",
        WRITES,
        "    if over := writer.over():\n        return over\n",
        "",
        "tests/flows/test_turns.py::"
        "test_a_run_that_stood_still_while_another_went_on_writes_nothing_twice_and_spends_nothing"
        "[vaults.assign_policy.sent]",
    ),
    Bug(
        "send what was taken before standing still",
        WRITES,
        "    if over := writer.over():\n        return Sent(",
        "    if over := None and writer.over():\n        return Sent(",
        "tests/flows/test_turns.py::test_a_run_that_stood_still_between_its_quota_and_its_write_does_not_send_it",
    ),
    Bug(
        "remember old judgements after the turn is over",
        WINDOWS,
        "    if over := writer.over():",
        "    if over := None and writer.over():",
        "tests/flows/test_turns.py::test_a_run_that_lost_its_turn_leaves_what_the_other_remembers",
    ),
    Bug(
        "send to a vault that asked for time",
        WRITES,
        "    if vault.id in writer.closed:",
        "    if False:",
        "tests/flows/test_patience.py::test_a_vault_that_asks_for_more_time_than_a_tick_has_takes_no_more_writes_in_it",
    ),
    Bug(
        "send a refused policy again",
        CARRY_OUT,
        "        elif policy_id in due.refused:",
        "        elif False:",
        "tests/flows/test_patience.py::test_a_policy_that_azure_refused_is_not_sent_again_under_this_plan",
    ),
    Bug(
        "raise a policy of a sealed vault for good",
        WRITES,
        "    if current is not None and (why_not := rise_in_place(",
        "    if current is None and (why_not := rise_in_place(",
        "tests/flows/test_patience.py::test_a_vault_that_was_sealed_after_planning_keeps_its_policies",
    ),
    Bug(
        "forget where a VM first came from",
        WRITES,
        "    ledger.claim(\n        ORIGINS,",
        "    ledger.write(\n        ORIGINS,",
        "tests/flows/test_enforce.py::test_later_moves_do_not_forget_where_a_vm_first_came_from",
    ),
    Bug(
        "move everything in one tick",
        WINDOWS,
        "islice(turns, MOVES_PER_TICK)",
        "turns",
        "tests/flows/test_enforce.py::test_a_tick_moves_at_most_its_share_and_the_rest_follows",
    ),
    Bug(
        "write again what is settled",
        WINDOWS,
        '    return Outcome(row["outcome"]) not in FINAL and ',
        "    return ",
        "tests/flows/test_enforce.py::test_a_second_tick_writes_and_asks_nothing",
    ),
    Bug(
        "accept an empty policy id",
        BODIES,
        """        "" if policy.id else "the policy id is empty, which would stop protection",
        ""
        if policy.id.lower() == policy_id(item.vault_id, policy.name)
""",
        """        ""
        if policy.id.lower() in {"", policy_id(item.vault_id, policy.name)}
""",
        "tests/cloud/test_bodies.py::test_an_empty_policy_id_is_refused_even_as_an_origin",
    ),
    Bug(
        "accept a policy that is not ours",
        BODIES,
        "        if policy.name.startswith(OURS) or policy.id.lower() == origin.lower()",
        "        if True",
        "tests/cloud/test_bodies.py::test_a_rollback_may_return_to_the_recorded_origin_only",
    ),
    Bug(
        "send a protection state",
        BODIES,
        '            "sourceResourceId": item.vm_id,\n',
        '            "sourceResourceId": item.vm_id,\n            "protectionState": item.state.value,\n',
        "tests/cloud/test_bodies.py::test_a_move_says_type_machine_policy_and_exclusions_and_nothing_else",
    ),
    Bug(
        "drop the disk exclusions",
        BODIES,
        "            **extended,\n",
        "",
        "tests/flows/test_enforce.py::test_disk_exclusions_are_sent_back_as_they_were",
    ),
    *(
        Bug(
            f"forget a page of {what}",
            VAULT,
            '            following = text(mapping(response.json()).get("nextLink"))',
            '            following = ""',
            f"tests/cloud/test_pages.py::test_the_second_page_is_read_too[{what}]",
        )
        for what in ("vaults", "jobs")
    ),
    Bug(
        "forget a page of machines",
        "shared/cloud/fleet.py",
        "            if not token:",
        "            if True:",
        "tests/cloud/test_fleet.py::test_one_query_asks_for_all_subscriptions_and_follows_every_page",
    ),
    Bug(
        "ask for jobs by ISO dates",
        "shared/cloud/filters.py",
        '    return at.strftime("%Y-%m-%d %I:%M:%S %p")',
        "    return at.isoformat()",
        "tests/cloud/test_vault.py::test_ranges_are_sent_with_both_ends_on_a_twelve_hour_clock",
    ),
    Bug(
        "trust the service's filter of jobs",
        VAULT,
        "[job for job in found if since <= job.started_at <= until and status in {None, job.status}]",
        "found",
        "tests/cloud/test_vault.py::test_answers_outside_the_asked_range_or_status_are_dropped",
    ),
    Bug(
        "let the SDK send a move again",
        VAULT,
        "path.item,\n                parameters=ProtectedItemResource(body),\n"
        "                polling=False,\n                retry_total=0,\n",
        "path.item,\n                parameters=ProtectedItemResource(body),\n"
        "                polling=False,\n                retry_total=1,\n",
        "tests/cloud/test_vault.py::test_a_write_whose_fate_is_unknown_is_transient_and_sent_once[503-assign_policy]",
    ),
    Bug(
        "take a throttled write for a lost one",
        "shared/cloud/failures.py",
        "_retry_after(failure), refused=True)",
        "_retry_after(failure))",
        "tests/cloud/test_vault.py::test_a_throttled_write_is_refused_with_its_wait_and_sent_once",
    ),
    Bug(
        "read an instant without its zone as local",
        "shared/cloud/wire_values.py",
        "at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)",
        "at.astimezone(UTC)",
        "tests/cloud/test_local_clock.py::test_an_instant_without_a_zone_is_utc_wherever_the_app_runs",
    ),
    Bug(
        "roll back past a lost answer",
        "shared/flows/rollback.py",
        "        if step.outcome in {Outcome.WRITTEN, Outcome.UNVERIFIED}:",
        "        if step.outcome is Outcome.WRITTEN:",
        "tests/flows/test_rollback.py::test_a_rollback_that_is_not_visible_yet_is_not_planned_away_again",
    ),
    Bug(
        "edit a policy while its VM runs",
        "shared/rules/policy_edits.py",
        '"a job is running" if rider.job_running else obstacle(rider.passage, now)',
        "None",
        "tests/flows/test_drift.py::test_a_schedule_is_put_back_only_when_no_vm_of_the_policy_could_lose_a_run",
    ),
    Bug(
        "review a night twice",
        "shared/flows/review.py",
        " or ports.ledger.read(REVIEWED, str(night)) is not None:",
        ":",
        "tests/flows/test_review.py::test_a_night_is_reviewed_once",
    ),
    Bug(
        "let a share follow an unseen canary",
        "shared/rules/rollout.py",
        "        on_trial=frozenset(unseen | tonight),",
        "        on_trial=frozenset(tonight),",
        "tests/rules/test_rollout.py::test_nothing_follows_the_canary_before_a_plan_has_seen_its_runs",
    ),
    Bug(
        "take a run that never began for a good one",
        "shared/rules/due_runs.py",
        "    return Ending.FAILED if since else Ending.MISSED",
        "    return Ending.FAILED if since else Ending.GOOD",
        "tests/flows/test_breaker.py::test_runs_that_never_began_stop_moves_too",
    ),
    Bug(
        "move on while the breaker has stopped moves",
        WINDOWS,
        " or breaker.stopped(ports):",
        ":",
        "tests/flows/test_breaker.py::test_while_moves_are_stopped_a_tick_asks_azure_nothing",
    ),
    Bug(
        "judge moved VMs on runs from before a resume",
        "shared/flows/breaker.py",
        'since=max(history, datetime.fromisoformat(resumed["at"])) if resumed else history,',
        "since=history,",
        "tests/flows/test_breaker.py::test_an_operator_lets_moves_go_on_and_the_same_runs_do_not_stop_them_again",
    ),
    *HOURLY_BUGS,
    *LEVEL_BUGS,
    *LOAD_BUGS,
    *MORNING_BUGS,
    *RESTORE_BUGS,
    *RESTORE_FLOW_BUGS,
    *SECONDARY_BUGS,
    *RETENTION_BUGS,
    *TRIAGE_BUGS,
    *FLOW_BUGS,
    *RETENTION_FLOW_BUGS,
    *RETENTION_STORY_BUGS,
    *ON_DEMAND_BUGS,
    *ORDER_BUGS,
)
