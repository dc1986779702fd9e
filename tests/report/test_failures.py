"""Does the report say of each failure what happened, what was tried, what came of it, and who knows?"""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

from shared.model.aftermath import Aftermath, Ailment, Ending, Matter, Watching
from shared.model.events import SetAside
from shared.model.failures import Response, Told
from shared.model.night import NightReport
from shared.report.data import data
from shared.report.digest import digest
from shared.report.failure_figures import MOST_REASONS, set_aside_figures
from shared.report.failure_rows import MOST_TRIES, FailureRow, failure_rows
from shared.report.figures import figures
from shared.report.page import MOST_CARDS, html
from shared.report.verdict import Tone, tone, verdict
from tests.report.sample_aftermath import STEADY
from tests.report.sample_night import BEGINS, sample_night
from tests.report.test_figures import CALM
from tests.rules.failures import MINUTE, at, failure, incident_of, success, tried

NIGHT = sample_night()
LAST = at(12)


def section(night: NightReport) -> str:
    found = re.search(r'<section aria-labelledby="failures">.*?</section>', html(night), re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[0])))


def with_aftermath(**fields: object) -> NightReport:
    return replace(CALM, aftermath=replace(STEADY, **fields))  # type: ignore[arg-type]


def matter(*facts: object, ending: Ending = Ending.OPEN, told: tuple[Told, ...] = ()) -> Matter:
    incident = incident_of(*facts)  # type: ignore[arg-type]
    return Matter(ailments=(Ailment(incident=incident, ending=ending, told=told),))


def row(one: Matter) -> FailureRow:
    (found,) = failure_rows([one], {}, LAST)
    return found


def test_a_calm_night_says_so_in_one_line() -> None:
    assert section(replace(CALM)).strip() == (
        "Failed backups and what was done No backup failed, came late or is missing; "
        "nothing was weakened or set aside; no look at jobs fell out."
    )


def test_without_any_look_nothing_is_claimed() -> None:
    text = section(with_aftermath(watching=Watching()))
    assert "Nothing is known of failures" in text
    assert "No backup failed" not in text


def test_each_failure_is_a_row_with_vault_cause_tries_outcome_and_who_knows() -> None:
    text = section(NIGHT)
    vault = NIGHT.vaults[0].name
    assert f"5 VMs in {vault} vm-api-42, vm-app-33, vm-build-39, vm-files-30, vm-queue-36" in text
    assert "network / ExtensionSnapshotFailedNoNetwork completed with warnings, 5 times from" in text
    assert "left to a person, 5 VMs; the first: the extension in it has no network" in text
    assert "5 open and in need of a human a human was told 22 Nov 06:00 What to do Allow the VM outbound" in text
    assert "Open, needs a human nobody was told yet What to do" in text
    assert "retry: the service failed inside; started again, for the first time Repaired by the retry of" in text
    assert "came late or not at all, 21 Nov 22:00" in text
    assert "Resolved by itself: the backup of 22 Nov 00:00 made up for it" in text


def test_what_was_weakened_and_set_aside_and_the_missed_looks_are_told() -> None:
    text = section(NIGHT)
    assert "Policy gold keeps less: daily 60 to 14 days 21 Nov 16:00 by mallory@example.com" in text
    assert "2 from alerts , the newest of 21 Nov 17:00 data.essentials: missing no JSON" in text
    assert "1 from job-triage , the newest of 21 Nov 18:00" in text
    assert "nightshift replay shows them" in text
    assert "What may keep alerts from people Alert rule nightshift-alerts is not enabled alert-path-broken" in text
    assert "3 looks fell out, the longest gap being 20 min, from 21 Nov 23:00 to 21 Nov 23:20." in text


def test_an_open_failure_says_what_it_waits_for() -> None:
    one = failure()
    assert row(matter(one)).outcome == "open, not answered yet"
    assert row(matter(one, tried(one, Response.WAIT))).outcome == "open, waits"
    assert row(matter(one, tried(one))).outcome == "open, started again at 3 Mar 23:10"
    coming = failure_rows([matter(one, tried(one))], {}, at(1))
    assert coming[0].outcome == "open, to be started again at 3 Mar 23:10"


def test_an_answer_that_was_given_again_is_told_once_with_its_count() -> None:
    one = failure()
    waits = [tried(one, Response.WAIT, at(hour)) for hour in (1, 2, 3)]
    last = tried(one, Response.RETRY, at(4), reason="at last")
    tries = row(matter(one, *waits, last)).tried
    assert [one.text for one in tries] == ["wait: because (3 times)", "retry: at last"]
    assert tries[0].at == at(1)


def test_many_answers_are_cut_and_counted() -> None:
    one = failure()
    many = [tried(one, Response.WAIT, at(1 + hour), reason=f"reason {hour}") for hour in range(MOST_TRIES + 3)]
    found = row(matter(one, *many))
    assert (len(found.tried), found.more_tried) == (MOST_TRIES, 3)
    assert "3 more answers are in the JSON report." in section(with_aftermath(matters=(matter(one, *many),)))


def test_who_was_told_and_when_of_each_state() -> None:
    one = failure()
    key = incident_of(one).episodes[0]
    told = tuple(
        Told(f"{key}|{state}", "alert", at(hour)) for hour, state in ((1, "open"), (3, "escalated"), (5, "resolved"))
    )
    said = row(matter(one, success(at(4)), ending=Ending.RESOLVED, told=told)).told
    assert said == ("a human was told 3 Mar 23:00, told again 4 Mar 01:00, told that it is over 4 Mar 03:00")
    assert row(matter(one)).told == "nobody was told"


