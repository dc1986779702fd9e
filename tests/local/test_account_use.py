"""Does the pretend Azure Monitor count what storage accounts do: their other load, and the restores that they take?"""

from datetime import timedelta
from typing import Any

import pytest

from local.fleets import SUBSCRIPTION
from local.pools import add_account
from local.world.account_use import uses
from tests.local.one_vm import body, code
from tests.local.restoring import Restoring

METRICS = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/metrics"
EACH = "Microsoft.ResourceId eq '*'"
ASKED = {
    **{"region": "westeurope", "metricnamespace": "Microsoft.Storage/storageAccounts", "interval": "PT1H"},
    **{"metricnames": "Transactions,Ingress,Egress,SuccessE2ELatency", "$filter": EACH, "top": "1000"},
}
MB = 1024 * 1024


def shown(azure: Restoring, **query: str) -> dict[str, list[Any]]:
    """Return the series of each metric."""
    answer = body(azure.ask("GET", METRICS, None, **{**ASKED, **query}))
    return {metric["name"]["value"]: metric["timeseries"] for metric in answer["value"]}


def totals(series: list[Any], aggregation: str = "total") -> dict[str, float]:
    """Return the sum of each series by its account's name and, where they are told apart, its type of response."""
    return {
        " ".join(said["value"].rpartition("/")[2] for said in one["metadatavalues"]): sum(
            point[aggregation] for point in one["data"]
        )
        for one in series
    }


def test_a_loaded_account_shows_and_an_idle_one_has_no_series() -> None:
    azure = Restoring()
    add_account(azure.small.world, "stbusy", f"{SUBSCRIPTION}/rg-staging", "westeurope").load = 0.7
    add_account(azure.small.world, "stfar", f"{SUBSCRIPTION}/rg-staging", "northeurope").load = 0.7
    found = shown(azure)
    assert {name: list(totals(series, "average" if "Late" in name else "total")) for name, series in found.items()} == {
        name: ["stbusy"] for name in ("Transactions", "Ingress", "Egress", "SuccessE2ELatency")
    }
    assert totals(found["Transactions"])["stbusy"] > 1_000_000
    assert totals(found["SuccessE2ELatency"], "average")["stbusy"] > 10


def test_throttled_responses_are_told_apart_from_the_others() -> None:
    azure = Restoring()
    add_account(azure.small.world, "stbusy", f"{SUBSCRIPTION}/rg-staging", "westeurope").load = 0.95
    add_account(azure.small.world, "stcalm", f"{SUBSCRIPTION}/rg-staging", "westeurope").load = 0.1
    typed = {"metricnames": "Transactions", "$filter": f"{EACH} and ResponseType eq '*'"}
    found = totals(shown(azure, **typed)["Transactions"])
    assert sorted(found) == ["stbusy ClientThrottlingError", "stbusy Success", "stcalm Success"]
    together = totals(shown(azure, metricnames="Transactions")["Transactions"])
    assert sum(found.values()) == pytest.approx(sum(together.values()))
    assert 0 < found["stbusy ClientThrottlingError"] < 0.1 * found["stbusy Success"]


def test_what_a_restore_copies_comes_into_its_account() -> None:
    azure = Restoring()
    azure.start(azure.point())
    azure.cloud.wait(1800)
    (restore,) = azure.small.world.restores.values()
    assert restore.rate > 0
    came = totals(shown(azure)["Ingress"])
    assert list(came) == ["stone"]
    assert came["stone"] / MB == pytest.approx(restore.rate * 1820, rel=0.05)
    world, account = azure.small.world, azure.small.world.accounts[azure.one.lower()]
    azure.cloud.wait(48 * 3600)
    later = uses(world, [account], world.now - timedelta(hours=1), world.now)
    assert later[azure.one.lower()].ingress == 0


@pytest.mark.parametrize(
    "query",
    [
        {"metricnames": "Heat"},
        {"$filter": ""},
        {"$filter": f"{EACH} and ResponseType eq '*'"},
        {"$filter": f"{EACH} or ApiName eq '*'"},
        {"timespan": "today"},
        {"interval": "hourly"},
        {"top": "many"},
    ],
)
def test_a_question_that_azure_would_not_understand_is_refused(query: dict[str, str]) -> None:
    answer = Restoring().ask("GET", METRICS, None, **{**ASKED, **query})
    assert (answer.status, code(answer)) == (400, "BadRequest")
