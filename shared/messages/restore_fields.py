"""Is this field of a restore message what it should be? Shapes of ids and names, read with every reason at once.

A shape serves the reader and the JSON Schema alike. Ids are taken letter by letter: no part of one may leave its place
(dots, escapes, slashes), and none may name a host.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_GROUP = r"[A-Za-z0-9_()-](?:[A-Za-z0-9_().-]{0,88}[A-Za-z0-9_()-])?"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?"
_PART = r"[A-Za-z0-9][A-Za-z0-9;_().-]{0,259}"
SHOWN = 80
"""Characters of a wrong value that are told."""


def _either(words: str) -> str:
    """Return a pattern of the words in any case: ARM ids are compared without case."""
    return "".join(f"[{one.upper()}{one.lower()}]" if one.isalpha() else re.escape(one) for one in words)


def _resource(kind: str, name: str = _NAME) -> str:
    return f"{GROUP_ID}/{_either(f'providers/{kind}')}/{name}"


GROUP_ID = f"/{_either('subscriptions')}/{_GUID}/{_either('resourceGroups')}/{_GROUP}"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text must look like: a whole-match pattern, the longest it may be, what it is in words, what to do."""

    pattern: str
    longest: int
    expected: str
    advice: str

    @property
    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        return {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": self.longest}

    def fits(self, value: object) -> bool:
        """Return whether the value has the shape."""
        return (
            isinstance(value, str)
            and len(value) <= self.longest
            and re.fullmatch(self.pattern, value, re.A) is not None
        )


_COPY = "copy it from the portal's JSON view or from `az ... --query id`"
VM_ID = Shape(_resource("Microsoft.Compute/virtualMachines"), 1024, "the ARM id of a VM", _COPY)
ITEM_ID = Shape(
    _resource("Microsoft.RecoveryServices/vaults")
    + f"/{_either('backupFabrics')}/{_either('Azure')}/{_either('protectionContainers')}/{_PART}"
    + f"/{_either('protectedItems')}/{_PART}",
    1024,
    "the ARM id of a protected item",
    "copy it from `az backup item list --query [].id`",
)
GROUP = Shape(GROUP_ID, 1024, "the ARM id of a resource group", _COPY)
NETWORK = Shape(_resource("Microsoft.Network/virtualNetworks"), 1024, "the ARM id of a virtual network", _COPY)
ACCOUNT = Shape(
    _resource("Microsoft.Storage/storageAccounts", "[a-z0-9]{3,24}"), 1024, "the ARM id of a storage account", _COPY
)
REQUEST = Shape(
    "[A-Za-z0-9][A-Za-z0-9._-]{0,63}", 64, "a name of 1 to 64 letters, digits, dots, hyphens and underscores",
    "choose one that no other request has: a second message with it changes nothing",
)  # fmt: skip
POINT = Shape(
    "[A-Za-z0-9_-]{1,64}", 64, "the name of a recovery point", "`az backup recoverypoint list` shows the names"
)
SUBNET = Shape(_NAME, 80, "the name of a subnet", "give the name alone, and the network by its id")
VM_NAME = Shape(_NAME, 64, "the name of a VM", "give the name alone, not an id")
NEW_NAME = Shape(
    "[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?", 64, "a name of 1 to 64 letters, digits, dots and hyphens",
    "choose another; it begins and ends with a letter or digit",
)  # fmt: skip
LABEL = Shape(
    r"[^\x00-\x1f\x7f\u2028\u2029]{0,199}[^\s\x00-\x1f\x7f]", 200, "a line of 1 to 200 characters", "say it in a line"
)
INSTANT = Shape(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})", 40,
    "an instant such as 2026-03-01T22:00:00Z", "give it with its UTC offset",
)  # fmt: skip


