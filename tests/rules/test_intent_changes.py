"""Is a new intent that keeps less refused before it is published? (Safety rule 2.)"""

from dataclasses import replace

import pytest

from shared.model.azure import PolicyType, TaggedRetention
from shared.rules.intent_changes import shortened
from tests.rules.fleet import KEPT, intent, tier


def test_the_intent_in_force_shortens_nothing():
    assert shortened(intent(), intent()) == ()


def test_a_tier_that_keeps_less_is_named_with_what_it_loses():
    less = intent(tiers=(tier(retention=replace(KEPT, daily_days=7, yearly=None)),))
    assert [text.split(";")[0] for text in shortened(intent(), less)] == [
        "tiers.gold: daily points: 30 days -> 7 days",
        "tiers.gold: yearly points: 7 years -> none",
    ]


@pytest.mark.parametrize(
    "more",
    [
        tier(retention=replace(KEPT, daily_days=90)),
        tier(instant_restore_days=9),
        tier(retention=replace(KEPT, weekly=TaggedRetention(12, "Weeks", ("Monday",)))),
        tier(policy_type=PolicyType.ENHANCED),
    ],
)
def test_keeping_longer_or_on_another_day_is_accepted(more):
    assert shortened(intent(), intent(tiers=(more,))) == ()


def test_fewer_days_of_instant_restore_are_refused():
    [text] = shortened(intent(tiers=(tier(instant_restore_days=9),)), intent(tiers=(tier(instant_restore_days=7),)))
    assert "instant restore: 9 -> 7 days" in text


def test_a_tier_that_is_gone_or_new_is_not_compared():
    assert shortened(intent(), intent(tiers=(tier("silver", retention=replace(KEPT, daily_days=7)),))) == ()
