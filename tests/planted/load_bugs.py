"""Which bugs are planted in the judgement of load, and which test must catch each?"""

from tests.planted.bug import Bug

DAYS = "shared/rules/load/days.py"
JUDGING = "shared/rules/load/judging.py"
CLASSES = "shared/rules/load/classes.py"
STARTS = "shared/rules/load/starts.py"
READING = "shared/load_series.py"
CLOUD = "shared/cloud/load.py"

LOAD_BUGS = (
    Bug(
        "forecast a day from itself",
        JUDGING,
        "forecast(days[:index])",
        "forecast(days[: index + 1])",
        "tests/rules/test_load_windows.py::test_no_day_is_forecast_from_itself_or_from_later_ones",
    ),
    Bug(
        "call every window right",
        JUDGING,
        "window_correct=delivered - quietest <= ACCEPTABLE_ABOVE",
        "window_correct=True",
        "tests/rules/test_load_windows.py::test_a_window_more_than_ten_points_above_the_best_is_wrong",
    ),
    Bug(
        "judge the chosen window only",
        JUDGING,
        "if f - promised <= TOLERANCE",
        "if f == promised",
        "tests/rules/test_load_classes.py::test_a_window_that_only_seemed_quiet_breaks_the_promise",
    ),
    Bug(
        "call predictable after a few days",
        CLASSES,
        "    if len(judged) < LEAST_DAYS:",
        "    if False:",
        "tests/rules/test_load_classes.py::test_fewer_than_seven_judged_days_are_too_few",
    ),
    Bug(
        "call flat what jumps on some days",
        CLASSES,
        "difference < FLAT and level >= ACCURATE * len(looked.spreads)",
        "difference < FLAT",
        "tests/rules/test_load_classes.py::test_few_bursts_on_a_level_load_give_it_no_hours_of_its_own",
    ),
    Bug(
        "give hours to what is level on most days",
        CLASSES,
        "    if median(looked.spreads) < FLAT:",
        "    if False:",
        "tests/rules/test_load_classes.py::test_few_bursts_on_a_level_load_give_it_no_hours_of_its_own",
    ),
    Bug(
        "call a busy counter saturated",
        CLASSES,
        "if looked.percent and looked.quietest >= BUSY",
        "if looked.quietest >= BUSY",
        "tests/rules/test_load_classes.py::test_what_counts_something_else_is_scaled_to_its_own_p99_and_never_saturated",
    ),
    Bug(
        "forecast for a machine that may be off",
        CLASSES,
        "    if not any(usable(day) for day in days[-LATELY:]):",
        "    if False:",
        "tests/rules/test_load_classes.py::test_a_machine_that_was_not_measured_lately_is_unknown",
    ),
    Bug(
        "look at an hour that is not over",
        DAYS,
        "min(max(low + 1, (minute + SLOT_MINUTES) // step), over)",
        "max(low + 1, (minute + SLOT_MINUTES) // step)",
        "tests/rules/test_load_windows.py::test_an_hour_that_is_not_over_is_not_looked_at",
    ),
    Bug(
        "take negative values for load",
        DAYS,
        "0 <= value <= MOST",
        "value <= MOST",
        "tests/rules/test_load_windows.py::test_half_hours_are_the_means_of_what_was_measured_in_them",
    ),
    Bug(
        "forget at which slot the day began",
        DAYS,
        "    return day[SLOTS_PER_DAY - first :] + day[: SLOTS_PER_DAY - first]",
        "    return day",
        "tests/rules/test_load_classes.py::test_the_forecast_is_by_utc_slot_whenever_the_look_is",
    ),
    Bug(
        "give hours of its own to any VM",
        STARTS,
        "if profile.kind is not LoadClass.PREDICTABLE or not allowed",
        "if profile.expected is None or not allowed",
        "tests/rules/test_load_starts.py::test_every_other_class_keeps_the_tiers_window",
    ),
    Bug(
        "score the moment of the start only",
        STARTS,
        "    return LATENESS_SLOTS + min(max(duration_slots, 1), SNAPSHOT_SLOTS)",
        "    return 1",
        "tests/rules/test_load_starts.py::test_starts_are_quiet_while_the_whole_scored_span_is",
    ),
    Bug(
        "believe a clock that stands still",
        READING,
        "row.at <= kept[-1][0]",
        "row.at < kept[-1][0]",
        "tests/messages/test_load_series.py::test_a_stray_time_is_left_out",
    ),
    Bug(
        "pass over any number of unreadable values",
        READING,
        "    if len(lines) * STRAY <= rows:",
        "    if rows:",
        "tests/messages/test_load_series.py::test_all_that_is_wrong_is_told_at_once_by_kind",
    ),
    Bug(
        "read the first ten machines",
        CLOUD,
        '                "top": TOP,\n',
        "",
        "tests/local/test_load.py::test_the_curves_are_the_same_over_the_sdk_as_in_memory",
    ),
    Bug(
        "take an unread metric for an idle machine",
        CLOUD,
        '    if code != "Success":',
        "    if False:",
        "tests/cloud/test_load.py::test_a_metric_that_could_not_be_read_is_not_taken_for_an_empty_one",
    ),
    Bug(
        "make up load where none was measured",
        CLOUD,
        "[None] * hours",
        "[0.0] * hours",
        "tests/cloud/test_load.py::test_machines_without_metrics_and_strangers_change_nothing",
    ),
)
