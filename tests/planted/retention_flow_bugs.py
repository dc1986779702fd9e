"""Which bugs are planted in the looks at recovery points, and which test must catch each?"""

from tests.planted.bug import Bug

POINTS = "shared/flows/retention/points.py"
PROMISES = "shared/flows/retention/promises.py"
NIGHTLY = "shared/flows/retention/nightly.py"
CHECK = "shared/flows/retention/check.py"
EVIDENCE = "shared/flows/retention/evidence.py"
FLOWS = "tests/flows/test_points.py"

RETENTION_FLOW_BUGS = (
    Bug(
        "read points without a share of the hour",
        POINTS,
        "        if not ports.ledger.spend(",
        "        if False and not ports.ledger.spend(",
        f"{FLOWS}::test_an_hour_reads_no_more_than_its_share_and_the_next_goes_on",
    ),
    Bug(
        "go on where the subscription is throttled",
        POINTS,
        "        except Transient:\n            spent.add(vault.subscription)\n",
        "        except Transient:\n",
        f"{FLOWS}::test_a_throttled_subscription_is_left_alone_until_the_next_hour",
    ),
    Bug(
        "ask for fills although the switch is off",
        POINTS,
        "if policy is None or SWITCH not in tick.ports.switches or",
        "if policy is None or",
        f"{FLOWS}::test_without_the_switch_it_is_told_and_nothing_is_asked_for",
    ),
    Bug(
        "rest although a night has brought suspects",
        CHECK,
        "        wake(ports.ledger)\n",
        "",
        f"{FLOWS}::test_suspects_that_had_to_wait_are_looked_at_in_the_next_hours",
    ),
    Bug(
        "take a change that nobody dates for one of this moment",
        PROMISES,
        '        return When(now, "", before)\n',
        '        return When(now, "", None)\n',
        f"{FLOWS}::test_a_log_that_may_not_be_read_makes_no_false_gap",
    ),
    Bug(
        "let a VM that is gone be stopped by somebody",
        PROMISES,
        "        approved = GONE if item.vm_id not in there else ",
        "        approved = ",
        f"{FLOWS}::test_a_vm_that_is_gone_misses_nothing",
    ),
    Bug(
        "forget who started backups by hand",
        NIGHTLY,
        "    unread = note_by_hand(ports, intent, since, now)\n",
        "    unread = ()\n",
        f"{FLOWS}::test_a_backup_by_hand_while_the_run_is_due_is_not_taken_for_the_weekly_point",
    ),
    Bug(
        "read the jobs of a day for each VM",
        EVIDENCE,
        "        if key not in self.days:",
        "        if True:",
        f"{FLOWS}::test_jobs_of_a_day_are_read_once_for_all_vms_of_a_vault",
    ),
)
