"""How are the values of `alerts` written? Spans, quiet hours, the name of a setting and ids, each with its check."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.fleet_policy.words import minutes_of, wrong

LONGEST_GROUP = timedelta(hours=12)
"""A failure that is told of half a day later is told of too late."""
_SPAN = r"[1-9][0-9]{0,2}[mh]"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_TIMES = rf"{_CLOCK}-{_CLOCK}"
_SETTING = r"[A-Z][A-Z0-9_]{0,99}"


def span_of(text: str) -> timedelta:
    """Return "30m" or "2h" as a duration."""
    count = int(text[:-1])
    return timedelta(minutes=count) if text.endswith("m") else timedelta(hours=count)


def _span(text: str) -> str:
    if not re.fullmatch(_SPAN, text) or span_of(text) > LONGEST_GROUP:
        raise wrong(f"{text[:60]!r} is no such time", "minutes or hours up to 12h, such as 30m or 2h")
    return text


def _times(text: str) -> str:
    if not re.fullmatch(_TIMES, text):
        raise wrong(f"{text[:60]!r} is not a pair of times", '"HH:MM-HH:MM" local time, such as "22:00-06:30"')
    begin, end = minutes_of(text)
    if begin == end:
        raise wrong(f"{text} has no length", "an end that is not the start", "leave quiet_hours out to have none")
    return text


def _setting(text: str) -> str:
    if not re.fullmatch(_SETTING, text):
        hint = "a webhook's URL is a secret: keep it in a setting of the app, and name that here"
        raise wrong("is no name of a setting", "capitals, digits and _, such as ALERT_WEBHOOK", hint)
    return text


def _insights(kind: str, what: str) -> Callable[[str], str]:
    shape = rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Insights/{kind}/[^/]+"

    def check(text: str) -> str:
        if not re.fullmatch(shape, text, re.IGNORECASE):
            raise wrong(
                f"{text[:60]!r} is no id of {what}", f"/subscriptions/../providers/Microsoft.Insights/{kind}/.."
            )
        return text

    return check


GroupWindow = Annotated[str, AfterValidator(_span), Field(json_schema_extra={"pattern": f"^{_SPAN}$"})]
QuietTimes = Annotated[str, AfterValidator(_times), Field(json_schema_extra={"pattern": f"^{_TIMES}$"})]
SettingName = Annotated[str, AfterValidator(_setting), Field(json_schema_extra={"pattern": f"^{_SETTING}$"})]
RuleId = Annotated[str, AfterValidator(_insights("scheduledQueryRules", "an alert rule on a log query"))]
ActionGroupId = Annotated[str, AfterValidator(_insights("actionGroups", "an action group"))]
