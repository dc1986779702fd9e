"""Do the parts of fleet.yaml fit together? Rules over more than one value, on whatever parts are readable.

They read the plain document, not the validated one, so that a mistake elsewhere does not hide theirs.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from shared.fleet_policy.hourly import hourly_checks
from shared.fleet_policy.marks import Marked, Path, Problem, dotted
from shared.fleet_policy.patching import Hours, no_start_left, read
from shared.fleet_policy.restore_checks import restore_checks
from shared.fleet_policy.words import hours, nearest, patching
from shared.model.intent import Limits

INSTANT_RESTORE_DAYS = {"standard": 5, "enhanced": 30}
"""Most days of instant restore by policy type (Azure instant restore documentation)."""
DEFAULT_INSTANT_RESTORE_DAYS = {"standard": 2, "enhanced": 7}
"""Azure's own defaults by policy type."""
INSTANT_POINTS = 16
"""Snapshots of a Standard policy that leave two spare of Azure's 18 per VM (restore point collection limit)."""
UNIT_DAYS = {"days": 1, "weeks": 7, "months": 31, "years": 366}


def cross_checks(marked: Marked) -> list[Problem]:
    """Return the problems between values; parts with a wrong shape are left to the other checks."""
    found = [*_overlapping_tags(marked.data), *_blackouts(marked.data), *_approvals(marked.data)]
    found += [*_patching(marked.data), *restore_checks(marked.data)]
    for name, tier in _entries(_at(marked.data, "tiers")):
        found += [(("tiers", name, *path), text) for path, text in _tier(tier, marked.data)]
    return [Problem(marked.line_of(path), dotted(path), text) for path, text in found]


type _Found = Iterator[tuple[Path, str]]


def _tier(tier: object, document: object) -> _Found:
    yield from _window(tier, document)
    yield from _instant_restore(tier)
    yield from _points_a_day(tier, document)
    yield from hourly_checks(tier, _at(document, "windows", str(_at(tier, "window"))))
    yield from _classes(_at(tier, "retention"))


def _window(tier: object, document: object) -> _Found:
    name, windows = _at(tier, "window"), _at(document, "windows")
    if isinstance(name, str) and isinstance(windows, dict) and windows and name not in windows:
        known = ", ".join(windows)
        hint = nearest(name, list(windows)) or "add it below windows"
        yield ("window",), f"names the window {name!r}, which is not there; expected one of {known}; {hint}"


def _instant_restore(tier: object) -> _Found:
    kind = _at(tier, "policy_type") or "standard"
    if kind not in ("standard", "enhanced"):
        return
    set_days, daily = _whole(_at(tier, "instant_restore_days")), _whole(_at(tier, "retention", "daily", "days"))
    days = set_days if set_days is not None else DEFAULT_INSTANT_RESTORE_DAYS[str(kind)]
    most = INSTANT_RESTORE_DAYS[str(kind)]
    path = ("instant_restore_days",)
    if most < days <= 30:
        yield path, f"is {days}; expected 1 to {most} for a {kind} policy; Azure refuses more"
    if daily is not None and 7 <= daily < days <= most:
        yield path, f"is {days}; expected at most the {daily} days that daily points are kept; lower it or keep longer"
    points = _whole(_at(tier, "backups_per_day"))
    if kind == "standard" and points is not None and points > 1 and points * days > INSTANT_POINTS:
        text = f"{points} points a day x {days} instant-restore days = {points * days}"
        yield path, f"{text}; expected at most {INSTANT_POINTS}; Azure keeps 18 snapshots a VM and then fails backups"


def _points_a_day(tier: object, document: object) -> _Found:
    """Find why a tier cannot have several points a day: all but one of them are started on demand, by day."""
    points, path = _whole(_at(tier, "backups_per_day")), ("backups_per_day",)
    if points is None or points <= 1:
        return
    if _at(tier, "policy_type") == "enhanced":
        hint = "use a standard policy, or say `schedule` with hours in place of it"
        yield path, f"is {points} under an enhanced policy; expected 1; {hint}"
    if _at(tier, "retry_outside_window") is not True:
        hint = "set it: the points beside the scheduled one fall outside the window"
        yield path, f"is {points} without retry_outside_window; expected retry_outside_window: true; {hint}"
    set_most = _whole(_at(document, "limits", "backups_per_vm_day"))
    most = Limits().backups_per_vm_day if set_most is None else set_most
    if points > most:
        hint = "lower it or raise limits.backups_per_vm_day; Azure refuses the tenth of a day"
        yield path, f"is {points}; expected at most {most}, as limits.backups_per_vm_day says; {hint}"


