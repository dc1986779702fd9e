"""How soon are restores over? Problem files of kind "restores" planned, their plans checked, and small ones measured.

    {"kind": "restores", "minutes": [28, 17, ...], "accounts": 50}
    {"account": [3, 0, ...], "order": [...], "makespan": 600.0, "bound": 600.0, "ratio": 1.0}

With `guesses`, lengths that are only expected, restores are served by those and take `minutes`.
"""

import json
import math
from collections.abc import Mapping
from difflib import get_close_matches
from random import Random
from time import perf_counter
from typing import Any

from bench.document import SHOWN, BadDocument
from shared.rules.restore_order import course, lower_bound

KEYS = ("kind", "minutes", "accounts", "guesses")
TOLERANCE = 1e-6
RESTORES, ACCOUNTS = 1000, 50
KNOWN, GUESSED = 1.01, 1.02
"""Worst makespan over the bound with lengths known, and with guesses that are up to 40 % off."""


def plan(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of a problem; raise BadDocument with every error there is."""
    if errors := _errors(document):
        raise BadDocument(errors)
    began = perf_counter()
    made = course(document["minutes"], document["accounts"], document.get("guesses"))
    bound = lower_bound(document["minutes"], document["accounts"])
    return {
        "account": list(made.accounts),
        "order": list(made.order),
        "makespan": made.makespan,
        "bound": bound,
        "ratio": round(made.makespan / bound, 6) if bound else 1.0,
        "seconds": round(perf_counter() - began, 3),
    }


def check(document: Mapping[str, Any], claimed: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a plan, recomputed from its accounts alone; raise BadDocument for a bad problem."""
    if errors := _errors(document):
        raise BadDocument(errors)
    minutes, accounts = document["minutes"], document["accounts"]
    chosen: Any = claimed.get("account")
    order: Any = claimed.get("order")
    if not _whole_list(chosen) or len(chosen) != len(minutes) or not all(0 <= one < accounts for one in chosen):
        return [f"account: must give each of {len(minutes)} restores one of {accounts} accounts"]
    if not _whole_list(order) or sorted(order) != list(range(len(minutes))):
        return ["order: must name each restore once"]
    ends = [0.0] * accounts
    for length, number in zip(minutes, chosen, strict=True):
        ends[number] += length
    wrong = []
    for name, true in (("makespan", max(ends)), ("bound", _proved(minutes, accounts))):
        said: Any = claimed.get(name)
        off = (abs(said - true) if name == "makespan" else said - true) if _number(said) else math.inf
        if off > TOLERANCE * (1 + true):
            wrong.append(f"{name}: is {json.dumps(said)[:40]}; recomputed {true}")
    return wrong


def _proved(minutes: list[float], accounts: int) -> float:
    """Return the most that is proved: the longest, the even share, and those that must come together on one account."""
    falling = sorted(minutes, reverse=True)
    rounds = range(1, (len(minutes) - 1) // accounts + 1)
    together = [sum(falling[accounts * count - count : accounts * count + 1]) for count in rounds]
    return max([sum(minutes) / accounts, *falling[:1], *together])


def problem(restores: int, accounts: int, seed: int, error: float = 0.0) -> dict[str, Any]:
    """Return a generated problem with a long tail of lengths; `error` is how far guesses are off, 0.4 for 40 %."""
    random = Random(seed)
    minutes = [round(min(2000.0, max(5.0, random.lognormvariate(5.4, 0.6))), 1) for _ in range(restores)]
    found: dict[str, Any] = {"kind": "restores", "minutes": minutes, "accounts": accounts}
    guesses = [round(length * random.uniform(1 - error, 1 + error), 1) for length in minutes]
    return found | ({"guesses": guesses} if error else {})


def smoke() -> int:
    """Plan a thousand restores on fifty accounts, with lengths known and guessed; 1 where a ratio is too high."""
    code = 0
    for error, worst, what in ((0.0, KNOWN, "lengths known"), (0.4, GUESSED, "guesses 40 % off")):
        asked = problem(RESTORES, ACCOUNTS, 1, error)
        made = plan(asked)
        text = f"makespan / bound {made['ratio']:.4f}, {what}, {made['seconds']:.2f} s"
        print(f"{RESTORES:>7,} restores on {ACCOUNTS} accounts: {text}")
        code = max(code, int(made["ratio"] > worst or bool(check(asked, made))))
    return code


def _errors(document: Mapping[str, Any]) -> list[str]:
    errors = []
    for key in document:
        if key not in KEYS:
            close = get_close_matches(key, KEYS, n=1)
            errors.append(
                f"{key}: unknown key; " + (f"did you mean {close[0]}?" if close else f"known: {', '.join(KEYS)}")
            )
    accounts = document.get("accounts")
    if type(accounts) is not int or accounts < 1:
        errors.append(f"accounts: is {json.dumps(accounts)}; must be a whole number of at least 1")
    for name in ("minutes", "guesses") if "guesses" in document else ("minutes",):
        errors += _lengths(name, document.get(name))
    if not errors and len(document.get("guesses", document["minutes"])) != len(document["minutes"]):
        errors.append(f"guesses: has {len(document['guesses'])} lengths; must have one for each of the minutes")
    return errors


def _lengths(name: str, values: Any) -> list[str]:
    if not isinstance(values, list):
        return [f"{name}: must be a list of minutes"]
    bad = [place for place, value in enumerate(values) if not _number(value) or not 0 < value < math.inf]
    errors = [f"{name}[{place}]: is {json.dumps(values[place])[:40]}; must be minutes above 0" for place in bad[:SHOWN]]
    return errors + ([f"and {len(bad) - SHOWN} more errors"] if len(bad) > SHOWN else [])


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _whole_list(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int for one in value)
