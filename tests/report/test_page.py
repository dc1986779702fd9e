"""Is the page well made, complete, escaped, and small enough to open anywhere?"""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from shared.model.night import NightReport
from shared.model.plan import Finding
from shared.report.page import MOST_CARDS, MOST_LINES, html
from tests.report.sample_night import sample_night
from tests.report.test_data import EMPTY

NIGHT = sample_night()
PAGE = html(NIGHT)
HEADINGS = (
    "Needs a human", "Failed backups and what was done", "Retention", "Backups on demand",
    "How many ran at once", "The night, before and after", "The plan and its proof",
    "Load", "Applications kept apart", "What was written, and why", "What waits or is held, and why", "Protection",
    "Measured from outside", "How this report was made",
)  # fmt: skip
VOID = {"meta", "link", "br", "path"}


class _Outline(HTMLParser):
    """Checks that every tag is closed in order, and collects headings, ids and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        named = dict(attrs)
        self.ids += [named["id"] or ""] if "id" in named else []
        self.references += [named[key] or "" for key in ("aria-labelledby", "href", "src") if key in named]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h1", "h2", "h3"}:
            self.headings.append((self.open[-1], data))


def _outline(page: str) -> _Outline:
    outline = _Outline()
    outline.feed(page)
    outline.close()
    assert outline.open == []
    return outline


def _section(page: str, name: str) -> str:
    found = re.search(rf'<section aria-labelledby="{name}">.*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page.split("</style>")[1])))


@pytest.mark.parametrize("night", [NIGHT, EMPTY, sample_night(300, 4)], ids=["sample", "empty", "big"])
def test_every_tag_is_closed_and_every_label_exists(night: NightReport) -> None:
    outline = _outline(html(night))
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= {*outline.ids, "data:,"}


def test_the_headings_tell_the_story_in_order() -> None:
    headings = _outline(PAGE).headings
    assert [text for level, text in headings if level == "h2"] == list(HEADINGS)
    assert headings[0][0] == "h1"
    assert len([level for level, _ in headings if level == "h1"]) == 1


def test_nothing_comes_from_outside_and_nothing_runs() -> None:
    assert _outline(PAGE).tags.isdisjoint({"script", "iframe", "img", "object", "embed", "form", "base"})
    assert not re.search(r"https?:|url\(|@import|\son\w+=", PAGE)
    assert "default-src 'none'" in PAGE


def test_every_chart_is_well_formed_and_named() -> None:
    charts = re.findall(r'<svg class="chart.*?</svg>', PAGE, re.DOTALL)
    assert len(charts) == 5
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root.attrib["aria-label"]
        assert root.attrib["role"] == "img"


def test_every_vm_has_a_row_on_both_days() -> None:
    assert NIGHT.plan is not None
    for vm in NIGHT.plan.vms:
        assert _section(PAGE, "night").count(f"<title>{vm.name}</title>") == 2


def test_a_failed_backup_is_marked_by_shape_and_told() -> None:
    failed = next(run for run in NIGHT.runs_after if run.status == "Failed")
    assert PAGE.count('class="bar bad"') == PAGE.count('class="cross"') == 2
    assert f"{failed.name}: {failed.started_at:%H:%M} to {failed.ended_at:%H:%M}, 9 min, Failed" in PAGE


def test_each_hold_and_wait_is_shown_with_its_reason() -> None:
    assert NIGHT.plan is not None
    text = _text(PAGE)
    for vm in NIGHT.plan.held:
        assert f"held {vm.reason} 1 {vm.name}" in text
    assert "waiting moves at 02:00: its backup may still run until then 1" in text


def test_each_written_move_is_shown_with_its_reason() -> None:
    assert NIGHT.plan is not None
    text = _text(PAGE)
    for step in NIGHT.steps[-5:]:
        name = next(vm.name for vm in NIGHT.vms if vm.id == step.subject)
        assert f"{name} {step.before} {step.after} {step.reason}" in text


def test_text_from_outside_is_escaped_everywhere() -> None:
    evil = "<script>alert('&\"')</script>"
    assert NIGHT.plan is not None
    night = replace(
        NIGHT,
        vms=tuple(replace(vm, name=evil) for vm in NIGHT.vms),
        vaults=tuple(replace(vault, name=evil, region=evil) for vault in NIGHT.vaults),
        policy_version=evil,
        plan=replace(
            NIGHT.plan,
            vms=tuple(
                replace(vm, name=evil, region=evil, reason=evil, policy=evil, load_class=evil) for vm in NIGHT.plan.vms
            ),
            proofs=tuple(replace(proof, region=evil) for proof in NIGHT.plan.proofs),
            spacings=tuple(replace(one, application=evil, region=evil) for one in NIGHT.plan.spacings),
        ),
        runs_before=tuple(replace(run, name=evil, region=evil, status=evil) for run in NIGHT.runs_before),
        runs_after=tuple(replace(run, name=evil, region=evil, vault_id=evil) for run in NIGHT.runs_after),
        steps=tuple(
            replace(step, kind=evil, subject=evil, reason=evil, before=evil, after=evil) for step in NIGHT.steps
        ),
        protection=(Finding(evil, evil, evil),),
        needs_human=(Finding(evil, evil, evil),),
        switches=(evil,),
        calls=((evil, 1),),
        judge=tuple(replace(check, name=evil, expected=evil, measured=evil) for check in NIGHT.judge),
    )
    page = html(night)
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page
    assert "script" not in _outline(page).tags
    for chart in re.findall(r'<svg class="chart.*?</svg>', page, re.DOTALL):
        ElementTree.fromstring(chart)


def test_an_empty_night_is_a_page_that_claims_nothing() -> None:
    text = _text(html(EMPTY))
    for said in (
        "No plan was made; no backup ran; nothing needs a human.",
        "There is no plan for this night.",
        "Nothing was written.",
        "Nothing waits, nothing is held.",
        "nothing: all switches are off",
    ):
        assert said in text
    assert "Measured from outside" not in text


def test_a_plan_without_any_run_yet_is_drawn() -> None:
    page = html(replace(NIGHT, runs_before=(), runs_after=(), before_begins_at=None))
    assert _section(page, "night").count('<svg class="chart gantt"') == 1
    assert 'class="band"' in page
    assert 'class="bar ' not in page


def test_runs_without_a_plan_are_drawn() -> None:
    page = html(replace(NIGHT, plan=None))
    assert page.count('class="bar ok"') == 108
    assert 'class="band"' not in page


def test_a_running_backup_is_drawn_up_to_the_moment_of_the_report() -> None:
    first = NIGHT.runs_after[0]
    running = replace(first, ended_at=None, status="InProgress", started_at=NIGHT.made_at - timedelta(minutes=42))
    page = html(replace(NIGHT, runs_after=(running,)))
    assert "and still running, 42 min, InProgress" in page
    assert 'class="bar running"' in page


def test_equal_nights_give_equal_bytes_in_any_order_of_their_rows() -> None:
    mixed = replace(NIGHT, runs_before=NIGHT.runs_before[::-1], runs_after=NIGHT.runs_after[::-1])
    assert html(sample_night()) == PAGE == html(mixed)


def test_two_thousand_vms_fit_into_four_hundred_kilobytes() -> None:
    page = html(sample_night(2000, 12))
    assert len(page.encode()) < 400_000
    assert re.search(r"[\d,]+ more lines are in the JSON report", _text(page))


@pytest.mark.no_cover
def test_twenty_thousand_vms_in_a_hundred_vaults_fit_too() -> None:
    assert len(html(sample_night(20_000, 100)).encode()) < 400_000


def test_two_hundred_vms_still_have_a_row_each_and_fit() -> None:
    page = html(sample_night(203, 3))
    assert _section(page, "night").count('<text class="name"') == 400
    assert len(page.encode()) < 400_000


def test_many_matters_fold_away_but_are_counted() -> None:
    many = tuple(Finding("no-tier", f"/vm/{i}", f"vm-{i} has no tier") for i in range(MOST_LINES + 40))
    page = html(replace(NIGHT, needs_human=many, protection=many))
    assert f"<summary>{len(many) - MOST_CARDS} more</summary>" in page
    assert f"<summary>{len(many)} <code>no-tier</code></summary>" in page
    assert f"{len(many) - MOST_LINES} more lines are in the JSON report." in _text(page)


def test_policies_of_equal_name_are_told_apart_by_their_vault() -> None:
    text = _text(PAGE)
    assert {vault.name for vault in NIGHT.vaults if f"-1900 in {vault.name}" in text} == {v.name for v in NIGHT.vaults}


def test_a_page_of_stopped_moves_begins_with_them() -> None:
    page = html(replace(NIGHT, breaker="all moves are stopped since noon: 4 of 10 <VMs> failed"))
    outline = _outline(page)
    assert next(text for tag, text in outline.headings if tag == "h2") == "All moves are stopped"
    assert "4 of 10 &lt;VMs&gt; failed" in page
    assert 'class="stopped"' not in PAGE


def test_a_stop_is_not_called_nothing() -> None:
    page = html(replace(NIGHT, breaker="all moves are stopped", needs_human=()))
    assert "Nothing else." in page
    assert "for the curious" not in page
