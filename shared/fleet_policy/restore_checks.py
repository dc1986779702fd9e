"""Does `restore` of fleet.yaml fit together, and with the scope? Rules over more than one of its values."""

from collections.abc import Iterator
from typing import Any

from shared.fleet_policy.marks import Path

type Found = Iterator[tuple[Path, str]]

OPEN_AND_PRODUCTION = (("groups", "production_groups"), ("subnets", "production_subnets"))


def restore_checks(document: object) -> Found:
    """Yield the path and the text of each problem; parts with a wrong shape are left to the other checks."""
    seen: dict[str, Path] = {}
    subscriptions = [one.lower() for one in _texts(document, "scope", "subscriptions")]
    for region, place in _mapping(_at(document, "restore", "regions")).items():
        path: Path = ("restore", "regions", str(region))
        for index, name in enumerate(_texts(place, "accounts", "names")):
            here: Path = (*path, "accounts", "names", index)
            if name and seen.setdefault(name, here) != here:
                text = f"{name} is in a pool already; expected each account once; names are unique in Azure"
                yield here, text
        for here, value in _ids(path, place):
            subscription = value.lower().removeprefix("/subscriptions/").partition("/")[0]
            if subscriptions and subscription not in subscriptions:
                hint = "add it there if it is ours"
                yield here, f"is in the subscription {subscription[:60]}; expected one of scope.subscriptions; {hint}"
        for opened, closed in OPEN_AND_PRODUCTION:
            allowed = {one.lower() for one in _texts(place, opened)}
            for index, value in enumerate(_texts(place, closed)):
                if value.lower() in allowed:
                    text = f"is in {opened} too; expected one of the two; what both queues may use is no production"
                    yield (*path, closed, index), text


def _ids(path: Path, place: object) -> Found:
    group = _at(place, "accounts", "group")
    if isinstance(group, str):
        yield (*path, "accounts", "group"), group
    for name in ("groups", "subnets", "production_groups", "production_subnets"):
        for index, value in enumerate(_texts(place, name)):
            if value:
                yield (*path, name, index), value


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _texts(value: object, *keys: str) -> list[str]:
    found = _at(value, *keys)
    return [one if isinstance(one, str) else "" for one in found] if isinstance(found, list) else []


def _mapping(value: object) -> dict[Any, object]:
    return value if isinstance(value, dict) else {}
