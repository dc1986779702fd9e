"""Which bugs are planted in how restores are carried out, and which test must catch each?"""

from tests.planted.bug import Bug

ACTING = "shared/flows/restores/acting.py"
ADVANCE = "shared/flows/restores/advance.py"
ENDING = "shared/flows/restores/ending.py"
FAN_OUT = "shared/flows/restores/fan_out.py"
LEASES = "shared/flows/restores/leases.py"
LOOKING = "shared/flows/restores/looking.py"
ROWS = "shared/flows/restores/rows.py"
STANDING = "shared/flows/restores/standing.py"
WATCH = "shared/flows/restores/watch.py"
WATCHING = "shared/rules/restore_watching.py"
FLOWS = "tests/flows/test_restores.py"

RESTORE_FLOW_BUGS = (
    Bug(
        "send an order again whose answer was lost",
        ACTING,
        "Answer.NOT_BEGUN if problem.refused else Answer.LOST",
        "Answer.NOT_BEGUN",
        f"{FLOWS}::test_a_lost_answer_is_resolved_by_reading_jobs_and_the_job_is_adopted",
    ),
    Bug(
        "send although the account went to another",
        ACTING,
        "    if not leases.ours(scene.ports.ledger, one):",
        "    if False:",
        f"{FLOWS}::test_who_was_overtaken_sends_nothing",
    ),
    Bug(
        "send however late it is",
        ACTING,
        "if scene.ports.now() - scene.now > SLOW else",
        "if False else",
        f"{FLOWS}::test_who_has_been_at_work_for_too_long_sends_nothing",
    ),
    Bug(
        "confirm every replacing",
        LOOKING,
        "    if power in STOPPED:",
        "    if True:",
        f"{FLOWS}::test_disks_are_replaced_only_while_the_vm_is_off",
    ),
    Bug(
        "restore a VM as often as anybody likes",
        ACTING,
        "    if not ledger.spend(QUOTA, one.task.item.vm_id, scene.now.date(), most):",
        "    if False:",
        f"{FLOWS}::test_the_restores_of_a_vm_in_a_day_are_spent_before_each_order",
    ),
    Bug(
        "take a lease from whoever has it",
        LEASES,
        'before["task"] not in {"", key} and _holds(ledger, before["task"], account_id)',
        "False",
        f"{FLOWS}::test_a_lease_is_taken_over_only_where_its_task_gave_the_account_up",
    ),
    Bug(
        "keep the account of a restore that is over",
        ADVANCE,
        "        leases.give_back(scene.ports.ledger, had, one.task.key)\n",
        "",
        f"{FLOWS}::test_a_lease_is_given_back_with_the_step_that_ends_it",
    ),
    Bug(
        "let those that wait wait on",
        ADVANCE,
        "        wake_next(scene)\n",
        "",
        f"{FLOWS}::test_each_vm_has_an_account_of_its_own_and_the_last_waits_for_one",
    ),
    Bug(
        "let a copy of a message go on by itself",
        ADVANCE,
        "            if early and moved is None and following.state.step is one.state.step:",
        "            if False:",
        f"{FLOWS}::test_copies_of_a_look_do_not_become_looks_of_their_own",
    ),
    Bug(
        "forget what strangers restore",
        STANDING,
        '    return tuple(one.job for one in now_is.jobs.values() if not one.ours and one.job.region in {"", region})',
        "    return ()",
        f"{FLOWS}::test_an_account_that_somebody_restores_to_is_not_free",
    ),
    Bug(
        "begin although the vault is paused",
        STANDING,
        "    return pause_on(ports.ledger.rows(PAUSES), vault_name, now) or",
        "    return",
        f"{FLOWS}::test_a_paused_vault_begins_nothing_and_goes_on_afterwards",
    ),
    Bug(
        "leave lost messages lost",
        WATCH,
        " or _overdue(one, scene.now):",
        ":",
        f"{FLOWS}::test_a_task_whose_message_was_lost_is_woken",
    ),
    Bug(
        "ask every vault every minute",
        WATCHING,
        "math.ceil(60 * vaults / OWN_AN_HOUR)",
        "1",
        "tests/rules/test_restore_watching.py::test_an_hour_of_lists_stays_within_its_share",
    ),
    Bug(
        "fail without a word",
        ENDING,
        "    if result.step is Step.FAILED:",
        "    if False:",
        f"{FLOWS}::test_a_failed_job_is_tried_on_another_account_once_and_then_somebody_is_told",
    ),
    Bug(
        "begin what has ended anew",
        ROWS,
        "    if ledger.read(ENDED, task.key) is None:",
        "    if True:",
        f"{FLOWS}::test_a_request_that_was_left_half_done_is_finished_and_begins_nothing_twice",
    ),
    Bug(
        "take the second request of an id for the first",
        FAN_OUT,
        '    if known is not None and known["mark"] != letter.mark:',
        "    if False:",
        f"{FLOWS}::test_an_id_is_good_for_one_request_only",
    ),
    Bug(
        "begin in a dry run",
        FAN_OUT,
        "    if request.dry_run or closed:",
        "    if closed:",
        f"{FLOWS}::test_a_dry_run_answers_with_the_plan_and_begins_nothing",
    ),
    Bug(
        "let the common queue stop production",
        FAN_OUT,
        '    if known["production"] == "yes" and not letter.production:',
        "    if False:",
        f"{FLOWS}::test_a_cancel_for_nothing_or_through_the_wrong_queue_is_rejected",
    ),
    Bug(
        "restore without the switch",
        FAN_OUT,
        "    if switch in ports.switches:",
        "    if True:",
        f"{FLOWS}::test_without_its_switch_a_request_is_refused_with_the_commands",
    ),
    Bug(
        "reject without the reasons of the guard",
        FAN_OUT,
        "    if refused := guard(request, intent):",
        "    if refused := []:",
        "tests/functions/test_hostile_restores.py::test_a_hostile_request_is_rejected_for_its_field_and_nothing_is_written",
    ),
)