class Fields:
    """One object of a message: each field is read once, and what is wrong is said under its name."""

    def __init__(self, values: Mapping[str, object], reasons: list[str], inside: str = "") -> None:
        self._values = values
        self._reasons = reasons
        self._inside = inside

    def has(self, name: str) -> bool:
        """Return whether the field is there."""
        return name in self._values

    def value(self, name: str, default: object) -> object:
        """Return what the field holds, whatever it is."""
        return self._values.get(name, default)

    def wrong(self, name: str, expected: str, advice: str) -> None:
        """Say that a field is not what was expected, and what to do."""
        found = shown(self._values[name]) if name in self._values else "nothing"
        self._reasons.append(f"{self._inside}{name}: found {found}; expected {expected}; {advice}")

    def only(self, *names: str) -> None:
        """Refuse fields that are not known: what is accepted is acted on."""
        for name in self._values:
            if name not in names:
                close = get_close_matches(name, names, n=1)
                advice = f"did you mean {close[0]}?" if close else "remove it"
                said = shown(name).strip("'\"")
                self._reasons.append(f"{self._inside}{said}: unknown field; expected {', '.join(names)}; {advice}")

    def text(self, name: str, shape: Shape, *, needed: bool = True) -> str:
        """Return the field's text; "" where it is absent or wrong."""
        value = self._values.get(name)
        if name not in self._values and not needed:
            return ""
        if shape.fits(value):
            return str(value)
        self.wrong(name, shape.expected, shape.advice)
        return ""

    def texts(self, name: str, shape: Shape, most: int) -> tuple[str, ...]:
        """Return the lower-cased texts of a list of 1 to `most`; () where it is absent or any is wrong."""
        if name not in self._values:
            return ()
        values = self._values[name]
        if not isinstance(values, list) or not 1 <= len(values) <= most:
            self.wrong(name, f"a list of 1 to {most}, each {shape.expected}", "send several requests for more")
            return ()
        bad = [place for place, value in enumerate(values) if not shape.fits(value)]
        for place in bad[:5]:
            advice = shape.advice
            found = f"found {shown(values[place])}; expected {shape.expected}; {advice}"
            self._reasons.append(f"{self._inside}{name}[{place}]: {found}")
        if len(bad) > 5:
            self._reasons.append(f"{self._inside}{name}: {len(bad) - 5} more entries are wrong in the same way")
        lowered = [str(value).lower() for value in values]
        for place, value in enumerate(lowered):
            if not bad and value in lowered[:place]:
                where = f"{self._inside}{name}[{place}]"
                self._reasons.append(f"{where}: found {shown(values[place])} twice; expected each once; remove one")
        return () if bad else tuple(lowered)

    def choice[T](self, name: str, choices: Mapping[str, T], default: T | None = None) -> T | None:
        """Return what the field's word stands for; `default` where it is absent, None where it is wrong."""
        if name not in self._values and default is not None:
            return default
        value = self._values.get(name)
        if isinstance(value, str) and value in choices:
            return choices[value]
        close = get_close_matches(value, choices, n=1) if isinstance(value, str) else []
        self.wrong(name, f"one of {', '.join(choices)}", f"did you mean {close[0]}?" if close else "choose one of them")
        return None

    def flag(self, name: str) -> bool:
        """Return a truth; False where it is absent or wrong."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, "true or false", "write it without quotes")
        return value is True

    def inner(self, name: str, read: Callable[["Fields"], None]) -> None:
        """Read the object in the field, if there is one."""
        value = self._values.get(name)
        if isinstance(value, dict):
            read(Fields(value, self._reasons, f"{self._inside}{name}."))
        elif name in self._values:
            self.wrong(name, "an object", "see the schema")


def shown(value: object) -> str:
    """Return a wrong value as one short printable line, whatever it holds."""
    kinds: dict[type, str] = {dict: "an object", list: "a list", bool: str(value).lower(), type(None): "null"}
    said = kinds.get(type(value)) or repr(value)[: SHOWN + 1]
    printable = "".join(one if one.isprintable() else "?" for one in said)
    return printable if len(printable) <= SHOWN else printable[: SHOWN - 3] + "..."