def test_failures_that_were_made_up_for_are_a_calm_night() -> None:
    first = CALM.runs_after[0]
    failed = replace(first, status="Failed", started_at=first.started_at - timedelta(hours=1))
    night = replace(CALM, runs_after=(failed, *CALM.runs_after))
    assert figures(night).jobs.made_up == 1
    assert tone(night) is Tone.GOOD
    assert verdict(night).startswith("1 of 58 backups failed, 1 made up for by another, at most ")
    lost = replace(
        CALM, runs_after=(*CALM.runs_after, replace(failed, started_at=first.started_at + timedelta(hours=9)))
    )
    assert (figures(lost).jobs.made_up, tone(lost)) == (0, Tone.BAD)


def test_a_missing_backup_is_no_calm_night_though_no_job_failed() -> None:
    night = with_aftermath(matters=(matter(failure(), ending=Ending.NEEDS_HUMAN),))
    assert tone(night) is Tone.BAD
    assert "; 1 open failure left to people; " in verdict(night)
    assert tone(with_aftermath(matters=(matter(failure()),))) is Tone.GOOD


def test_weakened_backups_are_no_calm_night() -> None:
    (one,) = NIGHT.aftermath.tampered
    assert tone(with_aftermath(tampered=(one,))) is Tone.BAD
    assert "; somebody weakened the backups 2 times; " in verdict(with_aftermath(tampered=(one, one)))


def test_numbers_count_vms_in_storms_too() -> None:
    found = figures(NIGHT).failures
    assert (found.incidents, found.needs_human, found.repaired, found.resolved, found.open) == (8, 6, 1, 1, 0)
    assert (found.storms, found.without_job, found.told) == (1, 1, 5)
    assert (found.tampered, found.set_aside, found.missed_looks, found.longest_gap_minutes) == (1, 3, 3, 20)


def test_the_json_holds_each_vm_with_every_failure_answer_and_alert() -> None:
    found = json.loads(data(NIGHT))["failures"]
    storm = next(one for one in found["matters"] if one["storm"])
    assert (storm["ending"], len(storm["incidents"]), storm["code"]) == (
        "needs a human",
        5,
        "ExtensionSnapshotFailedNoNetwork",
    )
    (one,) = [one for one in found["matters"] if one["ending"] == "repaired"]
    (incident,) = one["incidents"]
    assert incident["failures"][0]["error"] == "CloudInternalError"
    assert incident["attempts"][0]["response"] == "retry"
    assert incident["resolved_at"] > incident["attempts"][0]["at"]
    assert found["set_aside"][0] == {
        "source": "alerts",
        "count": 2,
        "newest_at": (BEGINS + timedelta(hours=5)).isoformat(),
        "reasons": ["data.essentials: missing", "no JSON: Expecting value"],
    }
    assert "hello" not in json.dumps(found["set_aside"])


def test_the_digest_counts_them() -> None:
    text = digest(NIGHT)
    assert "  failures     6 need a human, 1 repaired by a retry, 1 over without one\n" in text
    assert "  beside that  1 weakened, 3 set aside, 3 looks at jobs missed\n" in text
    assert "  failures     none\n" in digest(CALM)
    assert "beside that" not in digest(CALM)


def test_reasons_are_the_newest_each_once_and_few() -> None:
    entries = [SetAside("alerts", (f"reason {number % 5}",), "", at(number)) for number in range(10)]
    (found,) = set_aside_figures(entries)
    assert (found.count, found.newest_at) == (10, at(9))
    assert found.reasons == ("reason 4", "reason 3", "reason 2")
    assert len(found.reasons) == MOST_REASONS


def test_many_failures_fold_away_but_are_counted() -> None:
    many = tuple(matter(failure(vm=f"vm-{number}")) for number in range(MOST_CARDS + 7))
    page = html(with_aftermath(matters=many))
    assert "<summary>7 more</summary>" in page
    assert page.count('<li class="held">') == len(many)


def test_text_of_jobs_and_strangers_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    one = failure(evil, vm_name=evil, text=evil)
    night = with_aftermath(
        matters=(matter(one, tried(one, reason=evil)),),
        set_aside=(SetAside(evil, (evil,), evil, at(1)),),
        tampered=tuple(replace(each, what=evil, actor=evil, subject=evil) for each in NIGHT.aftermath.tampered),
    )
    page = html(night)
    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;") >= 7


def test_when_the_way_to_people_was_checked_is_told() -> None:
    assert "<dd>checked 21 Nov 13:00 UTC, canary sent 21 Nov 13:00 UTC</dd>" in html(NIGHT)
    assert "<dt>Way to people</dt><dd>not checked</dd>" in html(CALM)
    found = json.loads(data(NIGHT))["failures"]["alert_path"]
    assert [one["code"] for one in found["findings"]] == ["alert-path-broken"]
    assert found["checked_at"] == (BEGINS + timedelta(hours=1)).isoformat()


def test_a_gap_of_one_look_is_singular() -> None:
    gap = (at(1), at(1) + 10 * MINUTE)
    assert "1 look fell out, the longest gap being 10 min" in section(
        with_aftermath(watching=Watching(LAST, gaps=(gap,)))
    )
    assert Aftermath().watching.missed == 0
