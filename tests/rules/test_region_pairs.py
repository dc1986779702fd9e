"""Are the pairs of regions those that the pretend Azure was written with, by another hand?"""

from local.world.regions import PAIRS
from shared.rules.region_pairs import paired


def test_pairs_of_regions_are_azures() -> None:
    assert {region: paired(region) for region in PAIRS} == PAIRS
    assert paired("nowhere") == ""
