"""Do the parts of fleet.yaml fit together? Rules over more than one value, on whatever parts are readable.

They read the plain document, not the validated one, so that a mistake elsewhere does not hide theirs.
"""

from collections.abc import Iterator
from datetime import date

from shared.fleet_policy.marks import Marked, Path, Problem, dotted
from shared.fleet_policy.words import nearest

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
    for name, tier in _entries(_at(marked.data, "tiers")):
        found += [(("tiers", name, *path), text) for path, text in _tier(tier, marked.data)]
    return [Problem(marked.line_of(path), dotted(path), text) for path, text in found]


type _Found = Iterator[tuple[Path, str]]


def _tier(tier: object, document: object) -> _Found:
    yield from _window(tier, document)
    yield from _instant_restore(tier)
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
    if points is None or points <= 1:
        return
    hint = "remove the key: several points a day are not in this version"
    yield ("backups_per_day",), f"is {points}; expected 1; {hint}"
    if kind == "standard" and points * days > INSTANT_POINTS:
        text = f"{points} points a day x {days} instant-restore days = {points * days}"
        yield path, f"{text}; expected at most {INSTANT_POINTS}; Azure keeps 18 snapshots a VM and then fails backups"


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
        tag, values = _at(tier, "match", "tag"), _at(tier, "match", "values")
        if not isinstance(tag, str) or not isinstance(values, list):
            continue
        for index, value in enumerate(values):
            if not isinstance(value, str):
                continue
            owner = owners.setdefault((tag.strip().lower(), value.strip().lower()), name)
            if owner != name:
                text = f"{tag}={value} belongs to tier {owner} already; expected each tag value in one tier"
                yield ("tiers", name, "match", "values", index), f"{text}; tags are compared without case"


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
