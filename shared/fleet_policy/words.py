"""How are hours, zones, days and names written? The single values of fleet.yaml, each with its own check."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.model.azure import SLOT_MINUTES, START_LATENESS

LATENESS_MINUTES = START_LATENESS // timedelta(minutes=1)
DAY_MINUTES = 24 * 60
LONGEST_PATCHING = DAY_MINUTES - LATENESS_MINUTES - SLOT_MINUTES
"""Beside longer patching not even a backup of half an hour has room."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

_WEEKDAY = "|".join(WEEKDAYS)
_MONTH = "|".join(MONTHS)
_DAY_OF_MONTH = rf"(?:(?:first|second|third|fourth|last) (?:{_WEEKDAY})|day (?:[1-9]|1[0-9]|2[0-8])|last day)"
_HOURS = r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)"
_TIER = r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*"
_REGION = r"[a-z]+[0-9]*"
_SUBSCRIPTION = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_VAULT = r"[A-Za-z][A-Za-z0-9-]{1,49}"
_VAULT_ID = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.RecoveryServices/vaults/[^/]+"
_VM = r"[^\\/\"\[\]:|<>+=;,?*@&\s]{1,64}"
_AGE = r"[1-9][0-9]{0,3}[hd]"
_FRESHNESS = r"[1-9][0-9]?h"
FRESHEST, STALEST = timedelta(hours=3), timedelta(hours=24)
"""A backup is to be over two hours before patching; and a day later there is a scheduled point."""
_SHARE = r"(?:[1-9][0-9]?|100)%"


def wrong(what: str, expected: str, hint: str = "") -> PydanticCustomError:
    """Return the error that says what is wrong, what was expected and what to do."""
    text = f"{what}; expected {expected}" + (f"; {hint}" if hint else "")
    return PydanticCustomError("fleet", "{text}", {"text": text})


def nearest(word: str, known: list[str]) -> str:
    """Return "did you mean ...?" for the closest known word, or "" where none is close."""
    lowered = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return f"did you mean {lowered[close[0]]}?" if close else ""


def minutes_of(hours: str) -> tuple[int, int]:
    """Return "20:00-06:00" as minutes after midnight; the end of "00:00-24:00" is 1440."""
    begin, end = hours.split("-")
    return _minutes(begin), _minutes(end)


def age_of(text: str) -> timedelta:
    """Return "36h" or "2d" as a duration."""
    return timedelta(hours=int(text[:-1])) if text.endswith("h") else timedelta(days=int(text[:-1]))


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def hours(text: str) -> str:
    """Return hours as they are written; raise PydanticCustomError where they are none or have no length."""
    begin, end = _half_hours(text)
    if begin == end:
        raise wrong(f"{text} has no length", "a window of at least 30 minutes", 'write "00:00-24:00" for the whole day')
    return text


def patching(text: str) -> str:
    """Return hours of patching as they are written; raise PydanticCustomError where no backup fits beside them."""
    begin, end = _half_hours(text)
    if not 0 < (end - begin) % DAY_MINUTES <= LONGEST_PATCHING:
        most = f"{LONGEST_PATCHING // 60} hours {LONGEST_PATCHING % 60} minutes"
        hint = f"a backup may start {LATENESS_MINUTES // 60} hours late"
        raise wrong(f"{text} leaves no hour of the day for a backup", f"at most {most}", hint)
    return text


def _half_hours(text: str) -> tuple[int, int]:
    if not re.fullmatch(_HOURS, text):
        raise wrong(f"{_shown(text)} is not a pair of hours", '"HH:MM-HH:MM" local time, such as "20:00-06:00"')
    begin, end = minutes_of(text)
    if begin % SLOT_MINUTES or end % SLOT_MINUTES:
        raise wrong(
            f"{text} is not on the half hour", "minutes of 00 or 30", "Azure starts VM backups at :00 and :30 only"
        )
    return begin, end


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(text: str) -> str:
    """Return an IANA zone as it is written; raise PydanticCustomError where it is none."""
    if text not in _zones():
        known = sorted(_zones())
        last = [name for name in known if name.rpartition("/")[2].lower() == text.replace(" ", "_").lower()]
        hint = f"did you mean {last[0]}?" if last else nearest(text, known)
        what = "an IANA zone, such as Europe/Berlin or UTC"
        raise wrong(f"{_shown(text)} is no known time zone", what, hint or "Windows zone names are not IANA zones")
    return text


def _region(text: str) -> str:
    if not re.fullmatch(_REGION, text):
        plain = re.sub(r"[^a-z0-9]", "", text.lower())
        hint = (
            f"did you mean {plain}?" if re.fullmatch(_REGION, plain) else "`az account list-locations` shows the names"
        )
        raise wrong(f"{_shown(text)} is no region name", "Azure's short name, such as westeurope", hint)
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise wrong("is blank", "some text")
    return text.strip()


