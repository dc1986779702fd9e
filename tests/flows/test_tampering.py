"""Is it told at once when somebody weakens the backups, once, with who it was, and never for what is no loss?"""

from dataclasses import replace

import pytest

from local.world import documents
from local.world.human import CALLER
from shared.errors import Transient
from shared.flows import tampering
from shared.flows.look import look, vaults_in_scope
from shared.rules.tampering import posture, weakened
from tests.flows.failing import failing, inbox, vault
from tests.flows.stage import Stage


def seen(night: Stage) -> list[str]:
    observed = look(night.ports, night.intent, vaults_in_scope(night.ports, night.intent))
    return [one.what for one in tampering.watch(night.ports, night.intent, observed, night.world.now)]


@pytest.fixture
def night() -> Stage:
    found = failing()
    assert seen(found) == []
    return found


def test_stopped_protection_is_critical_names_who_did_it_and_is_told_once(night: Stage) -> None:
    night.human("stop", vm=night.vm().id)
    assert seen(night) == ["backups of vm-0 were stopped or deleted"]
    (alert,) = inbox(night)
    assert (alert.severity, alert.members) == (0, ("vm-0",))
    assert CALLER in alert.what_happened
    assert seen(night) == []


def test_a_policy_that_keeps_less_is_told_and_one_that_keeps_more_is_not(night: Stage) -> None:
    policy = night.policy("DefaultPolicy")
    for days, said in ((60, []), (14, ["policy defaultpolicy keeps less: daily 60 to 14 days"])):
        night.human("edit", policy_id=policy.id, properties=documents.daily("22:30", daily=days))
        assert seen(night) == said


def test_soft_delete_that_is_off_is_told_and_one_that_is_on_again_is_not(night: Stage) -> None:
    home = next(iter(night.world.vaults.values()))
    home.soft_delete = "Disabled"
    assert seen(night) == ["soft delete of rsv-0 was weakened: it is Disabled"]
    home.soft_delete = "Enabled"
    assert seen(night) == []


def test_a_guard_or_a_seal_that_is_gone_is_told(night: Stage) -> None:
    before = vault(night)
    sealed, items, policies = replace(before, guarded=True, immutability="Locked"), (), ()
    worse = weakened(before, posture(sealed, items, policies), posture(before, items, policies))
    assert [one.what for one in worse] == [
        "immutability of rsv-0 was weakened: it is Disabled",
        "the Resource Guard of rsv-0 was taken away",
    ]


def test_the_alert_does_not_wait_for_a_log_that_cannot_be_read(night: Stage) -> None:
    night.human("stop", vm=night.vm().id)
    night.will("fleet.changes", Transient("503"))
    assert seen(night)
    assert "names nobody yet" in inbox(night)[0].what_happened
