"""Are the pairs of regions those that the pretend Azure was written with, by another hand?"""

from local.world.regions import PAIRS
from shared.rules.region_pairs import paired, second_region
from tests.rules.restoring import vault


def test_pairs_of_regions_are_azures() -> None:
    assert {region: paired(region, {}) for region in PAIRS} == PAIRS
    assert paired("nowhere", {}) == ""


def test_an_operators_pair_comes_before_the_known_one() -> None:
    assert paired("westeurope", {"westeurope": "newregion"}) == "newregion"
    assert paired("nowhere", {"nowhere": "elsewhere"}) == "elsewhere"


def test_a_vault_has_a_second_region_only_where_it_is_kept_and_opened() -> None:
    geo = vault(redundancy="GeoRedundant", cross_region=True)
    assert second_region(geo, {}) == ("northeurope", "")
    closed = {
        "is LocallyRedundant": vault(redundancy="LocallyRedundant", cross_region=True),
        "is of unknown redundancy": vault(cross_region=True),
        "Cross Region Restore is off": vault(redundancy="GeoRedundant"),
        "no pair of jioindiawest is known": vault(redundancy="GeoRedundant", cross_region=True, region="jioindiawest"),
    }
    for words, one in closed.items():
        region, reason = second_region(one, {})
        assert region == ""
        assert words in reason
