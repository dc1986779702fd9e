"""Which bugs are planted in the judgement of failed backups, and which test must catch each?"""

from tests.planted.bug import Bug

CODES = "shared/rules/error_codes.py"
TRIAGE = "shared/rules/job_failures.py"
RETRIES = "shared/rules/retries.py"
INCIDENTS = "shared/rules/incidents.py"
ALERTS = "shared/rules/failure_alerts.py"
OVERDUE = "shared/rules/overdue.py"

TRIAGE_BUGS = (
    Bug(
        "look for names only where they stand alone",
        CODES,
        "for word in _WORD.findall(text.lower())",
        "for word in (text.lower(),)",
        "tests/rules/test_error_codes.py::test_each_documented_error_has_its_family_and_answer[1]",
    ),
    Bug(
        "try again what only a person can repair",
        TRIAGE,
        "    _a_person_or_nobody,\n    _failed",
        "    _failed",
        "tests/rules/test_job_failures.py::test_what_a_person_must_settle_is_told_and_never_started_again[ResourceNotFound]",
    ),
    Bug(
        "hammer a service that has blocked the day",
        TRIAGE,
        "    _blocked_for_a_day,\n    _another_operation",
        "    _another_operation",
        "tests/rules/test_job_failures.py::test_a_blocked_day_is_waited_out",
    ),
    Bug(
        "believe the table against the service",
        TRIAGE,
        "    if case.failure.retryable is not False:",
        "    if case.failure.retryable is not True:",
        "tests/rules/test_job_failures.py::test_the_service_saying_that_no_retry_helps_outweighs_the_table",
    ),
    Bug(
        "retry without end",
        TRIAGE,
        "    if case.tried < min(case.code.retries, MOST_RETRIES):",
        "    if case.tried < MOST_RETRIES:",
        "tests/rules/test_job_failures.py::test_an_error_that_is_worth_one_retry_gets_one[VMRestorePointSomethingNew]",
    ),
    Bug(
        "start a late run by hand before it may have begun",
        TRIAGE,
        "    if case.failure.kind is not Kind.OVERDUE or case.now >= ended(case.failure):",
        "    if case.failure.kind is not Kind.OVERDUE or case.now >= case.failure.started_at:",
        "tests/rules/test_job_failures.py::test_an_overdue_run_may_still_come_and_then_is_started_by_hand",
    ),
    Bug(
        "get in the way of the next run",
        RETRIES,
        "    return max(START_LATENESS, timedelta(minutes=minutes))",
        "    return timedelta(minutes=30)",
        "tests/rules/test_retries.py::test_nothing_is_started_within_two_hours_of_the_next_run[22.1-True]",
    ),
    Bug(
        "let an older success close a newer incident",
        INCIDENTS,
        "for start in starts if start >= failure.started_at)",
        "for start in starts)",
        "tests/rules/test_incidents.py::test_a_later_success_resolves_and_an_older_one_does_not",
    ),
    Bug(
        "count retries anew for each error",
        INCIDENTS,
        "if last is None or one.started_at > last}",
        "if (last is None or one.started_at > last) and one.name == failure.name}",
        "tests/rules/test_incidents.py::test_what_was_answered_since_the_last_backup_counts_for_the_next_failure",
    ),
    Bug(
        "let warnings take themselves back",
        INCIDENTS,
        "        if failure.kind is not Kind.WARNINGS:\n            starts",
        "        if True:\n            starts",
        "tests/rules/test_incidents.py::test_warnings_are_an_incident_that_only_a_clean_backup_resolves",
    ),
    Bug(
        "tell of what a retry has repaired",
        ALERTS,
        "if (one.last_alert if one.state is State.RESOLVED else one.needs_human)]",
        "if one.needs_human]",
        "tests/rules/test_failure_alerts.py::test_what_a_retry_may_still_repair_or_has_repaired_is_not_told",
    ),
    Bug(
        "send a storm VM by VM",
        ALERTS,
        "        if end - first >= how.group_from:",
        "        if False:",
        "tests/rules/test_failure_alerts.py::test_a_storm_is_one_critical_alert_with_all_its_members_at_once",
    ),
    Bug(
        "wake people for what can wait",
        ALERTS,
        "if alert.severity is Severity.CRITICAL]",
        "if alert.severity is not Severity.INFORMATION]",
        "tests/rules/test_failure_alerts.py::test_quiet_hours_hold_back_what_is_not_critical_until_they_end",
    ),
    Bug(
        "call a run overdue that Azure may still start",
        OVERDUE,
        "GRACE = START_LATENESS + LISTING_LAG + MARGIN",
        "GRACE = LISTING_LAG + MARGIN",
        "tests/rules/test_overdue.py::test_no_vm_that_runs_as_planned_is_ever_overdue",
    ),
    Bug(
        "blame a VM for the run of its old policy",
        OVERDUE,
        " or run.earliest <= _changed_until(watched):",
        ":",
        "tests/rules/test_overdue.py::test_runs_from_before_a_vm_was_moved_or_protected_do_not_count[ConfigureBackup]",
    ),
)
