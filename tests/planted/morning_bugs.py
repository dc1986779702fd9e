"""Which bugs are planted in what the morning hears of failures, and in the way to people? With the tests for them."""

from tests.planted.bug import Bug

NIGHT = "shared/rules/night_failures.py"
LOOKS = "shared/rules/looks.py"
PATH = "shared/rules/alert_path.py"
FLOW = "shared/flows/alert_path.py"
MONITORING = "shared/cloud/monitoring.py"
VERDICT = "shared/report/verdict.py"

MORNING_BUGS = (
    Bug(
        "credit a retry with what a schedule repaired",
        NIGHT,
        "return Ending.RESOLVED if repairs.isdisjoint(retried) else Ending.REPAIRED",
        "return Ending.REPAIRED",
        "tests/rules/test_night_failures.py::test_a_backup_that_a_retry_started_has_repaired_and_another_one_has_not",
    ),
    Bug(
        "forget what was open before the night",
        NIGHT,
        "return is_open(incident) or any(",
        "return any(",
        "tests/rules/test_night_failures.py::test_an_incident_over_before_the_night_is_not_told_and_an_open_one_is",
    ),
    Bug(
        "overlook a look that fell out",
        LOOKS,
        "LATE = 1.5",
        "LATE = 15",
        "tests/rules/test_looks.py::test_a_look_that_fell_out_leaves_one",
    ),
    Bug(
        "call a night calm in which a backup is missing",
        VERDICT,
        "numbers.failures.needs_human or ",
        "",
        "tests/report/test_failures.py::test_a_missing_backup_is_no_calm_night_though_no_job_failed",
    ),
    Bug(
        "take an alert rule that is off for well",
        PATH,
        "    elif not part.enabled:",
        "    elif False:",
        "tests/rules/test_alert_path.py::test_a_rule_that_rings_nobody_is_found[part1-is not enabled]",
    ),
    Bug(
        "believe the watcher against Azure's count",
        PATH,
        "    if counted <= known:",
        "    if known:",
        "tests/rules/test_alert_path.py::test_more_unhealthy_backups_than_failures_are_a_finding_with_their_vms",
    ),
    Bug(
        "send a canary in the night",
        FLOW,
        "not is_quiet(intent, now) and ",
        "",
        "tests/flows/test_alert_path.py::test_a_canary_waits_for_the_end_of_quiet_hours_and_comes_though_azure_is_silent",
    ),
    Bug(
        "see ten of a vault's health series",
        MONITORING,
        "                top=TOP,\n",
        "",
        "tests/cloud/test_monitoring.py::test_health_is_one_call_that_names_every_dimension_and_no_small_top",
    ),
    Bug(
        "ring machines in a fire drill",
        MONITORING,
        "_receivers(found, kind) for kind in RUNG}",
        "_receivers(found, kind) for kind in RECEIVERS}",
        "tests/cloud/test_monitoring.py::test_every_kind_of_receiver_counts_but_a_drill_rings_people_only",
    ),
)
