"""Does the report say what load allows, which applications meet, and how late starts raise the peak?"""

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from shared.messages.plans import plan_from_json, plan_to_json
from shared.model.night import NightReport
from shared.model.plan import Action, Plan, RegionProof, Spacing, VmPlan
from shared.report.data import data
from shared.report.digest import digest
from shared.report.figures import figures
from shared.report.page import html
from shared.report.plan_figures import (
    ApplicationFigures,
    LoadFigures,
    application_figures,
    load_figures,
    plan_figures,
)
from shared.report.wording import late_basis, share, spaced
from tests.report.sample_night import machines, sample_night, vaults

NIGHT = sample_night()
assert NIGHT.plan is not None
PLAN = NIGHT.plan
SINCE_TODAY = {
    "vms": {"load_class", "expected_load", "regret", "regret_before"},
    "proofs": {"peak_p99", "delays_measured"},
}


def planned(*vms: VmPlan, plan: Plan = PLAN) -> Plan:
    return replace(plan, vms=vms, spacings=())


def line(kind: str, regret: float | None = None, before: float | None = None, action: Action = Action.KEEP) -> VmPlan:
    return replace(
        PLAN.moves[0], action=action, load_class=kind, expected_load=regret, regret=regret, regret_before=before
    )


def shown(night: NightReport, section: str) -> str:
    found = re.search(f'<section aria-labelledby="{section}">(.*?)</section>', html(night), re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[1]))) if found else ""


def as_an_older_version_wrote(plan: Plan) -> str:
    """Return the stored plan without the fields that plans know since load and spacing were added."""
    document: dict[str, Any] = json.loads(plan_to_json(plan))
    del document["plan"]["spacings"]
    for rows, names in SINCE_TODAY.items():
        for row in document["plan"][rows]:
            for name in names:
                del row[name]
    return json.dumps(document)


def test_each_load_class_is_counted_once() -> None:
    kinds = ("predictable", "predictable", "flat", "unpredictable", "saturated", "saturated", "unknown", "")
    held = line("", action=Action.HOLD)
    assert load_figures(planned(*map(line, kinds), held)) == LoadFigures(
        predictable=2,
        flat=1,
        unpredictable=1,
        saturated=2,
        unknown=1,
        not_asked=2,
        quiet=0,
        tier_window=6,
        regret=None,
        regret_before=None,
        regret_vms=0,
    )


def test_a_start_is_quiet_up_to_ten_points_above_the_best_of_its_window() -> None:
    lines = [line("predictable", regret) for regret in (0.0, 10.0, 10.1, 30.0)]
    assert load_figures(planned(*lines, line("flat", 0.0))).quiet == 2


def test_the_regret_is_compared_over_the_vms_whose_old_start_is_known() -> None:
    known, unknown, flat = line("predictable", 2.0, 21.0), line("predictable", 9.0), line("flat", 50.0, 50.0)
    both = load_figures(planned(known, replace(known, regret=1.0, regret_before=10.0), unknown, flat))
    assert (both.regret, both.regret_before, both.regret_vms) == (1.5, 15.5, 2)
    alone = load_figures(planned(unknown, flat))
    assert (alone.regret, alone.regret_before, alone.regret_vms) == (9.0, None, 1)


def test_the_section_names_classes_quiet_starts_and_both_regrets() -> None:
    lines = (line("predictable", 2.0, 21.0), line("predictable", 12.0, 3.0), line("flat"), line("saturated"))
    text = shown(replace(NIGHT, plan=planned(*lines)), "vm-load")
    assert "2 predictable 1 flat 0 unpredictable 1 saturated 0 unknown" in text
    assert "not asked" not in text
    assert "Of 2 predictable VMs, 1 starts in quiet hours of its own: at most 10 points above the best start" in text
    assert "The mean regret is 7 points; at the old start it was 12, over 2 VMs." in text
    assert "The other 2 that are planned keep their tier's window." in text


def test_an_old_start_that_nobody_knows_is_not_compared() -> None:
    text = shown(replace(NIGHT, plan=planned(line("predictable", 2.0))), "vm-load")
    assert "The mean regret is 2 points, over 1 VM." in text
    assert "old start" not in text


def test_load_that_nobody_asked_for_is_not_called_unknown() -> None:
    text = shown(replace(NIGHT, plan=planned(line(""))), "vm-load")
    assert text.strip() == "Load No load was asked for: all VMs keep their tier's window."


def test_each_vm_whose_load_is_known_has_a_row_with_the_highest_regret_first() -> None:
    lines = (
        replace(line("flat", 0.5), name="calm", slot=44),
        replace(line("predictable", 21.5), name="busy", slot=3),
        replace(line("unknown"), name="new", slot=40),
        replace(line(""), name="fixed"),
    )
    text = shown(replace(NIGHT, plan=planned(*lines)), "vm-load")
    assert "busy predictable, 01:30 21.5 21.5 calm flat, 22:00 0.5 0.5 new unknown, 20:00 – –" in text
    assert "fixed" not in text


def test_a_bar_of_the_night_tells_the_load_of_its_vm() -> None:
    page = html(replace(NIGHT, plan=planned(line("predictable", 2.5), replace(line("unknown"), vm_id="/vm/new"))))
    assert "; load predictable, 2.5 expected, regret 2.5</title>" in page
    assert "; load unknown</title>" in page


