"""Does the report say of each restore what it went through, on which account, how fast, and what is left to do?"""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from xml.etree import ElementTree

import pytest

from shared.model.night import NightReport
from shared.model.restore_history import RestoreHistory, Stretch
from shared.model.restore_tasks import Leftover, Step
from shared.report.data import data
from shared.report.digest import digest
from shared.report.figures import figures
from shared.report.page import MOST_CARDS, MOST_LINES, html
from shared.report.restore_chart import MOST_BARS, restore_chart
from shared.report.restore_rows import MOST_LEFTOVERS, MOST_STRETCHES, RestoreRow, restore_rows
from shared.report.verdict import Tone, tone, verdict
from shared.report.wording import size
from shared.rules.restore_history import left_to_people
from tests.report.sample_restores import MINUTE, course, restore, sample_restores
from tests.report.test_figures import CALM

NOW = CALM.made_at
BEGAN = NOW - 120 * MINUTE
SAMPLE = sample_restores(NOW)


def with_restores(*restores: RestoreHistory) -> NightReport:
    return replace(CALM, restores=restores, needs_human=left_to_people(restores))


NIGHT = with_restores(*SAMPLE)


def section(night: NightReport) -> str:
    found = re.search(r'<section aria-labelledby="restores">.*?</section>', html(night), re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[0])))


def row(one: RestoreHistory) -> RestoreRow:
    (found,) = restore_rows([one], NOW)
    return found


def parts(restores: tuple[RestoreHistory, ...], kind: str) -> list[ElementTree.Element]:
    chart = ElementTree.fromstring(restore_chart(restores, NOW))
    return [element for element in chart.iter() if element.get("class") == kind]


def widths(restores: tuple[RestoreHistory, ...], kind: str) -> list[float]:
    """Return the minutes of such bars, read off the chart's own grid."""
    (first, a), (second, b) = [(tick.text or "", float(tick.get("x", ""))) for tick in parts(restores, "tick")][:2]
    between = (int(second[:2]) - int(first[:2])) * 60 + int(second[3:]) - int(first[3:])
    return [round(float(bar.get("width", "")) * between / (b - a)) for bar in parts(restores, kind)]


def test_without_a_restore_there_is_no_section() -> None:
    assert "Restores" not in html(CALM)
    assert json.loads(data(CALM))["restores"]["restores"] == []
    assert "restores" not in digest(CALM)


def test_each_restore_is_a_row_and_what_is_left_to_people_comes_first() -> None:
    text = section(NIGHT)
    assert "1 failed 1 under way 1 waits for an account 1 restored 1 cancelled 1 moved to another account" in text
    names = ["vm-files-06", "vm-queue-04", "vm-web-16", "vm-web-08", "vm-db-03"]
    assert [one.vm for one in restore_rows(SAMPLE, NOW)] == names
    assert "disks, request bring-back-1 of 22 Nov 04:30" in text
    assert "412 GB at 98 MB/s" in text
    assert "It is restored; ended at 22 Nov 05:52, after 82 min" in text
    assert "Left behind: 1 container strestore01/vm-db-03-1: the restore was staged there" in text


def test_a_move_is_told_with_both_accounts_the_reason_and_the_expected_end() -> None:
    found = row(SAMPLE[1])
    assert found.accounts == "strestore02 \N{RIGHTWARDS ARROW} strestore03"
    assert [one.text for one in found.stages][3:5] == [
        "was stopped to move on strestore02 for 4 min: moving because",
        "waited for 5 min: waiting because",
    ]
    assert found.stages[-1].text == "ran on strestore03 for 63 min so far: running because"
    assert found.outcome == "it is restored to strestore03; about 70 % done; expected to end at 22 Nov 06:57"


def test_a_failed_restore_says_what_to_do_until_it_is_answered() -> None:
    text = section(NIGHT)
    assert "Its job failed: UserErrorTargetGone: the group is gone; ended at 22 Nov 05:10, after 40 min" in text
    assert "What to do Read the reason; look at the named job in the vault where there is one. Send" in text
    answered = replace(SAMPLE[2], answered=True, to_do=())
    assert (row(answered).chip, row(answered).ending) == ("held", "failed, asked for again")
    assert "1 failed, 1 asked for again" in section(with_restores(answered))


def test_a_restore_elsewhere_is_told_with_its_region_and_the_age_of_its_point() -> None:
    away = restore("vm-1", NOW, region="northeurope", point_at=NOW - timedelta(hours=35, minutes=40))
    assert row(away).asked.startswith("disks in northeurope, from a point 36 h old, request bring-back-1 of ")
    (read,) = json.loads(data(with_restores(away)))["restores"]["restores"]
    assert (read["region"], read["point_age_hours"]) == ("northeurope", 35.7)


def test_the_guess_of_an_end_is_never_past_and_no_guess_is_said() -> None:
    assert row(restore("vm", BEGAN)).outcome.endswith("; its end cannot be told yet")
    late = replace(SAMPLE[1], ends_at=NOW - MINUTE)
    assert row(late).outcome.endswith("expected to end at 22 Nov 06:30")


def test_what_was_not_kept_is_said() -> None:
    cut = replace(SAMPLE[0], stretches=SAMPLE[0].stretches[1:])
    assert row(cut).known == "Its steps before 22 Nov 04:32 were not kept."
    assert row(replace(SAMPLE[0], stretches=())).known == "Its steps were not kept."
    assert "were not kept" in section(with_restores(cut))
    assert row(SAMPLE[0]).known == ""


