"""Are patch windows read as written, and refused where no backup would fit beside them?"""

from datetime import timedelta

import pytest

from shared.fleet_policy import parse
from shared.model.intent import Limits, PatchWindow, TagMatch
from tests.fleet_policy.test_parse import SMALLEST, reasons

PATCHED = SMALLEST + "patch_windows:\n"
GROUP = "match: {tag: Patch-Group, values: [a, B]}"
TIER = "match: {tag: backup, values: [ON]}"


def one(match: str, hours: str, zone: str = "UTC") -> str:
    return f'  - {{{match}, hours: "{hours}", zone: {zone}}}\n'


def test_patch_windows_mean_what_they_say() -> None:
    text = PATCHED + one(GROUP, "22:00-02:00", "Europe/Amsterdam") + one(GROUP, "12:00-24:00")
    assert parse(text).patch_windows == (
        PatchWindow(TagMatch("patch-group", ("a", "B")), 1320, 120, "Europe/Amsterdam"),
        PatchWindow(TagMatch("patch-group", ("a", "B")), 720, 1440, "UTC"),
    )


def test_a_fresh_point_may_be_wanted_before_patching() -> None:
    text = PATCHED + one(f"{GROUP}, fresh_point: 6h", "22:00-02:00")
    assert parse(text).patch_windows[0].fresh_point == timedelta(hours=6)


@pytest.mark.parametrize("age", ["2h", "25h", "1d", "6", "0h"])
def test_a_fresh_point_is_neither_too_fresh_to_be_made_nor_older_than_a_day(age: str) -> None:
    (found,) = reasons(PATCHED + one(f"{GROUP}, fresh_point: '{age}'", "22:00-02:00"))
    assert f"'{age}' is no such age; expected whole hours from 3h to 24h, such as 6h; a backup is begun" in found


def test_the_longest_patching_leaves_room_for_one_late_backup() -> None:
    assert parse(PATCHED + one(GROUP, "06:00-03:30")).patch_windows


def test_moves_that_only_lower_a_peak_may_be_switched_off() -> None:
    policy = parse(SMALLEST + "limits: {rebalancing_moves_per_night: 0}\n")
    assert policy.limits == Limits(rebalancing_moves_per_night=0)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            one(GROUP, "00:00-24:00"),
            "line 11: patch_windows[0].hours: 00:00-24:00 leaves no hour of the day for a backup; expected at most "
            "21 hours 30 minutes; a backup may start 2 hours late",
        ),
        (one(GROUP, "22:00-22:00"), "line 11: patch_windows[0].hours: 22:00-22:00 leaves no hour of the day"),
        (one(GROUP, "06:00-04:00"), "line 11: patch_windows[0].hours: 06:00-04:00 leaves no hour of the day"),
        (one(GROUP, "22:15-23:00"), "line 11: patch_windows[0].hours: 22:15-23:00 is not on the half hour"),
        (one(GROUP, "tonight"), "line 11: patch_windows[0].hours: 'tonight' is not a pair of hours"),
        (one(GROUP, "22:00-23:00", "Amsterdam"), "line 11: patch_windows[0].zone: 'Amsterdam' is no known time zone"),
        (one("match: {tag: x, values: []}", "22:00-23:00"), "line 11: patch_windows[0].match.values: is empty"),
        (f'  - {{{GROUP}, hours: "22:00-23:00"}}\n', "line 11: patch_windows[0].zone: is missing"),
        ('  - {hours: "22:00-23:00", zone: UTC}\n', "line 11: patch_windows[0].match: is missing"),
        (one(f"{GROUP}, weekday: sunday", "22:00-23:00"), "line 11: patch_windows[0].weekday: is an unknown key"),
        ("  - monthly\n", "line 11: patch_windows[0]: is 'monthly'; expected a mapping"),
    ],
)
def test_one_mistake_is_said_where_it_is(entry: str, said: str) -> None:
    (found,) = reasons(PATCHED + entry)
    assert found.startswith(said)


def test_a_list_is_expected() -> None:
    (found,) = reasons(SMALLEST + "patch_windows: {}\n")
    assert found == "line 10: patch_windows: is a mapping; expected a list"


@pytest.mark.parametrize(
    ("hours", "others"),
    [
        ("22:00-02:00", "01:00-03:00"),
        ("22:00-02:00", "21:00-22:30"),
        ("22:00-02:00", "23:00-00:30"),
        ("22:00-02:00", "22:00-02:00"),
        ("01:00-02:00", "22:00-03:00"),
        ("22:00-24:00", "23:30-00:30"),
    ],
)
def test_overlapping_windows_of_the_same_vms_are_named(hours: str, others: str) -> None:
    text = PATCHED + one(GROUP, hours) + one("match: {tag: patch-group, values: [b, A]}", others)
    (found,) = reasons(text)
    assert found == (
        f"line 12: patch_windows[1].hours: {others} overlaps patch_windows[0], which has a tag value of this one; "
        "expected hours apart; make one of the two"
    )


