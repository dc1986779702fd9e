"""Which bugs are planted in backups on demand, and which test must catch each?"""

from tests.planted.bug import Bug

ASKING = "shared/flows/on_demand/asking.py"
LOOKING = "shared/flows/on_demand/looking.py"
REQUESTS = "shared/flows/on_demand/requests.py"
START = "shared/flows/on_demand/start.py"
BUSY = "shared/rules/busy_times.py"
CADENCE = "shared/rules/cadence.py"
FRESH = "shared/rules/fresh_points.py"
GUARDS = "shared/rules/start_guards.py"
FLOWS = "tests/flows/test_on_demand.py"

ON_DEMAND_BUGS = (
    Bug(
        "send again what no job came of",
        START,
        '    return _end(case, Stage.FAILED, "it was sent, and no job came of it")',
        '    return _wait(replace(case, row=_back(case, "") or case.row), "once more")',
        f"{FLOWS}::test_what_was_sent_and_never_arrived_has_failed",
    ),
    Bug(
        "miss a job before its time",
        START,
        "    if now < one.sent_at + LISTING_LAG:",
        "    if False:",
        f"{FLOWS}::test_a_worker_that_died_once_it_had_sent_is_followed_by_one_that_waits_for_the_job",
    ),
    Bug(
        "forget to send what was only written down",
        ASKING,
        "        if known is None or known.value.stage is not Stage.WAITING:",
        "        if known is not None:",
        f"{FLOWS}::test_asking_again_does_nothing_but_send_what_may_not_have_been_sent",
    ),
    Bug(
        "let a refusal be taken back by any copy",
        REQUESTS,
        "    if row is not None and not (row.value.stage is Stage.REFUSED and row.value.at == refused_at):",
        "    if row is not None and row.value.stage is not Stage.REFUSED:",
        f"{FLOWS}::test_a_refused_request_is_sent_again_by_an_operator_and_judged_anew_once",
    ),
    Bug(
        "take another request's job for its own",
        LOOKING,
        "        and job.id not in others\n",
        "",
        f"{FLOWS}::test_a_job_of_another_request_is_not_taken_for_its_own",
    ),
    Bug(
        "forget the record of a point that is kept",
        ASKING,
        "    return not (one.stage is Stage.COMPLETED and ",
        "    return not (one.stage is Stage.EXPIRED and ",
        f"{FLOWS}::test_what_is_over_is_forgotten_after_two_weeks_but_the_record_of_a_point_that_is_kept[gap-completed-True]",
    ),
    Bug(
        "let the less urgent go first",
        GUARDS,
        "if _rank(first) < _rank(around.wanted.purpose) else",
        "if _rank(first) > _rank(around.wanted.purpose) else",
        f"{FLOWS}::test_a_more_urgent_backup_of_the_vm_goes_first",
    ),
    Bug(
        "let an operator wait for another day's starts",
        GUARDS,
        "passes=purpose is not Purpose.OPERATOR",
        "passes=True",
        f"{FLOWS}::test_an_operator_over_the_quota_is_refused_and_a_gap_waits_for_the_next_day",
    ),
    Bug(
        "forget what was sent before it shows",
        BUSY,
        "if one.stage is Stage.SENT and one.sent_at is not None and at < one.sent_at + LISTING_LAG:",
        "if False:",
        f"{FLOWS}::test_a_ceiling_holds_back_what_would_be_one_too_many_a_retry_too",
    ),
    Bug(
        "take our own backup for the scheduled run",
        "shared/flows/job_failures/reading.py",
        "replace(job, user_triggered=True) if job.id.lower() in ours else job for job in jobs)",
        "job for job in jobs if job.id or ours)",
        f"{FLOWS}::test_a_run_that_never_came_is_missed_though_a_point_was_made_on_demand_since",
    ),
    Bug(
        "take scheduled runs to be on time",
        BUSY,
        "                    ends = start + START_LATENESS + timedelta(minutes=line.minutes)",
        "                    ends = start + timedelta(minutes=line.minutes)",
        "tests/rules/test_busy_times.py::test_a_run_that_is_due_may_start_two_hours_late",
    ),
    Bug(
        "start a point that is in the way of the next run",
        CADENCE,
        "min(due + half, following.earliest - takes(context.minutes))",
        "due + half",
        "tests/rules/test_cadence.py::test_a_point_is_never_so_late_that_it_would_be_in_the_way_of_the_next_run",
    ),
    Bug(
        "ask for a fresh point where a scheduled run makes one",
        FRESH,
        " or _scheduled_between(context, opens, patching):",
        ":",
        "tests/rules/test_fresh_points.py::test_a_scheduled_run_that_makes_the_point_needs_no_other",
    ),
)
