"""Which bugs are planted in the judgement of recovery points, and which test must catch each?"""

from tests.planted.bug import Bug

PROMISES = "shared/rules/promises.py"
EXPECTED = "shared/rules/expected_points.py"
HELD = "shared/rules/held_points.py"
CAUSES = "shared/rules/gap_causes.py"
FILLS = "shared/rules/gap_fills.py"
FRESHNESS = "shared/rules/freshness.py"
POSTURE = "shared/rules/posture.py"
LOOK = "shared/rules/retention_check.py"
TURNS = "shared/rules/retention_turns.py"

RETENTION_BUGS = (
    Bug(
        "let anybody end a promise by weakening it",
        PROMISES,
        "    return bool(terms.less) and not terms.approved",
        "    return False",
        "tests/rules/test_promises.py::test_nobody_ends_a_promise_by_weakening_a_policy[weekly]",
    ),
    Bug(
        "keep a promise whose end was approved",
        PROMISES,
        "    return bool(terms.less) and not terms.approved",
        "    return bool(terms.less)",
        "tests/rules/test_promises.py::test_an_approved_loss_ends_a_promise[less]",
    ),
    Bug(
        "expect points of a weaker policy at hours at which it does not run",
        PROMISES,
        "        start=policy.start,\n",
        "",
        "tests/rules/test_promises.py::test_a_weaker_policy_that_runs_at_another_hour_moves_the_promise_there",
    ),
    Bug(
        "guess what a policy said in times that are forgotten",
        PROMISES,
        "    since, unsure_from = max(first.since, one.since), ",
        "    since, unsure_from = one.since, ",
        "tests/rules/test_promises.py::test_of_times_that_are_forgotten_nothing_is_promised",
    ),
    Bug(
        "expect runs that fell into a change of which nobody knows the hour",
        PROMISES,
        "until=terms.unsure_from or terms.since)",
        "until=terms.since)",
        "tests/rules/test_promises.py::test_where_it_is_not_known_when_a_policy_changed_runs_in_between_are_nobodys",
    ),
    Bug(
        "give every month 31 days",
        EXPECTED,
        '"Months": (30, 2)',
        '"Months": (31, 0)',
        "tests/rules/test_expected_points.py::test_a_class_is_kept_for_its_least_days_whichever_months_these_are",
    ),
    Bug(
        "miss points of runs that may still begin",
        EXPECTED,
        "JUDGED_AFTER = LONGEST_DELAY + timedelta(hours=2)",
        "JUDGED_AFTER = timedelta(0)",
        "tests/rules/test_expected_points.py::test_a_run_is_expected_to_have_left_its_point_six_hours_after_it_was_due",
    ),
    Bug(
        "hold older points against what was promised before an approved loss",
        EXPECTED,
        "for one in (policy, *approved)",
        "for one in (policy,)",
        "tests/rules/test_expected_points.py::"
        "test_an_unapproved_weakening_takes_nothing_away_and_an_approved_one_does_for_older_points_too",
    ),
    Bug(
        "read tags by one of the days on which a run may start",
        EXPECTED,
        "if all(carries(policy, name, day) for day in days)",
        "if any(carries(policy, name, day) for day in days)",
        "tests/rules/test_expected_points.py::"
        "test_where_midnight_falls_between_possible_starts_only_classes_that_both_days_carry_are_sure",
    ),
    Bug(
        "let one point stand for two runs",
        HELD,
        "        until = min(one.due + DAY, following.due) if following else one.due + DAY\n",
        "        until = one.due + DAY\n",
        "tests/rules/test_held_points.py::test_one_point_does_not_stand_for_two_runs",
    ),
    Bug(
        "take a backup by hand for a weekly point",
        HELD,
        "frozenset() if at in on_demand else classes_at(at, history)",
        "classes_at(at, history)",
        "tests/rules/test_held_points.py::test_a_backup_by_hand_that_held_the_vm_is_no_weekly_point[0.2]",
    ),
    Bug(
        "take a weekly point for one by hand because somebody made one just before",
        HELD,
        "frozenset(point for at in sent if (point := made_by(at, points)))",
        "frozenset(point for at in sent for point in points if at - CLOCKS_DIFFER <= point < at + AFTER_SENT)",
        "tests/rules/test_held_points.py::test_a_backup_by_hand_beside_the_scheduled_one_takes_nothing_away[-0.5]",
    ),
    Bug(
        "read a point by a schedule that had ended when its run was due",
        HELD,
        " and (not end or start < end)",
        "",
        "tests/rules/test_held_points.py::test_a_point_after_a_change_is_of_the_new_schedule",
    ),
    Bug(
        "count points that cannot be restored from",
        HELD,
        'GOOD_TIERS = frozenset({"valid", "rehydrated"})',
        'GOOD_TIERS = frozenset({"valid", "rehydrated", "invalid", "deleted"})',
        "tests/rules/test_held_points.py::test_a_point_is_good_in_any_tier_that_can_be_restored_from[tiers5-False]",
    ),
    Bug(
        "take any backup for one that is kept as long",
        HELD,
        "    lasting = [each for each in made if each.wanted.keep_until >= one.keep_until - ABOUT]",
        "    lasting = list(made)",
        "tests/rules/test_held_points.py::"
        "test_a_backup_for_another_reason_stands_for_the_point_where_it_is_kept_as_long",
    ),
    Bug(
        "blame the retry for what the run did",
        CAUSES,
        "        and not failure.user_triggered\n",
        "",
        "tests/rules/test_gap_causes.py::test_failures_of_other_jobs_say_nothing_of_the_run[by hand]",
    ),
    Bug(
        "believe that a run is overdue though its job tells more",
        CAUSES,
        "    mine = [failure for failure in _failures(one, evidence) if failure.kind is not Kind.OVERDUE]",
        "    mine = _failures(one, evidence)",
        "tests/rules/test_gap_causes.py::test_of_an_overdue_run_the_jobs_are_asked_and_believed",
    ),
    Bug(
        "blame a change of retention for a run that did not come",
        CAUSES,
        "if _starts_as_before(before.policy, terms.policy) or (",
        "if (",
        "tests/rules/test_gap_causes.py::test_a_change_at_another_time_or_of_retention_only_did_not_lose_the_run",
    ),
    Bug(
        "blame a backup by hand that was over before the run was due",
        CAUSES,
        "(ended is None or ended > due)",
        "True",
        "tests/rules/test_gap_causes.py::test_only_what_ran_when_the_run_was_due_was_in_its_way",
    ),
    Bug(
        "blame shortened retention for points that it still keeps",
        CAUSES,
        "one.due + _kept(terms.policy, one) <= (until or now)",
        "True",
        "tests/rules/test_gap_causes.py::"
        "test_a_point_that_a_weaker_policy_let_expire_is_told_and_one_that_it_still_keeps_is_not",
    ),
    Bug(
        "make up for a point after the next one has come",
        FILLS,
        "    if latest is None or now >= latest or until",
        "    if latest is None or until",
        "tests/rules/test_gap_fills.py::test_the_next_of_the_longest_class_stands_for_what_was_lost",
    ),
    Bug(
        "ask for what fails again and again",
        FILLS,
        "    if len(tried) >= MOST_TRIES or any(",
        "    if any(",
        "tests/rules/test_gap_fills.py::test_what_fails_is_tried_three_times_and_then_left_to_a_person",
    ),
    Bug(
        "wait for the RPO of a VM that fails anew each night",
        FRESHNESS,
        "(failed or now - last > tier.rpo)",
        "now - last > tier.rpo",
        "tests/rules/test_freshness.py::test_a_vm_whose_backups_fail_night_by_night_has_none_at_all",
    ),
    Bug(
        "be content with the redundancy that one of the tiers wants",
        POSTURE,
        "    other = sorted(one for one in wanted if",
        "    other = () if vault.redundancy in wanted else sorted(one for one in wanted if",
        "tests/rules/test_posture.py::test_the_redundancy_must_be_what_every_tier_of_its_vms_wants",
    ),
    Bug(
        "call points snapshots that are on their way to the vault",
        LOOK,
        "TRANSFERRED = timedelta(days=2)",
        "TRANSFERRED = timedelta(hours=2)",
        "tests/rules/test_retention_check.py::"
        "test_points_in_the_vault_or_on_their_way_or_of_no_tier_are_not_odd[kept0]",
    ),
    Bug(
        "let a fleet of suspects starve the others",
        TURNS,
        "chain.from_iterable(pairs)",
        "[*longest_ago_first(suspects), *longest_ago_first(due)]",
        "tests/rules/test_retention_turns.py::test_suspects_take_every_other_turn_while_anybody_else_is_due",
    ),
)