def _classes(retention: object) -> _Found:
    """Find classes that keep their points shorter than a more frequent class.

    A point is pruned by the class of its day, so Sunday's would go before Monday's. Months count 31 days and
    years 366, so that only clear cases are refused.
    """
    longest, of = 0, ""
    for name, unit in (("daily", "days"), ("weekly", "weeks"), ("monthly", "months"), ("yearly", "years")):
        count = _whole(_at(retention, name, unit))
        if count is None:
            continue
        if count > 0 and count * UNIT_DAYS[unit] < longest:
            text = f"keeps points for {count} {unit}, shorter than {of} points are kept"
            yield (name, unit), f"{text}; expected at least as long; a point is pruned by the class of its day"
        if count * UNIT_DAYS[unit] > longest:
            longest, of = count * UNIT_DAYS[unit], name


def _overlapping_tags(document: object) -> _Found:
    owners: dict[tuple[str, str], str] = {}
    for name, tier in _entries(_at(document, "tiers")):
        for index, tag, value in _tag_values(tier):
            owner = owners.setdefault((tag.lower(), value.lower()), name)
            if owner != name:
                text = f"{tag}={value} belongs to tier {owner} already; expected each tag value in one tier"
                yield ("tiers", name, "match", "values", index), f"{text}; tags are compared without case"


def _tag_values(section: object) -> Iterator[tuple[int, str, str]]:
    """Yield the position of each value that a section matches, the tag and the value."""
    tag, values = _at(section, "match", "tag"), _at(section, "match", "values")
    for index, value in enumerate(values if isinstance(values, list) else []):
        if isinstance(tag, str) and isinstance(value, str):
            yield index, tag.strip(), value.strip()


def _patching(document: object) -> _Found:
    """Find patch windows of the same VMs that overlap, or that together leave the VMs of a tier no start.

    Only VMs with one and the same tag value are known to be the same.
    """
    patched = _patched(document)
    for entries in patched.values():
        yield from _overlaps(entries)
    for name, tier in _entries(_at(document, "tiers")):
        window = _window_hours(tier, document)
        for _, tag, value in _tag_values(tier) if window else ():
            entries = patched.get((tag.lower(), value.lower()), [])
            yield from _patched_away(f"VMs with {tag}={value}, of tier {name},", window, entries)


def _patched(document: object) -> dict[tuple[str, str], list[tuple[int, Hours]]]:
    """Return the readable patch windows of each tag value, with their positions."""
    found: dict[tuple[str, str], list[tuple[int, Hours]]] = defaultdict(list)
    entries = _at(document, "patch_windows")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if read_hours := read(_at(entry, "hours"), _at(entry, "zone"), patching):
            for match in dict.fromkeys((tag.lower(), value.lower()) for _, tag, value in _tag_values(entry)):
                found[match].append((index, read_hours))
    return found


def _overlaps(entries: list[tuple[int, Hours]]) -> _Found:
    apart: list[tuple[int, Hours]] = []
    for index, patch in entries:
        other = next((number for number, earlier in apart if patch.overlap(earlier)), None)
        if other is None:
            apart.append((index, patch))
            continue
        text = f"{patch.text} overlaps patch_windows[{other}], which has a tag value of this one"
        yield ("patch_windows", index, "hours"), f"{text}; expected hours apart; make one of the two"


def _window_hours(tier: object, document: object) -> tuple[Hours, ...]:
    """Return the hours of a tier's window in each of its zones; () where they cannot be read."""
    name = _at(tier, "window")
    window = _at(document, "windows", name) if isinstance(name, str) else None
    zones = [_at(window, "zone"), *(zone for _, zone in _entries(_at(window, "zones")))]
    found = [read(_at(window, "hours"), zone, hours) for zone in zones]
    return tuple(each for each in found if each) if all(found) else ()


def _patched_away(whose: str, window: tuple[Hours, ...], entries: list[tuple[int, Hours]]) -> _Found:
    for count, (index, patch) in enumerate(entries, start=1):
        if no_start_left(window, tuple(each for _, each in entries[:count])):
            text = f"{patch.text} leaves {whose} no start in their window {window[0].text}"
            hint = "a backup may start 2 hours late and must be over before; shorten one of them"
            yield ("patch_windows", index, "hours"), f"{text}; expected 2 hours 30 minutes clear of patching; {hint}"
            return


def _blackouts(document: object) -> _Found:
    blackouts = _at(document, "blackout")
    for index, blackout in enumerate(blackouts if isinstance(blackouts, list) else []):
        first, last = _date(_at(blackout, "from")), _date(_at(blackout, "to"))
        if first and last and last < first:
            yield ("blackout", index, "to"), f"{last} is before {first}; expected a date from {first} on; swap the two"


def _approvals(document: object) -> _Found:
    tiers, approvals = _at(document, "tiers"), _at(document, "approve_retention_increase")
    if not isinstance(tiers, dict) or not isinstance(approvals, list):
        return
    for index, approval in enumerate(approvals):
        tier = _at(approval, "tier")
        if isinstance(tier, str) and tiers and tier.strip() not in tiers:
            text = f"names the tier {tier!r}, which is not there; expected one of {', '.join(tiers)}"
            yield (
                ("approve_retention_increase", index, "tier"),
                f"{text}; {nearest(tier, list(tiers)) or 'check the name'}",
            )


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _entries(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
