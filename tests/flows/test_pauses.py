"""Can an operator stop the writes, let them go on, and let a VM be planned again?"""

from datetime import timedelta

import pytest

from shared.errors import Permanent
from shared.flows.look import PLACEMENTS, ROLLED_BACK
from shared.flows.pauses import pause, release, resume
from shared.flows.writes import PAUSES
from shared.rules.scope import pause_on
from tests.flows.stage import AFTERNOON, stage


def test_a_pause_names_its_end_its_owner_and_its_reason() -> None:
    ports = stage().ports
    pause(ports, "RSV-0", AFTERNOON + timedelta(hours=8), "ann", "audit")
    flags = ports.ledger.rows(PAUSES)
    assert pause_on(flags, "rsv-0", AFTERNOON) == "paused until 2026-03-03T00:00:00+00:00 by ann: audit"
    assert pause_on(flags, "rsv-1", AFTERNOON) is None
    assert pause_on(flags, "rsv-0", AFTERNOON + timedelta(hours=8)) is None


def test_resume_ends_a_pause_and_says_whether_there_was_one() -> None:
    ports = stage().ports
    pause(ports, "*", AFTERNOON + timedelta(hours=8), "ann", "audit")
    assert resume(ports, "*")
    assert not resume(ports, "*")
    assert pause_on(ports.ledger.rows(PAUSES), "rsv-0", AFTERNOON) is None


def test_release_forgets_where_we_put_a_vm_and_that_it_was_put_back() -> None:
    ports = stage().ports
    ports.ledger.write(PLACEMENTS, "/a/vm-1", {"policy": "/p", "previous": "", "state": "verified"})
    ports.ledger.write(ROLLED_BACK, "/a/vm-1", {"reason": "put back"})
    assert release(ports, "VM-1") == "/a/vm-1"
    assert ports.ledger.rows(PLACEMENTS) == ports.ledger.rows(ROLLED_BACK) == {}


@pytest.mark.parametrize(("name", "fits"), [("vm-9", "no VM"), ("vm-1", "more than one VM")])
def test_release_of_an_unknown_or_ambiguous_name_asks_for_the_id(name: str, fits: str) -> None:
    ports = stage().ports
    for vm_id in ("/a/vm-1", "/b/vm-1"):
        ports.ledger.write(ROLLED_BACK, vm_id, {"reason": "put back"})
    with pytest.raises(Permanent, match=fits):
        release(ports, name)
    assert release(ports, "/B/vm-1") == "/b/vm-1"
