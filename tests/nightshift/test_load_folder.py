"""Is a folder of measured load used for what it holds, and everything else in it named with its reason?"""

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nightshift.load_folder import LoadFolder
from shared.errors import BadMessage
from shared.model.load import LoadSeries
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import NOW, VMS, Small, SmallFleet, vm

SINCE = NOW - timedelta(days=2)


def rows(begin: datetime = SINCE, hours: int = 48, value: str = "{hour}") -> str:
    lines = [f"{begin + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},{value.format(hour=hour)}" for hour in range(hours)]
    return "\n".join(["timestamp,value", *lines])


def read(folder: Path, since: datetime = SINCE, until: datetime = NOW) -> tuple[dict[str, LoadSeries], tuple[str, ...]]:
    found = LoadFolder(folder)
    return found.series(VMS, since, until), found.complaints


def test_files_are_matched_to_vms_by_their_names_without_case(tmp_path: Path) -> None:
    (tmp_path / "App-01.csv").write_text(rows())
    (tmp_path / "app-02.CSV.gz").write_bytes(gzip.compress(rows(value="7").encode()))
    (tmp_path / "notes.txt").write_text("no load")
    found, complaints = read(tmp_path)
    assert complaints == ()
    assert found[VMS[0].id] == LoadSeries(VMS[0].id, SINCE, 60, tuple(map(float, range(48))))
    assert set(found[VMS[1].id].values) == {7.0}
    assert found[VMS[2].id].values == ()


def test_only_the_hours_that_were_asked_for_are_told(tmp_path: Path) -> None:
    (tmp_path / "app-01.csv").write_text(rows(SINCE - timedelta(hours=10), 80))
    found, _ = read(tmp_path)
    told = found[VMS[0].id]
    assert (told.begins_at, told.ends_at, told.values[0]) == (SINCE, NOW, 10.0)
    found, _ = read(tmp_path, SINCE + timedelta(minutes=20), NOW + timedelta(minutes=20))
    assert found[VMS[0].id].begins_at == SINCE + timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("stranger.csv", rows(), "no VM that this plan may move has this name"),
        ("app-01.csv", "", "its first line does not name the columns timestamp and value"),
        ("app-01.csv", "time,cpu\n1,2\n", "its first line does not name the columns timestamp and value"),
        ("app-01.csv", "timestamp,value\n", "holds 0 rows: expected at least two"),
        ("app-01.csv", rows(value="-1"), "value in line 2 and 47 more: expected a number of at least 0"),
        ("app-01.csv", rows(value="nan"), "value in line 2 and 47 more: expected a number of at least 0"),
        ("app-01.csv", rows(hours=2) + "\n" + rows().partition("\n")[2], "timestamp in line 4 and 1 more: expected"),
        ("app-01.csv", rows(NOW), "holds load from 2026-11-03 14:00 to 2026-11-05 14:00, but nothing from"),
        (
            "app-01.csv",
            rows(SINCE - timedelta(days=9)),
            "but nothing from 2026-11-01 14:00 to 2026-11-03 14:00 UTC, where",
        ),
        ("app-01.csv", rows(value=""), "but nothing from"),
        ("app-01.csv.gz", rows(), "cannot be unpacked"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text)
    found, complaints = read(tmp_path)
    assert {series.values for series in found.values()} == {()}
    (complaint,) = complaints
    assert complaint.startswith(f"{name}: not used: ")
    assert reason in complaint


def test_two_files_for_one_vm_are_both_left_out(tmp_path: Path) -> None:
    (tmp_path / "app-01.csv").write_text(rows())
    (tmp_path / "app-01.csv.gz").write_bytes(gzip.compress(rows().encode()))
    found, complaints = read(tmp_path)
    assert found[VMS[0].id].values == ()
    assert complaints == (
        "app-01.csv: not used: app-01.csv.gz is named after the same VM; keep one of them",
        "app-01.csv.gz: not used: app-01.csv is named after the same VM; keep one of them",
    )


def test_a_name_that_two_vms_have_is_neither_of_them(tmp_path: Path) -> None:
    (tmp_path / "app-01.csv").write_text(rows())
    twins = [vm("app-01"), vm("app-01")]
    twins[1] = type(twins[1])(twins[1].id.replace("backup", "other"), "app-01", "", "other", "westeurope")
    folder = LoadFolder(tmp_path)
    assert {series.values for series in folder.series(twins, SINCE, NOW).values()} == {()}
    (complaint,) = folder.complaints
    assert complaint.startswith(f"app-01.csv: not used: 2 VMs have this name: {twins[0].id}, ")


def test_a_folder_in_place_of_a_file_is_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "app-01.csv").mkdir()
    assert read(tmp_path)[1] == ("app-01.csv: not used: cannot be read: Is a directory",)


def test_a_folder_that_is_not_there_or_holds_no_load_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMessage, match=r"--load-series .*gone: cannot be read: No such file or directory"):
        LoadFolder(tmp_path / "gone")
    with pytest.raises(BadMessage, match=r"holds no \.csv or \.csv\.gz file; expected one a VM, named after it"):
        LoadFolder(tmp_path)


def test_a_plan_reads_the_files_and_not_azure_monitor(run: Run, small: Small, tmp_path: Path) -> None:
    (tmp_path / "app-01.csv").write_text(rows(NOW - timedelta(days=28), 28 * 24, "5"))
    result = run("plan", "--load-series", str(tmp_path))
    assert (result.exit_code, result.stderr, small.load.asked) == (0, "", [])
    assert "3 VMs: 2 to move, 1 held" in result.stdout
    assert (small.vaults.writes, small.plans.plan, small.ledger.kept) == ([], None, {})
    assert run("plan").exit_code == 0
    assert small.load.asked == ["app-01", "app-02"]


def test_all_unusable_files_are_told_at_once_beside_the_plan(run: Run, small: Small, tmp_path: Path) -> None:
    (tmp_path / "app-01.csv").write_text(rows(NOW))
    (tmp_path / "held-03.csv").write_text(rows())
    (tmp_path / "stranger.csv").write_text("no load")
    result = run("plan", "--load-series", str(tmp_path), "--output", "json")
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)["moves"]) == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        *("app-01.csv", "held-03.csv", "stranger.csv")
    ]
    small.fleet = SmallFleet(machines=())
    assert run("plan", "--load-series", str(tmp_path)).stderr.count("no VM that this plan may move") == 3


def test_a_plan_from_no_folder_is_refused_before_anything_is_read(run: Run, small: Small, tmp_path: Path) -> None:
    small.policies.text = small.policies.good = None
    for folder in (tmp_path, tmp_path / "gone"):
        result = run("plan", "--load-series", str(folder))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"--load-series {folder}: ")