def test_applications_of_several_planned_vms_in_a_region_are_kept_apart_unless_spaced() -> None:
    fleet = machines(6, vaults())
    tags = ("shop", "shop", "shop", "shop", "solo", "")
    fleet = tuple(replace(vm, tags={"app": tag}) for vm, tag in zip(fleet, tags, strict=True))
    regions = ("weu", "weu", "neu", "neu", "weu", "weu")
    lines = tuple(
        replace(PLAN.moves[0], vm_id=vm.id, name=vm.name, region=region)
        for vm, region in zip(fleet, regions, strict=True)
    )
    proofs = tuple(RegionProof(region, 2, 1, 1.0, (1.0,) * 48) for region in ("weu", "neu"))
    plan = replace(PLAN, vms=lines, proofs=proofs, spacings=())
    assert application_figures(plan, fleet, "app") == ApplicationFigures(2, ())
    assert application_figures(plan, fleet, "") == ApplicationFigures(None, ())
    met = replace(plan, spacings=(Spacing("shop", "neu", (fleet[2].id, "/gone/vm-9"), -30, 0.2),))
    found = application_figures(met, fleet, "app")
    assert found.kept_apart == 1
    assert found.spaced[0].vms == (fleet[2].name, "vm-9")
    refused = replace(plan, proofs=(proofs[0], replace(proofs[1], bound=0.0)))
    assert application_figures(refused, fleet, "app").kept_apart == 1


def test_each_application_that_meets_is_told_with_its_vms_gap_and_share_of_nights() -> None:
    text = shown(NIGHT, "applications")
    assert "16 applications are kept apart" in text
    assert "2 cannot be kept apart." in text
    assert "shop-00 6 % of nights 30 min apart vm-web-00, vm-db-03 westeurope" in text
    assert "shop-01 75 % of nights 60 min overlap vm-build-07, vm-api-10 westeurope" in text


def test_a_fleet_without_applications_hears_nothing_of_them() -> None:
    assert shown(replace(NIGHT, plan=replace(PLAN, spacings=()), separation_tag=""), "applications") == ""
    one = replace(NIGHT, plan=replace(PLAN, spacings=PLAN.spacings[:1]), separation_tag="")
    assert "shop-00 6 % of nights" in shown(one, "applications")
    assert "applications are kept apart" not in shown(one, "applications")
    assert "cannot be kept apart" not in shown(replace(NIGHT, plan=replace(PLAN, spacings=())), "applications")


def test_the_peak_of_late_starts_is_told_with_what_it_rests_on() -> None:
    text = shown(NIGHT, "load")
    assert "in 99 of 100 nights at most 9 at once, by 612 starts seen." in text
    assert "in 99 of 100 nights at most 6 at once, by Azure's documented lateness of up to 2 h." in text
    assert "northeurope 19 3 2 1.5 6 0 19 3 westeurope 38 6 4.58 1.309 9 612 38 6" in shown(NIGHT, "plan")
    assert ", p99 15)" in digest(NIGHT)


def test_the_fleets_late_peak_needs_that_of_every_region() -> None:
    first, *others = PLAN.proofs
    assert plan_figures(PLAN).peak_p99 == sum(proof.peak_p99 or 0 for proof in PLAN.proofs)
    assert plan_figures(replace(PLAN, proofs=(replace(first, peak_p99=None), *others))).peak_p99 is None
    assert plan_figures(replace(PLAN, proofs=())).peak_p99 is None


def test_the_document_holds_what_the_page_tells() -> None:
    document = json.loads(data(NIGHT))
    numbers = figures(NIGHT)
    assert numbers.load is not None
    assert document["load"]["predictable"] == numbers.load.predictable
    assert document["plan"]["peak_p99"] == 15
    assert [(row["peak_p99"], row["delays_measured"]) for row in document["regions"]] == [(6, 0), (9, 612)]
    assert document["applications"]["kept_apart"] == 16
    assert document["applications"]["spaced"][1] == {
        "application": "shop-01",
        "region": "westeurope",
        "vms": ["vm-build-07", "vm-api-10"],
        "vm_ids": list(PLAN.spacings[1].vm_ids),
        "gap_minutes": -60,
        "overlap_probability": 0.75,
    }
    assert [(row["load_class"], row["expected_load"], row["regret"]) for row in document["vms"]] == [
        (vm.load_class, vm.expected_load, vm.regret) for vm in PLAN.vms
    ]


def test_a_plan_that_an_older_version_stored_is_still_reported() -> None:
    old = plan_from_json(as_an_older_version_wrote(PLAN))
    assert old.moves[0].reason == PLAN.moves[0].reason
    night = replace(NIGHT, plan=old, separation_tag="")
    assert "in 99 of 100 nights" not in shown(night, "load")
    assert shown(night, "vm-load").strip() == "Load No load was asked for: all VMs keep their tier's window."
    assert shown(night, "applications") == ""
    assert ", p99" not in digest(night)
    document = json.loads(data(night))
    assert document["plan"]["peak_p99"] is None
    assert document["load"]["not_asked"] == len(old.vms)
    assert document["applications"] == {"kept_apart": None, "spaced": []}


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "0 %"),
        (0.0004, "less than 1 %"),
        (0.0625, "6 %"),
        (0.75, "75 %"),
        (0.997, "more than 99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_of_nights_is_a_whole_percentage_that_never_claims_never_or_always(
    probability: float, text: str
) -> None:
    assert share(probability) == text


def test_gaps_and_overlaps_are_told_apart() -> None:
    assert [spaced(minutes) for minutes in (90, 0, -30)] == ["90 min apart", "0 min apart", "30 min overlap"]


def test_one_start_is_singular() -> None:
    assert late_basis(1) == "by 1 start seen"