@pytest.mark.parametrize(
    ("match", "hours", "zone"),
    [
        (GROUP, "02:00-03:00", "UTC"),
        (GROUP, "21:00-22:00", "UTC"),
        (GROUP, "22:00-02:00", "Europe/Amsterdam"),
        ("match: {tag: patch-group, values: [c]}", "22:00-02:00", "UTC"),
        ("match: {tag: other, values: [a]}", "22:00-02:00", "UTC"),
    ],
)
def test_windows_beside_each_other_of_other_vms_or_on_another_clock_are_taken(
    match: str, hours: str, zone: str
) -> None:
    assert len(parse(PATCHED + one(GROUP, "22:00-02:00") + one(match, hours, zone)).patch_windows) == 2


def test_one_value_named_twice_does_not_overlap_with_itself() -> None:
    assert parse(PATCHED + one("match: {tag: patch-group, values: [a, A]}", "22:00-02:00")).patch_windows


def test_patching_that_leaves_the_vms_of_a_tier_no_start_is_refused() -> None:
    (found,) = reasons(PATCHED + one(TIER, "22:00-06:00"))
    assert found == (
        "line 11: patch_windows[0].hours: 22:00-06:00 leaves VMs with Backup=on, of tier all, no start in their window "
        "20:00-06:00; expected 2 hours 30 minutes clear of patching; a backup may start 2 hours late and must be over "
        "before; shorten one of them"
    )
    assert parse(PATCHED + one(TIER, "22:30-06:00")).patch_windows
    assert parse(PATCHED + one(TIER, "20:00-05:30")).patch_windows


def test_the_patch_window_that_takes_the_last_start_is_named_once() -> None:
    entries = [one(TIER, "00:30-06:00"), one(TIER, "21:00-22:00"), one(TIER, "23:30-00:30"), one(TIER, "12:00-13:00")]
    (found,) = reasons(PATCHED + "".join(entries))
    assert found.startswith("line 13: patch_windows[2].hours: 23:30-00:30 leaves VMs with Backup=on, of tier all,")
    assert parse(PATCHED + "".join(entries[:2])).patch_windows


@pytest.mark.parametrize(
    ("zone", "refused", "taken"),
    [
        ("Europe/Amsterdam", "22:00-06:00", "22:30-06:00"),
        ("America/New_York", "22:00-06:00", "22:30-06:00"),
        # Half hours of UTC are a quarter past and to the hour in Nepal.
        ("Asia/Kathmandu", "22:30-06:00", "23:00-06:00"),
    ],
)
def test_hours_are_compared_on_the_clock_of_their_zone(zone: str, refused: str, taken: str) -> None:
    text = PATCHED.replace("zone: UTC}", f"zone: {zone}}}")
    assert any("no start in their window" in line for line in reasons(text + one(TIER, refused, zone)))
    assert parse(text + one(TIER, taken, zone)).patch_windows


def test_a_season_without_a_start_is_enough_to_refuse() -> None:
    """20:00 to 00:00 in Amsterdam is 18:00 to 22:00 UTC in summer and 19:00 to 23:00 in winter."""
    text = PATCHED.replace("20:00-06:00", "20:00-00:00").replace("zone: UTC}", "zone: Europe/Amsterdam}")
    assert any("no start in their window" in line for line in reasons(text + one(TIER, "20:00-22:00")))
    assert parse(text + one(TIER, "20:30-22:00")).patch_windows


def test_where_another_region_of_the_window_has_a_start_left_nothing_is_refused() -> None:
    window = "zone: UTC, zones: {eastus2: America/New_York}}"
    assert parse(PATCHED.replace("zone: UTC}", window) + one(TIER, "20:00-06:00")).patch_windows


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zone: UTC}", "zone: Nowhere}", "windows.night.zone: 'Nowhere'"),
        ("zone: UTC}", "zone: UTC, zones: {eastus2: Nowhere}}", "windows.night.zones.eastus2: 'Nowhere'"),
        ("zone: UTC}", "zone: 7}", "windows.night.zone: is 7"),
        ('"20:00-06:00"', "8pm", "windows.night.hours: '8pm'"),
        ("window: night", "window: nigth", "did you mean night?"),
        ("window: night", "window: [night]", "tiers.all.window: is a list"),
    ],
)
def test_a_window_that_cannot_be_read_is_said_alone(old: str, new: str, said: str) -> None:
    (found,) = reasons(PATCHED.replace(old, new, 1) + one(TIER, "20:00-06:00"))
    assert said in found


def test_mistakes_elsewhere_do_not_hide_the_ones_of_patching() -> None:
    text = PATCHED.replace("rpo: 2d", "rpo: soon") + one(TIER, "20:00-06:00") + one(TIER, "05:00-07:00")
    said = reasons(text)
    assert [line.split(":")[0] for line in said] == ["line 9", "line 11", "line 12"]