def _fits(pattern: str, what: str, expected: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.IGNORECASE if pattern is _VAULT_REFERENCE else 0):
            raise wrong(f"{_shown(text)} is {what}", expected)
        return text

    return check


_VAULT_REFERENCE = f"{_VAULT}|{_VAULT_ID}"


def _tagged_day(pattern: str, expected: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        plain = " ".join(text.lower().split())
        if not re.fullmatch(pattern, plain):
            hint = "Azure knows the days 1 to 28 and the last day" if re.search(r"\b(29|30|31)\b", plain) else ""
            raise wrong(f"{_shown(text)} is no such day", expected, hint or nearest(plain, list(WEEKDAYS)))
        return plain

    return check


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_date(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else value
        except ValueError:
            return value
    return value


def _age(text: str) -> str:
    if not re.fullmatch(_AGE, text):
        raise wrong(f"{_shown(text)} is no duration", "hours or days, such as 36h or 2d")
    if age_of(text) < timedelta(days=1):
        hint = "a backup may start 2 hours late, so 26h or more is realistic"
        raise wrong(f"{text} cannot be met by one backup a day", "at least 24h", hint)
    return text


def _freshness(text: str) -> str:
    if not re.fullmatch(_FRESHNESS, text) or not FRESHEST <= age_of(text) <= STALEST:
        hint = "a backup is begun two hours before patching at the latest"
        raise wrong(f"{_shown(text)} is no such age", "whole hours from 3h to 24h, such as 6h", hint)
    return text


def _share(value: object) -> object:
    """Return "25%" or 0.25 as 0.25; shares of nothing or of more than all are refused."""
    match value:
        case str() if re.fullmatch(_SHARE, value):
            return int(value[:-1]) / 100
        case int() | float() if not isinstance(value, bool) and 0 < value <= 1:
            return float(value)
    raise wrong(f"{_shown(str(value))} is no share", "1% to 100%, or a number above 0 and at most 1")


def _version(number: int) -> int:
    if number != 1:
        raise wrong(f"is {number}", "1", "this Nightshift reads format 1 only")
    return number


def _day_schema(pattern: str) -> dict[str, object]:
    one = {"type": "string", "pattern": f"^(?:{pattern})$"}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


Text = Annotated[str, AfterValidator(_filled), Field(json_schema_extra={"minLength": 1})]
Version = Annotated[int, AfterValidator(_version), Field(json_schema_extra={"const": 1})]
Hours = Annotated[str, AfterValidator(hours), Field(json_schema_extra={"pattern": f"^(?:{_HOURS})$"})]
Patching = Annotated[str, AfterValidator(patching), Field(json_schema_extra={"pattern": f"^(?:{_HOURS})$"})]
Zone = Annotated[str, AfterValidator(zone)]
Region = Annotated[str, AfterValidator(_region)]
Age = Annotated[str, AfterValidator(_age), Field(json_schema_extra={"pattern": f"^(?:{_AGE})$"})]
Freshness = Annotated[str, AfterValidator(_freshness), Field(json_schema_extra={"pattern": f"^{_FRESHNESS}$"})]
Day = Annotated[date, BeforeValidator(_as_date)]
Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{_SHARE}$"},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            ]
        }
    ),
]
Subscription = Annotated[
    str,
    AfterValidator(_fits(_SUBSCRIPTION, "no subscription id", "a GUID, as `az account list` shows it")),
    Field(json_schema_extra={"pattern": f"^{_SUBSCRIPTION}$"}),
]
VaultReference = Annotated[
    str, AfterValidator(_fits(_VAULT_REFERENCE, "neither a vault's name nor its id", "such as vault-weu or its ARM id"))
]
VaultName = Annotated[str, AfterValidator(_fits(_VAULT, "no vault name", "such as vault-weu"))]
VmName = Annotated[str, AfterValidator(_fits(_VM, "no VM name", "the VM's name alone, such as app-01"))]
TierName = Annotated[
    str,
    AfterValidator(
        _fits(f"(?={_TIER}$).{{1,40}}", "no tier name", "lower-case words joined by hyphens, 40 characters at most")
    ),
]

Weekdays = Annotated[
    list[Annotated[str, AfterValidator(_tagged_day(_WEEKDAY, "a weekday, such as sunday"))]],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(_day_schema(_WEEKDAY)),
]
MonthDays = Annotated[
    list[
        Annotated[
            str, AfterValidator(_tagged_day(_DAY_OF_MONTH, '"first sunday", "last friday", "day 15" or "last day"'))
        ]
    ],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(_day_schema(_DAY_OF_MONTH)),
]
YearDays = Annotated[
    list[
        Annotated[
            str,
            AfterValidator(
                _tagged_day(rf"{_DAY_OF_MONTH} of (?:{_MONTH})", '"first sunday of january" or "day 15 of june"')
            ),
        ]
    ],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(_day_schema(rf"{_DAY_OF_MONTH} of (?:{_MONTH})")),
]
