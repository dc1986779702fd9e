"""Does the report show what is to be enrolled, and what was, apart from the moves?"""

import json
from dataclasses import replace
from datetime import timedelta

from shared.model.night import ENROLMENT_STEP, NightReport
from shared.model.plan import Enrolment, Outcome, Step
from shared.report.data import data
from shared.report.figures import figures
from shared.report.page import html
from tests.report.sample_night import sample_night

QUIET = sample_night()


def with_enrolment(outcome: Outcome) -> NightReport:
    """The sample night with one enrolment in its plan, and one step that became of it."""
    assert QUIET.plan is not None
    vault, due = QUIET.vaults[0], QUIET.begins_at + timedelta(hours=20)
    vm_id = "/subscriptions/s/virtualmachines/new-1"
    one = Enrolment(vm_id, "new-1", vault.id, vault.region, "gold", "ns-gold-0200", 4, "the one <vault> that fits", due)
    step = Step(due, ENROLMENT_STEP, one.vm_id, outcome, one.reason, "", one.policy)
    return replace(QUIET, plan=replace(QUIET.plan, enrolments=(one,)), steps=(*QUIET.steps, step))


def test_the_plans_enrolments_are_a_table_and_outside_text_is_escaped() -> None:
    page = html(with_enrolment(Outcome.WAITING))
    assert "Unprotected VMs to enrol" in page
    assert "the one &lt;vault&gt; that fits" in page
    assert "newly protected" not in page
    assert "Unprotected VMs to enrol" not in html(QUIET)


def test_a_first_protection_is_no_move() -> None:
    night = with_enrolment(Outcome.WRITTEN)
    before, after = figures(QUIET).writes, figures(night).writes
    assert (after.moves, after.policies, after.enrolments) == (before.moves, before.policies, before.enrolments + 1)
    assert "1 VM newly protected" in html(night)


def test_the_document_lists_them() -> None:
    document = json.loads(data(with_enrolment(Outcome.WRITTEN)))
    assert [one["policy"] for one in document["enrolments"]] == ["ns-gold-0200"]
    assert document["enforce"]["enrolments"] == 1
    assert document["enforce"]["writes"] == json.loads(data(QUIET))["enforce"]["writes"] + 1
