"""Which bugs are planted where restores leave for Azure, and which test must catch each?"""

from tests.planted.bug import Bug

BODIES = "shared/cloud/restore_bodies.py"
RESTORES = "shared/cloud/restores.py"
ACCOUNTS = "shared/cloud/restore_accounts.py"
LEDGER = "local/memory/ledger.py"
TEST_BODIES = "tests/cloud/test_restore_bodies.py"
TEST_RESTORES = "tests/cloud/test_restores.py"

ORDER_BUGS = (
    Bug(
        "replace disks that nobody confirmed",
        BODIES,
        "if order.mode is Mode.REPLACE and (not confirmed or",
        "if order.mode is Mode.REPLACE and confirmed and (",
        f"{TEST_BODIES}::test_every_reason_is_named_at_once",
    ),
    Bug(
        "take any confirmation for that of the VM",
        BODIES,
        "confirmed.lower() != order.item.vm_id.lower()",
        "False",
        f"{TEST_BODIES}::test_only_the_vms_own_id_confirms_that_its_disks_are_replaced",
    ),
    Bug(
        "make the new VM over the old one",
        BODIES,
        "if own == order.item.vm_id.lower() else",
        "if False else",
        f"{TEST_BODIES}::test_a_doubtful_order_is_refused_with_its_reason",
    ),
    Bug(
        "restore disks without a group, as blobs",
        BODIES,
        "        return [group, ",
        '        return ["", ',
        f"{TEST_BODIES}::test_a_doubtful_order_is_refused_with_its_reason",
    ),
    Bug(
        "send the key's account beside an identity",
        BODIES,
        '    else:\n        request["storageAccountId"]',
        '    if True:\n        request["storageAccountId"]',
        f"{TEST_BODIES}::test_an_identity_restores_without_the_accounts_key",
    ),
    Bug(
        "let the SDK send an order again",
        RESTORES,
        "                polling=False,\n                retry_total=0,",
        "                polling=False,",
        f"{TEST_RESTORES}::test_a_write_whose_fate_is_unknown_is_transient_and_sent_once[503-trigger]",
    ),
    Bug(
        "take an answer without an operation for one",
        RESTORES,
        "        if not operation:",
        "        if False:",
        f"{TEST_RESTORES}::test_an_accepted_order_without_an_operation_may_have_begun",
    ),
    Bug(
        "list backups among the restores",
        RESTORES,
        ', "operation": "Restore"}',
        "}",
        f"{TEST_RESTORES}::test_only_restores_are_asked_for_and_only_they_are_told",
    ),
    Bug(
        "overlook that an account throttles",
        ACCOUNTS,
        ' or "throttling" in response.lower()',
        "",
        "tests/cloud/test_restore_accounts.py::test_two_calls_tell_the_load_of_all_accounts_of_a_region",
    ),
    Bug(
        "take a lease that another changed",
        LEDGER,
        "if found is None or found[1] != before:",
        "if found is None:",
        "tests/contract/test_state.py::test_a_row_is_changed_only_while_it_says_what_was_read[memory]",
    ),
)