def test_many_steps_and_leftovers_are_cut_and_counted() -> None:
    long = course(*[(Step.WAITING, 1, ""), (Step.CHECKING, 1, "st")] * MOST_STRETCHES, begins=BEGAN)
    left = (Leftover("disk", "d", "why"),) * (MOST_LEFTOVERS + 3)
    found = row(replace(SAMPLE[0], stretches=long, leftovers=left))
    assert (len(found.stages), found.more_stages) == (MOST_STRETCHES, MOST_STRETCHES)
    assert (len(found.leftovers), found.more_leftovers) == (MOST_LEFTOVERS, 3)
    text = section(with_restores(replace(SAMPLE[0], stretches=long, leftovers=left)))
    assert f"{MOST_STRETCHES} earlier steps are in the JSON report." in text
    assert f"Left behind: {MOST_LEFTOVERS + 3}" in text
    assert "3 more are in the JSON report." in text


def test_bars_are_as_long_as_what_they_show() -> None:
    assert widths(SAMPLE, "course wait") == [2, 2, 5, 2, 15, 120]
    assert widths(SAMPLE, "course ran") == [70, 30, 4, 30]
    assert widths(SAMPLE, "course moved") == [63]
    assert widths(SAMPLE, "course expected") == [27]
    named = [each.text for each in parts(SAMPLE, "account")]
    assert named == ["strestore01", "strestore02, then strestore03", "strestore05"]
    assert len(parts(SAMPLE, "cross")) == 1
    assert len(parts(SAMPLE, "now")) == 1
    assert len(parts(SAMPLE[:1], "now")) == 0


@pytest.mark.parametrize("hours", [0.01, 0.5, 3, 20, 47, 400])
def test_the_axis_has_few_lines_and_holds_every_bar(hours: float) -> None:
    since = NOW - timedelta(hours=hours)
    one = restore("vm", since, stretches=(Stretch(Step.WAITING, since),))
    assert 2 <= len(parts((one,), "tick")) <= 10
    (bar,) = parts((one,), "course wait")
    assert float(bar.get("x", "")) >= 116
    assert float(bar.get("x", "")) + float(bar.get("width", "")) <= 625


def test_a_restore_of_which_no_step_is_known_has_a_row_and_no_bar() -> None:
    assert len(parts((replace(SAMPLE[0], stretches=()),), "name")) == 1
    assert parts((replace(SAMPLE[0], stretches=()),), "account") == []


def test_many_restores_fold_away_are_cut_and_counted() -> None:
    many = tuple(replace(SAMPLE[0], vm=f"vm-{number}") for number in range(MOST_LINES + MOST_CARDS + 7))
    page = html(with_restores(*many))
    assert f"<summary>{MOST_LINES + 7} more</summary>" in page
    assert "7 more lines are in the JSON report." in page
    assert f"{len(many) - MOST_BARS} more are not drawn; the JSON report holds all." in page
    assert page.count('<li class="good">') == MOST_LINES + MOST_CARDS
    assert len(json.loads(data(with_restores(*many)))["restores"]["restores"]) == len(many)


def test_the_json_holds_numbers_and_every_stretch() -> None:
    found = json.loads(data(NIGHT))["restores"]
    assert found["figures"] == {
        "restores": 5,
        "done": 1,
        "failed": 1,
        "unanswered": 1,
        "cancelled": 1,
        "under_way": 1,
        "waiting": 1,
        "moved": 1,
        "leftovers": 1,
    }
    moved = found["restores"][1]
    assert (moved["step"], moved["accounts"], moved["from_start"]) == ("running", ["strestore02", "strestore03"], True)
    assert moved["ends_at"] == (NOW + 27 * MINUTE).isoformat()
    assert moved["stretches"][4] == {
        "step": "waiting",
        "since": (BEGAN + 44 * MINUTE).isoformat(),
        "until": (BEGAN + 49 * MINUTE).isoformat(),
        "account": "",
        "why": "waiting because",
    }


def test_verdict_tone_and_digest_tell_of_what_failed_and_nobody_answered() -> None:
    assert "; 1 restore failed; 1 thing needs a human." in verdict(NIGHT)
    assert tone(NIGHT) is Tone.BAD
    assert "  restores     1 done, 1 failed, 1 under way, 1 waiting, 1 cancelled\n" in digest(NIGHT)
    assert "  restore-failed: vm-files-06: its restore failed at " in digest(NIGHT)
    calm = with_restores(replace(SAMPLE[2], answered=True, to_do=()), SAMPLE[0], SAMPLE[1])
    assert (tone(calm), figures(calm).restores.unanswered) == (Tone.GOOD, 0)
    assert "restore" not in verdict(calm)


def test_text_of_strangers_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    one = replace(
        SAMPLE[2],
        vm=evil,
        request_id=evil,
        reason=evil,
        stretches=(Stretch(Step.RUNNING, BEGAN, NOW, evil, evil),),
        leftovers=(Leftover(evil, evil, evil),),
    )
    page = html(with_restores(one))
    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;") >= 8


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_999, "1.0 MB"),
        (12_400_000, "12 MB"),
        (3_250_000_000_000, "3.2 TB"),
        (2e16, "20,000 TB"),
    ],
)
def test_sizes_are_short(count: float, text: str) -> None:
    assert size(count) == text
