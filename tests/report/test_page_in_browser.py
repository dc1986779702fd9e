"""Does a real browser show the page as meant: quiet, self-contained, readable at every width and on paper?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.model.aftermath import Aftermath, Ailment
from shared.model.on_demand import OnDemandBackup
from shared.model.plan import Finding, Outcome
from shared.model.restore_history import RestoreHistory, Stretch
from shared.model.restore_tasks import Leftover
from shared.model.retention import Gap, RetentionNight, Setting, VaultPosture
from shared.report.page import html
from tests.report.sample_night import sample_night
from tests.report.sample_restores import sample_restores
from tests.report.test_data import EMPTY

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
LONG = "a-name-without-any-place-to-break-" * 4
NIGHT = sample_night()
NIGHT = replace(NIGHT, restores=sample_restores(NIGHT.made_at))
assert NIGHT.plan is not None
PLAN = NIGHT.plan


def named_at_length(aftermath: Aftermath) -> Aftermath:
    """The same, with names and reasons that nothing can break."""

    def named(one: Ailment) -> Ailment:
        attempts = tuple(replace(attempt, reason=LONG) for attempt in one.incident.attempts)
        return replace(one, incident=replace(one.incident, vm_name=LONG, says=LONG, code=LONG, attempts=attempts))

    return replace(
        aftermath,
        matters=tuple(
            replace(one, ailments=tuple(map(named, one.ailments)), to_do=(LONG,)) for one in aftermath.matters
        ),
        tampered=tuple(replace(one, what=LONG, actor=LONG) for one in aftermath.tampered),
        set_aside=tuple(replace(one, source=LONG, reasons=(LONG,)) for one in aftermath.set_aside),
    )


def retained_at_length(retention: RetentionNight) -> RetentionNight:
    """The same, with names and reasons that nothing can break."""

    def lost(one: Gap) -> Gap:
        return replace(one, said=LONG, expected=replace(one.expected, classes=(LONG,), policy=LONG, version=LONG))

    return replace(
        retention,
        vms=tuple(
            replace(
                vm,
                name=LONG + vm.name,
                tier=LONG,
                gaps=tuple(map(lost, vm.gaps)),
                consistency=((LONG, 1),),
                findings=(Finding(LONG, LONG, LONG),),
            )
            for vm in retention.vms
        ),
        findings=(Finding("one", LONG, LONG), Finding("one", LONG, LONG + LONG)),
        postures=(VaultPosture(LONG, LONG, (Setting(LONG, LONG, LONG, False), Setting("alerts", LONG, LONG, True))),),
    )


def asked_at_length(one: OnDemandBackup) -> OnDemandBackup:
    """The same, with names and reasons that nothing can break."""
    return replace(one, vm=LONG, said=LONG, wanted=replace(one.wanted, reason=LONG, requester=LONG))


def restored_at_length(restores: tuple[RestoreHistory, ...]) -> tuple[RestoreHistory, ...]:
    """The same, with names and reasons that nothing can break."""

    def named(one: Stretch) -> Stretch:
        return replace(one, account=LONG if one.account else "", why=LONG)

    left = (Leftover("container", LONG, LONG),)
    return tuple(
        replace(
            one,
            vm=LONG,
            request_id=LONG,
            reason=LONG,
            to_do=(LONG,),
            leftovers=left,
            stretches=tuple(map(named, one.stretches)),
        )
        for one in restores
    )


PAGES = {
    "sample": html(NIGHT),
    "big": html(sample_night(2000, 8)),
    "empty": html(EMPTY),
    "every outcome": html(
        replace(
            NIGHT,
            steps=tuple(replace(step, outcome=outcome) for step, outcome in zip(NIGHT.steps, Outcome, strict=False)),
            judge=tuple(replace(check, ok=False) for check in NIGHT.judge),
        )
    ),
    "long names": html(
        replace(
            NIGHT,
            vms=tuple(replace(vm, name=LONG + vm.name) for vm in NIGHT.vms),
            plan=replace(
                PLAN,
                vms=tuple(replace(vm, name=LONG + vm.name) for vm in PLAN.vms),
                spacings=tuple(replace(one, application=LONG) for one in PLAN.spacings),
            ),
            needs_human=(Finding(LONG, LONG, LONG),),
            steps=tuple(replace(step, reason=LONG, before=LONG, after=LONG) for step in NIGHT.steps),
            policy_version=LONG,
            aftermath=named_at_length(NIGHT.aftermath),
            restores=restored_at_length(NIGHT.restores),
            retention=retained_at_length(NIGHT.retention),
            on_demand=tuple(map(asked_at_length, NIGHT.on_demand)),
        )
    ),
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visit:
    """One opened page and everything it said or asked for; the address exists nowhere."""

    def __init__(self, page: "playwright.Page", body: str) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        self._body = body
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.route("**/*", self._answer)
        page.goto("https://report.invalid/")

    def _answer(self, route: "playwright.Route") -> None:
        self.asked.append(route.request.url)
        route.fulfill(body=self._body, content_type="text/html; charset=utf-8")

    def unfold(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


@pytest.fixture
def visit(browser: "playwright.Browser") -> Iterator[Callable[..., Visit]]:
    opened = []

    def opener(name: str, width: int = 1400, scheme: str = "light") -> Visit:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        return Visit(page, PAGES[name])

    yield opener
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_asks_for_nothing_and_complains_about_nothing(visit: Callable[..., Visit], name: str) -> None:
    seen = visit(name)
    seen.unfold()
    seen.page.wait_for_load_state("networkidle")
    assert seen.asked == ["https://report.invalid/"]
    assert seen.said == []


TOO_WIDE = """[...document.querySelectorAll('body *')]
  .filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(e => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("width", [320, 800, 1400])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_never_scrolls_sideways(visit: Callable[..., Visit], name: str, width: int) -> None:
    seen = visit(name, width)
    seen.unfold()
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.page.evaluate(TOO_WIDE) == []


def test_the_load_of_vms_fits_a_narrow_screen_without_scrolling(visit: Callable[..., Visit]) -> None:
    seen = visit("sample", 320)
    seen.unfold()
    box = seen.page.get_by_role("region", name="Load by VM")
    assert box.get_by_role("row").count() == 56
    assert box.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_wide_charts_scroll_by_keyboard_inside_their_own_box(visit: Callable[..., Visit]) -> None:
    box = visit("sample", 320).page.get_by_role("region", name="Night after")
    assert box.evaluate("e => e.scrollWidth > e.clientWidth")
    box.focus()
    assert box.evaluate("e => e === document.activeElement")


@pytest.mark.parametrize("width", [320, 800, 1400])
def test_failures_need_no_box_to_scroll_in(visit: Callable[..., Visit], width: int) -> None:
    seen = visit("sample", width)
    seen.unfold()
    section = seen.page.get_by_role("region", name="Failed backups and what was done")
    assert section.locator(".failures > li").count() == 4
    assert section.locator(".scroll").count() == 0
    assert section.evaluate(
        "e => [...e.querySelectorAll('*')].every(c => c.scrollWidth <= c.clientWidth + 1 || !c.clientWidth)"
    )


@pytest.mark.parametrize("width", [320, 800, 1400])
def test_only_the_time_line_of_restores_may_scroll_and_the_list_never(visit: Callable[..., Visit], width: int) -> None:
    seen = visit("sample", width)
    seen.unfold()
    section = seen.page.get_by_role("region", name="Restores", exact=True)
    assert section.locator(".failures > li").count() == 5
    assert section.locator(".failures *").evaluate_all(
        "es => es.every(e => e.scrollWidth <= e.clientWidth + 1 || !e.clientWidth)"
    )
    line = section.get_by_role("region", name="Time line of restores")
    assert line.evaluate("e => e.scrollWidth > e.clientWidth") == (width == 320)


@pytest.mark.parametrize("width", [320, 800, 1400])
@pytest.mark.parametrize("name", ["sample", "long names"])
def test_gaps_and_backups_on_demand_need_no_box_to_scroll_in(
    visit: Callable[..., Visit], name: str, width: int
) -> None:
    seen = visit(name, width)
    seen.unfold()
    for region in ("Retention", "Backups on demand"):
        section = seen.page.get_by_role("region", name=region, exact=True)
        assert section.locator(".failures > li").count() >= 7
        assert section.locator(".failures *, .findings *, .facts *").evaluate_all(
            "es => es.every(e => e.scrollWidth <= e.clientWidth + 1 || !e.clientWidth)"
        )
    calendar = seen.page.get_by_role("region", name="Calendar of recovery points")
    assert calendar.evaluate("e => e.scrollWidth > e.clientWidth") == (width == 320)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_the_calendar_are_told_apart_by_their_colours(visit: Callable[..., Visit], scheme: str) -> None:
    kinds = """es => es.map(e => [e.getAttribute('class'), getComputedStyle(e)])
      .map(([kind, style]) => [kind, style.fill + style.stroke])"""
    found = dict(visit("sample", scheme=scheme).page.locator("g.point").evaluate_all(kinds))
    assert found.keys() == {f"point {mark}" for mark in ("present", "missing", "asked", "filled")}
    assert len(set(found.values())) == len(found)


def test_the_calendar_lies_inside_its_frame(visit: Callable[..., Visit]) -> None:
    for name in ("sample", "long names"):
        marks = visit(name).page.locator("g.point, .letter")
        assert marks.evaluate_all(
            "es => es.every(e => { const a = e.getBoundingClientRect(), b = e.closest('svg').getBoundingClientRect();"
            " return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom; })"
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_segments_of_restores_are_told_apart_by_their_colours(visit: Callable[..., Visit], scheme: str) -> None:
    kinds = "es => es.map(e => [e.getAttribute('class'), getComputedStyle(e).fill])"
    found = dict(visit("sample", scheme=scheme).page.locator(".course").evaluate_all(kinds))
    assert found.keys() == {f"course {kind}" for kind in ("wait", "check", "ran", "moved", "expected")}
    assert len(set(found.values())) == len(found)


def test_accounts_below_their_bars_stay_inside_the_time_line(visit: Callable[..., Visit]) -> None:
    for name in ("sample", "long names"):
        labels = visit(name).page.locator(".account")
        assert labels.count() == 3
        assert labels.evaluate_all(
            "es => es.every(e => { const a = e.getBoundingClientRect(), b = e.closest('svg').getBoundingClientRect();"
            " return a.left >= b.left && a.right <= b.right + 1; })"
        )


def test_on_paper_no_words_of_a_failure_lie_over_others(visit: Callable[..., Visit]) -> None:
    seen = visit("sample", 760)
    page = seen.page
    seen.unfold()
    page.emulate_media(media="print")
    wide = (
        "[...document.querySelectorAll('.failures > li > div, .points > li > div, .posture td')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert page.evaluate(wide) == 0


CONTRAST = """() => {
  const shade = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => { const [r, g, b] = shade(text).slice(0, 3).map(v => v / 255)
      .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
      if ((shade(c)[3] ?? 1) === 1) return c; } return 'rgb(255, 255, 255)'; };
  const bad = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.tagName === 'title') continue;
    const style = getComputedStyle(e), [a, b] = [light(e.closest('svg') ? style.fill : style.color), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push([e.outerHTML.slice(0, 80), ratio]);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["sample", "every outcome", "empty"])
def test_all_text_has_enough_contrast(visit: Callable[..., Visit], name: str, scheme: str) -> None:
    seen = visit(name, scheme=scheme)
    seen.unfold()
    assert seen.page.evaluate(CONTRAST) == []


def test_dark_mode_is_dark(visit: Callable[..., Visit]) -> None:
    def background(scheme: str) -> list[int]:
        page = visit("sample", scheme=scheme).page
        return page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")

    assert max(background("dark")) < 64 < 192 < min(background("light"))


def test_the_page_prints_dark_on_white(visit: Callable[..., Visit], tmp_path: Path) -> None:
    page = visit("sample", scheme="dark").page
    paper = tmp_path / "night.pdf"
    page.pdf(path=str(paper), format="A4")
    assert paper.read_bytes().startswith(b"%PDF-")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(17, 17, 17)"


def test_a_reader_meets_headings_figures_and_named_charts(visit: Callable[..., Visit]) -> None:
    page = visit("sample").page
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("heading", level=2).count() == 15
    assert page.get_by_role("img").count() == 6
    assert page.get_by_role("region", name="Peaks and bounds by region").get_by_role("row").count() == 4
