"""Which bugs are planted in restores of the secondary region, and which test must catch each?"""

from tests.planted.bug import Bug

CLOUD = "shared/cloud/secondary_region.py"
LOOKING = "shared/flows/restores/looking.py"
LOOKUP = "shared/flows/restores/lookup.py"
STANDING = "shared/flows/restores/standing.py"
PAIRS = "shared/rules/region_pairs.py"
SPREAD = "shared/rules/restores.py"
WIRE = "shared/cloud/wire_restores.py"
FLOWS = "tests/flows/test_secondary_restores.py"
CALLS = "tests/cloud/test_secondary_region.py"

SECONDARY_BUGS = (
    Bug(
        "let the SDK send an order elsewhere again",
        CLOUD,
        '_request("POST", url, body=body), retry_total=0)',
        '_request("POST", url, body=body))',
        f"{CALLS}::test_an_order_whose_fate_is_unknown_is_sent_once[503]",
    ),
    Bug(
        "take a token that could not be had for a lost order",
        CLOUD,
        "failure.retry_after, refused=True) from failure",
        "failure.retry_after, refused=False) from failure",
        f"{CALLS}::test_what_fails_before_the_order_has_begun_nothing[504-token]",
    ),
    Bug(
        "tell the access token",
        CLOUD,
        "    if secret and secret in str(failure):",
        "    if False:",
        f"{CALLS}::test_a_failure_that_quotes_the_token_does_not_tell_it[400]",
    ),
    Bug(
        "believe that a job elsewhere can be cancelled",
        WIRE,
        "region=region, cancellable=False)",
        "region=region)",
        f"{CALLS}::test_jobs_are_listed_for_a_vault_page_by_page",
    ),
    Bug(
        "look for an order that went elsewhere among the vault's own jobs",
        LOOKING,
        "scene.now, one.task.secondary_region)",
        "scene.now)",
        f"{FLOWS}::test_a_lost_answer_is_resolved_by_the_jobs_of_the_region",
    ),
    Bug(
        "overlook what others restore from the pair",
        LOOKUP,
        "        if second in regions and second in intent.restore.places:",
        "        if False:",
        f"{FLOWS}::test_an_account_that_somebody_restores_to_from_the_pair_is_not_free",
    ),
    Bug(
        "wait for a region that no restore goes to",
        STANDING,
        ' if now_is.into.get(key, "") in {"", region}]',
        "]",
        f"{FLOWS}::test_the_silence_of_one_region_stops_nothing_in_the_other",
    ),
    Bug(
        "restore elsewhere from a vault that is closed",
        PAIRS,
        "    if not vault.cross_region:",
        "    if False:",
        "tests/rules/test_region_pairs.py::test_a_vault_has_a_second_region_only_where_it_is_kept_and_opened",
    ),
    Bug(
        "use an account without keys elsewhere",
        SPREAD,
        "(verdict.keyed or not task.secondary) and ",
        "",
        "tests/rules/test_restores.py::test_a_secondary_region_restores_to_accounts_that_take_keys_alone",
    ),
)
