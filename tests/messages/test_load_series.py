"""Are load files read as they were meant, and bad ones refused with all their faults?"""

import gzip
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.load_series import MOST_BYTES, holds_series, series_from, unpacked

BEGINS = datetime(2026, 3, 1, tzinfo=UTC)


def text(rows: list[tuple[str, object]], head: str = "timestamp,value") -> str:
    return "\n".join([head, *(f"{at},{value}" for at, value in rows), ""])


def hourly(count: int, minutes: int = 60) -> list[tuple[str, object]]:
    return [(str((BEGINS + timedelta(minutes=minutes * index)).replace(tzinfo=None)), index) for index in range(count)]


def complaints(rows: list[tuple[str, object]]) -> list[str]:
    with pytest.raises(BadMessage) as refused:
        series_from("vm", text(rows))
    return refused.value.reasons


def test_hourly_values_stay_as_they_are() -> None:
    load = series_from("vm", text(hourly(5)))
    assert (load.vm_id, load.begins_at, load.step_minutes) == ("vm", BEGINS, 60)
    assert load.values == (0, 1, 2, 3, 4)


def test_finer_values_become_half_hourly_means_and_gaps_stay_gaps() -> None:
    rows = hourly(24, minutes=5)
    del rows[6:12]
    load = series_from("vm", text(rows))
    assert (load.step_minutes, load.values) == (30, (2.5, None, 14.5, 20.5))


def test_times_are_utc_unless_they_say_otherwise() -> None:
    rows = [("2026-03-01T02:00:00+02:00", 1), ("2026-03-01T01:00:00Z", 2), ("2026-03-01 02:00:00", 3)]
    load = series_from("vm", text(rows))
    assert (load.begins_at, load.values) == (BEGINS, (1, 2, 3))


def test_columns_may_stand_anywhere_and_rows_in_any_line_ending() -> None:
    load = series_from("vm", 'host,"Value", Timestamp\r\na,4,2026-03-01\r\n\r\na,"5",2026-03-01 01:00\r\n')
    assert load.values == (4, 5)


def test_empty_values_are_missing_without_complaint() -> None:
    assert series_from("vm", text([(at, "") if value == 1 else (at, value) for at, value in hourly(3)])).values == (
        *(0, None, 2),
    )


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "n/a"])
def test_a_stray_value_is_left_out(value: str) -> None:
    rows = hourly(200)
    rows[7] = (rows[7][0], value)
    assert series_from("vm", text(rows)).values[6:9] == (6, None, 8)


@pytest.mark.parametrize("at", ["soon", "2026-02-01 00:00:00", "2026-03-01 06:00:00"])
def test_a_stray_time_is_left_out(at: str) -> None:
    rows = hourly(200)
    rows[7] = (at, 99)
    assert series_from("vm", text(rows)).values[6:9] == (6, None, 8)


def test_a_row_that_is_no_row_is_left_out() -> None:
    body = text(hourly(200)).replace("04:00:00,4", "04:00:00," + "4" * 200_000)
    assert series_from("vm", body).values[3:6] == (3, None, 5)


def test_all_that_is_wrong_is_told_at_once_by_kind() -> None:
    rows = hourly(200)
    rows[3], rows[4], rows[5] = ("never", 1), ("", 1), ("13:00", 1)
    rows[20:24] = [(rows[10][0], 1)] * 4
    rows[100:105] = [(at, -5) for at, _ in rows[100:105]]
    assert complaints(rows) == [
        "vm: timestamp in line 5 and 2 more: expected ISO 8601, like 2026-03-02T12:30:00Z",
        "vm: timestamp in line 22 and 3 more: expected later than in the row before: sort the rows, export them in UTC",
        "vm: value in line 102 and 4 more: expected a number of at least 0",
    ]


def test_a_clock_that_jumps_back_for_good_is_not_believed() -> None:
    assert "later than in the row before" in complaints([*hourly(100), *hourly(100)])[0]
    assert "later than in the row before" in complaints([*hourly(3), ("2093-01-01", 1), *hourly(200)[3:]])[0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "vm: holds 0 rows: expected at least two"),
        (hourly(1), "vm: holds 1 rows: expected at least two"),
        (hourly(20, minutes=120), "vm: values are 120 minutes apart: expected at most 60"),
        (
            [*hourly(300), ("2093-01-01", 1)],
            "vm: reaches from 2026-03-01 to 2093-01-01: expected at most 400 days",
        ),
    ],
)
def test_what_cannot_be_a_load_is_refused(rows: list[tuple[str, object]], expected: str) -> None:
    assert complaints(rows) == [expected]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("timestamp,value", True),
        ("Value,Timestamp", True),
        ("series,source,days", False),
        ("", False),
        ("timestamp", False),
    ],
)
def test_only_files_with_both_columns_hold_a_series(head: str, expected: bool) -> None:
    assert holds_series(f"{head}\n1,2\n") is expected


def test_packed_and_plain_files_are_unpacked() -> None:
    assert unpacked("a.csv", b"\xef\xbb\xbftimestamp") == "timestamp"
    assert unpacked("a.csv.gz", gzip.compress(b"timestamp")) == "timestamp"


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("a.csv.gz", b"no gzip", "cannot be unpacked"),
        ("a.csv.gz", gzip.compress(b"timestamp,value" * 9)[:-12], "cannot be unpacked"),
        ("a.csv.gz", gzip.compress(bytes(MOST_BYTES + 1)), "holds more than 64 MiB"),
        ("a.csv", b"\xff\xfe", "is not UTF-8 text"),
    ],
    ids=["no gzip", "cut off", "bomb", "no text"],
)
def test_what_cannot_be_unpacked_is_refused(name: str, raw: bytes, expected: str) -> None:
    with pytest.raises(BadMessage, match=expected):
        unpacked(name, raw)


@given(st.text(max_size=300))
def test_no_text_crashes_it(body: str) -> None:
    with suppress(BadMessage):
        assert series_from("vm", f"timestamp,value\n{body}").values
