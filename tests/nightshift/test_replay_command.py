"""Does `nightshift replay` show what was set aside, and send nothing unless told to?"""

import json

from shared.model.events import SetAside
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import NOW, Small

ENTRY = SetAside("job-triage", ("it failed five times",), "words", NOW)


def test_nothing_set_aside_is_said(run: Run, small: Small) -> None:
    assert small.quarantine.entries() == {}
    assert "nothing is set aside" in run("replay").stdout


def test_entries_are_shown_with_their_reasons_and_none_is_sent(run: Run, small: Small) -> None:
    small.quarantine.put(ENTRY)
    shown = run("replay").stdout
    assert "it failed five times" in shown
    assert "1 shown and none sent" in shown
    assert small.queues.sent == []


def test_an_entry_is_sent_again_on_request(run: Run, small: Small) -> None:
    small.quarantine.put(ENTRY)
    found = json.loads(run("replay", "job-triage", "--send", "--output", "json").stdout)
    assert found["sent"] is True
    assert small.queues.sent == [("job-triage", "words")]
    assert small.quarantine.entries() == {}
