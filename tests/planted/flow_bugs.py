"""Which bugs are planted in what is done about failed backups, and which test must catch each?"""

from tests.planted.bug import Bug

OUTBOX = "shared/flows/job_failures/outbox.py"
RESPOND = "shared/flows/job_failures/respond.py"
START = "shared/flows/on_demand/start.py"
RETRYING = "shared/flows/on_demand/retrying.py"
PEOPLE = "shared/flows/job_failures/people.py"
READING = "shared/flows/job_failures/reading.py"
FACTS = "shared/flows/job_failures/facts.py"
FAILURES = "shared/model/failures.py"
ALERTS = "shared/rules/failure_alerts.py"
INCIDENTS = "shared/rules/incidents.py"
RETRIES = "shared/rules/retries.py"
FLOWS = "tests/flows/test_job_failures.py"

FLOW_BUGS = (
    Bug(
        "never ask for what got no answer",
        OUTBOX,
        "        elif _overdue(row, now):",
        "        elif False:",
        f"{FLOWS}::test_a_lost_event_is_asked_for_by_the_next_tick",
    ),
    Bug(
        "believe that what was claimed was handed on",
        OUTBOX,
        '(row["state"] == _SENT and since >= ANSWERED_WITHIN) or ',
        "",
        f"{FLOWS}::test_an_event_that_was_claimed_and_not_handed_on_is_asked_for",
    ),
    Bug(
        "mark events as sent before they are",
        OUTBOX,
        "    if events:\n        ports.events.publish(events)\n",
        "    for key in new:\n        _mark(ports, key, _SENT, now)\n    if events:\n"
        "        ports.events.publish(events)\n",
        f"{FLOWS}::test_a_failure_that_was_noted_but_not_published_is_published_by_the_next_tick",
    ),
    Bug(
        "forget what was told",
        PEOPLE,
        "        history = facts.add(ports.ledger, history, told_by(alert, now))\n",
        "",
        f"{FLOWS}::test_what_a_person_must_mend_is_told_once_and_nothing_is_started",
    ),
    Bug(
        "count retries for each failure",
        RESPOND,
        "    before = attempts_for(known, failure)\n",
        "    before = tuple(one for one in known.attempts if one.failure_id == failure.id)\n",
        f"{FLOWS}::test_two_retries_are_the_most_and_then_somebody_is_told",
    ),
    Bug(
        "start before it is written down that it was sent",
        START,
        "    taken = rows.move(case.ports.ledger, case.row, replace(sent, wanted=wanted, sent_at=now))\n",
        "    taken = replace(case.row, value=replace(sent, wanted=wanted, sent_at=now))\n",
        "tests/flows/test_on_demand.py::test_two_workers_that_judge_at_once_start_one_backup",
    ),
    Bug(
        "send again what may have arrived",
        START,
        "        case Stage.SENT:\n            return _look_for(case)\n",
        "        case Stage.SENT if case.retry is None:\n            return _look_for(case)\n",
        f"{FLOWS}::test_a_start_whose_answer_was_lost_is_looked_for_before_anything_is_sent_again",
    ),
    Bug(
        "start what another failure has overtaken",
        RETRYING,
        "    if failed_since(retry.failure, backups):",
        "    if False:",
        f"{FLOWS}::test_a_retry_is_not_started_once_another_backup_of_the_vm_has_failed",
    ),
    Bug(
        "start a first backup as if it were short",
        RESPOND,
        "    if item is not None and item.state is ProtectionState.IR_PENDING:",
        "    if False:",
        f"{FLOWS}::test_a_first_backup_is_left_to_the_next_run_which_it_would_still_be_in_the_way_of",
    ),
    Bug(
        "judge an older failure as if it were the newest",
        "shared/rules/job_failures.py",
        "    _failed_again,\n    _blocked",
        "    _blocked",
        "tests/rules/test_job_failures.py::test_once_a_later_backup_has_failed_its_own_answer_is_the_one_that_counts",
    ),
    Bug(
        "put the time into the key of an alert",
        FAILURES,
        'return f"{self.episodes[0]}|{self.state}"',
        'return f"{self.episodes[0]}|{self.last_seen_at:%d%H%M}|{self.state}"',
        "tests/rules/test_failure_alerts.py::test_the_same_state_has_the_same_key_and_a_worse_one_another",
    ),
    Bug(
        "tell in a storm what was told alone",
        ALERTS,
        " if _news(one) or _told_by(one, key))),",
        ")),",
        "tests/rules/test_failure_alerts.py::test_no_incident_is_told_of_under_two_keys_in_one_state",
    ),
    Bug(
        "count a human's wait from the answer",
        INCIDENTS,
        "pages.append(attempt.at if attempt.failure_id in answered else ends[attempt.failure_id])",
        "pages.append(attempt.at)",
        "tests/rules/test_incidents.py::"
        "test_a_human_is_needed_from_the_end_of_what_failed_not_from_when_that_was_answered",
    ),
    Bug(
        "forget since when policies start as they do",
        READING,
        "                same_since=schedule.since if schedule else None,\n",
        "",
        f"{FLOWS}::test_a_run_that_never_started_is_seen_though_somebody_made_a_backup_at_another_hour",
    ),
    Bug(
        "miss a run that an edit took away",
        READING,
        "changed_at=schedule.since if schedule and schedule.changed else None,",
        "changed_at=None,",
        f"{FLOWS}::test_a_start_that_was_edited_since_the_last_look_is_no_missed_run",
    ),
    Bug(
        "keep what is over for ever",
        FACTS,
        "    old = [fact for fact in _facts(everything) if fact not in kept]",
        "    old = list[Fact]()",
        f"{FLOWS}::test_what_is_over_is_forgotten_after_two_weeks",
    ),
)
