"""Are vaults asked only while they are few enough for what the backup service allows in an hour?"""

import pytest

from shared.rules.watching import LOOKS_AN_HOUR, READS_AN_HOUR, by_the_vaults, policies_by_the_vaults, reads_an_hour


@pytest.mark.parametrize(
    ("vms_by_vault", "reads"), [([], 0), ([0], 12), ([40] * 50, 600), ([83], 12), ([84], 24), ([1000], 144)]
)
def test_each_page_of_each_vaults_jobs_of_two_days_is_read_at_every_tick(vms_by_vault: list[int], reads: int) -> None:
    assert reads_an_hour(vms_by_vault, days=2) == reads


@pytest.mark.parametrize(
    ("vaults", "left", "asked"), [(12, None, True), (13, None, False), (12, 12, True), (12, 11, False)]
)
def test_vaults_are_asked_for_jobs_up_to_half_of_the_hour_and_while_enough_is_left(
    vaults: int, left: int | None, asked: bool
) -> None:
    assert by_the_vaults([40] * vaults, 2, left) is asked


def test_half_of_the_hours_lists_of_policies_are_left_to_others() -> None:
    most = max(vaults for vaults in range(200) if policies_by_the_vaults(vaults))
    assert most == 12
    assert most * LOOKS_AN_HOUR <= READS_AN_HOUR / 2
