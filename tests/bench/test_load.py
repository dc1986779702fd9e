"""Are load forecasts judged on days that no one has seen, and do the numbers keep what the rules promise?"""

import gzip
import json
import os
import random
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bench import curves
from bench.__main__ import main
from bench.load import verdict
from shared.model.load import LoadClass
from tests.rules.loads import NOW, noisy, office, series

pytestmark = pytest.mark.no_cover

SHARED = Path(os.environ.get("NIGHTSHIFT_SHARED", Path(__file__).parents[2].parent / "shared"))
FIGURES = {"windows_correct", "load_accurate", "judged_days", "regret", "regret_tier_window"}


def judged(folder: Path, capsys: pytest.CaptureFixture[str], hours: str = "4") -> tuple[dict[str, Any], str]:
    assert main(["load", str(folder), "--hours", hours]) == 0
    told = capsys.readouterr()
    return json.loads(told.out), told.err


def write(path: Path, shape: Any, days: int = 20) -> None:
    load = series(shape, days=days)
    rows = (
        f"{load.begins_at + index * load.step:%Y-%m-%d %H:%M:%S},{value}" for index, value in enumerate(load.values)
    )
    text = "\n".join(["timestamp,value", *rows])
    path.write_bytes(gzip.compress(text.encode()) if path.name.endswith(".gz") else text.encode())


def test_curves_whose_truth_is_known_are_called_that_and_predictable_ones_keep_their_promise(tmp_path, capsys):
    assert main(["curves", "--seed", "3", "--each", "1", str(tmp_path)]) == 0
    truth = json.loads((tmp_path / curves.TRUTH).read_text())["curves"]
    answer, _ = judged(tmp_path, capsys, "2.5")
    found = {row["name"]: row["class"] for row in answer["series"]}
    assert set(found) == set(truth)
    assert {name: kind for name, kind in found.items() if kind not in truth[name]["classes"]} == {}
    total = answer["total"]
    assert total["series"] == len(truth) == sum(total[kind] for kind in LoadClass)
    assert total["predictable"] >= 4
    assert total["judged_days"] >= 80
    assert total["windows_correct"] >= 0.99
    assert total["load_accurate"] >= 0.96
    assert total["regret"] < total["regret_tier_window"] / 5


@pytest.mark.parametrize("curve", curves.KINDS, ids=lambda curve: curve.kind)
def test_the_same_seed_draws_the_same_curve_and_another_seed_another(curve):
    def drawn(seed: int) -> list[tuple[str, str]]:
        return list(islice(curves.rows(curve, random.Random(seed)), 300))

    assert drawn(7) == drawn(7) != drawn(8)


def test_each_series_and_the_total_are_told_as_documented(tmp_path, capsys):
    write(tmp_path / "calm.csv", lambda _: 7.0)
    write(tmp_path / "day.csv.gz", noisy(office))
    answer, told = judged(tmp_path, capsys)
    assert [(row["name"], row["class"]) for row in answer["series"]] == [("calm", "flat"), ("day", "predictable")]
    assert all(set(row) == {"name", "class", *FIGURES} for row in answer["series"])
    assert set(answer["total"]) == {"series", *LoadClass, *FIGURES}
    assert "calm: flat: the busiest window is 0.0 points above" in told


def test_a_series_is_judged_only_on_days_after_it_was_called_predictable():
    load = series(noisy(office), days=20)
    found = verdict(load, 8)
    assert found.kind is LoadClass.PREDICTABLE
    firsts = [eve.profile.kind for eve in found.eves].index(LoadClass.PREDICTABLE)
    assert len(found.called) == len(found.eves) - firsts
    assert all(eve.profile.judged_days >= 7 for eve in found.called)


def test_a_promise_that_was_broken_counts_although_it_is_no_longer_made():
    broken = NOW - timedelta(days=2)

    def shape(at: datetime) -> float:
        return noisy(office)(at) + (40 if broken < at + timedelta(hours=16) < broken + timedelta(days=1) else 0)

    found = verdict(series(shape, days=20), 8)
    assert found.kind is LoadClass.UNPREDICTABLE
    assert len(found.called) >= 8
    assert sum(not eve.judgement.load_accurate for eve in found.called) == 1
    assert found.told == found.called


def test_nothing_is_claimed_where_no_day_was_left_to_judge(tmp_path, capsys):
    write(tmp_path / "young.csv", noisy(office, 0.2), days=8)
    (row,) = judged(tmp_path, capsys)[0]["series"]
    assert (row["class"], row["judged_days"], row["windows_correct"]) == ("predictable", 0, None)


def test_files_that_hold_no_series_are_skipped_and_bad_ones_unknown_with_a_reason(tmp_path, capsys):
    (tmp_path / "index.csv").write_text("series,days\na,3\n")
    (tmp_path / "notes.txt").write_text("timestamp,value\n")
    (tmp_path / "empty.csv").write_text("timestamp,value\n")
    (tmp_path / "torn.csv.gz").write_bytes(b"timestamp")
    (tmp_path / "back.csv").write_text("timestamp,value\n2026-03-02,1\n2026-03-01,1\n2026-03-01,-4\n")
    (tmp_path / "folder.csv").mkdir()
    answer, told = judged(tmp_path, capsys)
    assert {row["name"]: row["class"] for row in answer["series"]} == dict.fromkeys(
        ("back", "empty", "folder", "torn"), "unknown"
    )
    assert answer["total"]["unknown"] == 4
    assert answer["total"]["windows_correct"] is None
    for line in ("index.csv: skipped", "empty: unknown: empty: holds 0 rows", "torn.csv.gz: cannot be unpacked"):
        assert line in told
    assert "back: timestamp in line 3 and 1 more" in told
    assert "back: value in line 4" in told


@pytest.mark.parametrize(
    ("folder", "hours", "message"),
    [("missing", "4", "cannot be read: No such file"), ("", "0", "hours: must be above 0"), ("", "25", "at most 24")],
)
def test_bad_arguments_are_told_with_exit_code_2(tmp_path, capsys, folder, hours, message):
    assert main(["load", str(tmp_path / folder), "--hours", hours]) == 2
    told = capsys.readouterr()
    assert (told.out, message in told.err) == ("", True)


def test_real_machines_are_called_what_they_are(capsys):
    folder = SHARED / "load"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: set NIGHTSHIFT_SHARED to the folder that holds load/")
    answer, _ = judged(folder, capsys)
    found = {row["name"].rsplit("_", 1)[-1]: row["class"] for row in answer["series"]}
    assert len(found) == 13
    assert {name for name in ("24ae8d", "5f5533", "c6585a") if found[name] != "flat"} == set()
    assert found["825cc2"] == "saturated"
    assert {found["77c1ca"], found["ac20cd"]} == {"unpredictable"}
    total = answer["total"]
    assert total["windows_correct"] is None or total["windows_correct"] >= 0.99
    assert total["load_accurate"] is None or total["load_accurate"] >= 0.96
