"""Which bugs are planted in the rules of restores and their messages, and which test must catch each?"""

from tests.planted.bug import Bug

ACCOUNTS = "shared/rules/restore_accounts.py"
SPREAD = "shared/rules/restores.py"
ORDER = "shared/rules/restore_order.py"
CASE = "shared/rules/restore_case.py"
STEPS = "shared/rules/restore_steps.py"
ROWS = "shared/rules/restore_table.py"
POINTS = "shared/rules/restore_points.py"
GUARDS = "shared/rules/restore_guards.py"
TASKS = "shared/rules/restore_tasks.py"
FIELDS = "shared/messages/restore_fields.py"
COURSES = "tests/rules/test_restore_courses.py::test_every_restore_ends_and_never_has_two_jobs_at_work[0]"
REFUSED = "tests/rules/test_restore_guards.py::test_what_is_not_allowed_is_refused_for_its_field"

RESTORE_BUGS = (
    Bug(
        "give one account to two restores",
        SPREAD,
        "if one.account_id not in given and suits(task, state, one)]",
        "if suits(task, state, one)]",
        "tests/rules/test_restores.py::test_the_longest_goes_first_and_to_the_least_loaded",
    ),
    Bug(
        "serve the shortest first",
        ORDER,
        "        for length, place in reversed(lane):",
        "        for length, place in lane:",
        "tests/rules/test_restore_order.py::test_guesses_that_are_forty_percent_off_cost_two_percent_at_most[0]",
    ),
    Bug(
        "believe our own leases only",
        ACCOUNTS,
        "if not one.terminal and one.account == account.name.lower()), None)",
        "if False), None)",
        "tests/rules/test_restore_accounts.py::test_an_account_is_not_shared_with_a_restore_of_ours_or_of_anybody",
    ),
    Bug(
        "take a foreign restore of unknown account for none",
        ACCOUNTS,
        "if not one.terminal and not one.detailed), None)",
        "if False), None)",
        "tests/rules/test_restore_accounts.py::test_a_foreign_restore_without_a_known_account_may_be_on_any",
    ),
    Bug(
        "send again before a job can have appeared",
        CASE,
        "APPEARS = timedelta(minutes=7)",
        "APPEARS = timedelta(minutes=1)",
        COURSES,
    ),
    Bug(
        "adopt a job on another account",
        CASE,
        "and job.account == account and",
        "and",
        "tests/rules/test_restore_steps.py::test_a_job_that_may_be_somebody_elses_is_not_adopted[foreign0]",
    ),
    Bug(
        "adopt a job into another group",
        CASE,
        " and (not group or job.group == group)",
        "",
        "tests/rules/test_restore_steps.py::test_a_job_that_may_be_somebody_elses_is_not_adopted[foreign1]",
    ),
    Bug(
        "adopt a job that was there before the order",
        CASE,
        "return same and job.started_at >= since and",
        "return same and",
        "tests/rules/test_restore_steps.py::test_a_job_that_may_be_somebody_elses_is_not_adopted[foreign4]",
    ),
    Bug(
        "send a third order",
        CASE,
        "return self.state.attempts < self.limits.jobs_per_vm",
        "return self.state.attempts <= self.limits.jobs_per_vm",
        "tests/rules/test_restore_steps.py::test_nothing_is_sent_once_two_orders_were",
    ),
    Bug(
        "move on while the old job runs",
        ROWS,
        'Row(Step.MOVING, "stopped to move", lambda case: case.ended,',
        'Row(Step.MOVING, "stopped to move", _always,',
        COURSES,
    ),
    Bug(
        "take a lost answer for a refusal",
        ROWS,
        'Row(Step.SENDING, "answer lost", _always, Action.WAIT, Step.UNSURE,',
        'Row(Step.SENDING, "answer lost", _always, Action.WAIT, Step.CHECKING,',
        COURSES,
    ),
    Bug(
        "forget that it was cancelled",
        STEPS,
        "        cancel=case.cancel,",
        "        cancel=seen.cancel,",
        "tests/rules/test_restore_steps.py::test_a_cancel_is_remembered_and_sent_again_only_after_a_while",
    ),
    Bug(
        "replace disks from a point that is no copy yet",
        POINTS,
        "    if mode is Mode.REPLACE:",
        "    if False:",
        "tests/rules/test_restore_points.py::test_disks_are_replaced_from_a_point_that_is_in_the_vault",
    ),
    Bug(
        "replace disks whose VMs nobody named",
        GUARDS,
        "    elif set(names) != set(request.confirm_replace):",
        "    elif False:",
        f"{REFUSED}[changes11-confirm_replace]",
    ),
    Bug(
        "replace disks for anybody",
        GUARDS,
        "    if not request.production:",
        "    if False:",
        f"{REFUSED}[changes10-mode]",
    ),
    Bug(
        "restore into production for anybody",
        GUARDS,
        "value in opened or (request.production and value in closed):",
        "value in opened or value in closed:",
        f"{REFUSED}[changes4-targets.group]",
    ),
    Bug(
        "restore a VM of another subscription",
        GUARDS,
        "        if _subscription(vm_id) not in policy.scope.subscriptions:",
        "        if False:",
        f"{REFUSED}[changes0-vms[0]]",
    ),
    Bug(
        "restore to any account",
        GUARDS,
        "        if account_id not in pools:",
        "        if False:",
        f"{REFUSED}[changes6-targets.accounts[1]]",
    ),
    Bug(
        "replace the disks of a VM that runs",
        TASKS,
        'STOPPED = frozenset({"stopped", "deallocated"})',
        'STOPPED = frozenset({"stopped", "deallocated", "running"})',
        "tests/rules/test_restore_tasks.py::test_disks_of_a_vm_that_runs_are_not_replaced",
    ),
    Bug(
        "follow an id out of its place",
        FIELDS,
        "re.fullmatch(self.pattern, value, re.A) is not None",
        "re.match(self.pattern, value, re.A) is not None",
        "tests/messages/test_restores.py::test_no_id_leads_out_of_its_place",
    ),
)
