"""Is this file a problem we can plan? Problem and plan documents: read with all their errors, and written."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from shared.rules.leveling import Leveling, Problem

COLUMNS = ("duration", "load", "allowed_starts", "vault", "group", "separate", "standing")
NEEDED = ("duration", "load", "allowed_starts")
LIMITS = ("vms_per_policy", "policies_per_vault", "slots_per_group", "ceiling")
SETTINGS = ("ceilings", "lateness", "may_space", "delays", "max_moves", "replan_above")
KEYS = ("kind", "slots", "cyclic", "columns", "jobs", *LIMITS, *SETTINGS)
# A file with thousands of wrong rows is one mistake made thousands of times.
SHOWN = 50


class BadDocument(ValueError):
    """The file cannot be read as what it should be; `errors` says why, all of it."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def read(path: Path) -> dict[str, Any]:
    """Read a JSON object from a `.json` or `.json.gz` file; raise BadDocument where that is not what it is."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise BadDocument([f"{path}: must hold one JSON object, not {_kind(document)}"])
    return document


def read_json(path: Path) -> Any:
    """Read any JSON from a `.json` or `.json.gz` file; raise BadDocument where it is none."""
    try:
        raw = path.read_bytes()
        return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except OSError as error:
        raise BadDocument([f"{path}: cannot be read: {error.strerror or error}"]) from error
    except (ValueError, EOFError, RecursionError) as error:
        raise BadDocument([f"{path}: is not JSON: {error}"]) from error


def problem(document: Mapping[str, Any]) -> tuple[Problem, list[str]]:
    """Return the problem and warnings; raise BadDocument with every error there is.

    Absent limits mean 100 VMs a policy and 50 policies a vault where there is a vault column, none where there is not.
    """
    errors, warnings = _keys(document)
    slots = document.get("slots", 48)
    errors += _whole("slots", slots, least=1)
    errors += _settings(document)
    columns: Any = document.get("columns")
    errors += _columns(columns)
    jobs: Any = document.get("jobs")
    if not isinstance(jobs, list):
        errors.append(f"jobs: must be a list of rows, not {_kind(jobs)}")
    if errors:
        raise BadDocument(errors)
    errors = _rows(columns, jobs, slots)
    if errors:
        raise BadDocument(errors)
    return _assemble(document, columns, jobs), warnings


def plan(leveling: Leveling, seconds: float) -> dict[str, Any]:
    """Return the document of a plan, or of a refusal."""
    if leveling.refused:
        return {"refused": list(leveling.refused), "seconds": round(seconds, 3)}
    spaced = [asdict(spacing) for spacing in leveling.spaced]
    return {
        "starts": list(leveling.starts),
        "peak": leveling.peak,
        "bound": leveling.bound,
        "ratio": round(leveling.peak / leveling.bound, 6) if leveling.bound else 1.0,
        "prices": list(leveling.prices),
        "policies": leveling.policies,
        "seconds": round(seconds, 3),
    } | ({"spaced": spaced} if spaced else {})


def plan_errors(document: Mapping[str, Any]) -> list[str]:
    """Return what is missing from, or misshapen in, a plan that is to be checked."""
    errors = []
    for name in ("starts", "prices"):
        values = document.get(name)
        if not isinstance(values, list) or not all(_is_number(value) for value in values):
            errors.append(f"{name}: must be a list of numbers")
    errors += [
        f"{name}: must be a number, not {_kind(document.get(name))}"
        for name in ("peak", "bound", "policies")
        if not _is_number(document.get(name))
    ]
    claims = document.get("spaced", [])
    if not isinstance(claims, list) or not all(
        isinstance(claim, dict) and type(claim.get("group")) is type(claim.get("gap_slots")) is int for claim in claims
    ):
        errors.append("spaced: must be a list of objects with a group and its gap_slots")
    return errors


def _keys(document: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """A key close to a known one is a slip that would drop a limit in silence; any other is only mentioned."""
    errors, warnings = [], []
    for key in document:
        if key in KEYS:
            continue
        close = get_close_matches(key, KEYS, n=1)
        if close:
            errors.append(f"{key}: unknown key; did you mean {close[0]}?")
        else:
            warnings.append(f"{key}: unknown key, ignored")
    return errors, warnings


def _settings(document: Mapping[str, Any]) -> list[str]:
    errors = []
    if document.get("kind", "windows") != "windows":
        errors.append(f'kind: must be "windows" or "restores", not {json.dumps(document["kind"])}')
    if not isinstance(document.get("cyclic", True), bool):
        errors.append(f"cyclic: must be true or false, not {_kind(document['cyclic'])}")
    for name in LIMITS:
        if document.get(name) is not None:
            errors += _whole(name, document[name], least=1)
    errors += _whole("lateness", document.get("lateness", 4), least=0)
    if document.get("max_moves") is not None:
        errors += _whole("max_moves", document["max_moves"], least=0)
    errors += _numbers("may_space", document.get("may_space"), whole=True)
    errors += _numbers("delays", document.get("delays"), whole=False)
    above = document.get("replan_above", 1.0)
    if not _is_number(above) or above < 1:
        errors.append("replan_above: must be a number of at least 1")
    ceilings = document.get("ceilings")
    if ceilings is not None and not isinstance(ceilings, dict):
        return [*errors, f"ceilings: must be an object of ceilings by vault, not {_kind(ceilings)}"]
    for vault, ceiling in (ceilings or {}).items():
        if not vault.lstrip("-").isdecimal():
            errors.append(f"ceilings: {vault!r} is not a vault's number")
        errors += _whole(f"ceilings[{vault}]", ceiling, least=1)
    return errors


def _numbers(name: str, values: Any, whole: bool) -> list[str]:
    if values is None:
        return []
    fits = (lambda value: type(value) is int) if whole else (lambda value: _is_number(value) and value >= 0)
    if isinstance(values, list) and all(map(fits, values)):
        return []
    return [f"{name}: must be a list of {'group numbers' if whole else 'minutes, none below 0'}"]


def _columns(columns: Any) -> list[str]:
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        return [f"columns: must be a list of names out of {', '.join(COLUMNS)}"]
    errors = []
    for name in columns:
        if name not in COLUMNS:
            close = get_close_matches(name, COLUMNS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(COLUMNS)}"
            errors.append(f"columns: unknown column {name!r}; {hint}")
    errors += [f"columns: {name} is there twice" for name in COLUMNS if columns.count(name) > 1]
    return errors + [f"columns: {name} is missing" for name in NEEDED if name not in columns]


def _rows(columns: list[str], jobs: list[Any], slots: int) -> list[str]:
    errors: list[str] = []
    for index, row in enumerate(jobs):
        if not isinstance(row, list) or len(row) != len(columns):
            errors.append(f"job {index}: must be a list of {len(columns)} values: {', '.join(columns)}")
            continue
        for name, value in zip(columns, row, strict=True):
            if name == "allowed_starts":
                errors += _starts(index, value, slots)
            elif name in ("duration", "load"):
                if type(value) is not int or value < 1:
                    errors += _whole(f"job {index}: {name}", value, least=1)
            elif name == "standing":
                if value is not None and not (type(value) is int and 0 <= value < slots):
                    errors.append(f"job {index}: standing: must be null or a slot of 0..{slots - 1}")
            elif type(value) is not int:
                errors.append(f"job {index}: {name}: must be a whole number, not {_kind(value)}")
    if len(errors) > SHOWN:
        errors[SHOWN:] = [f"and {len(errors) - SHOWN} more errors"]
    return errors


def _starts(index: int, value: Any, slots: int) -> Iterable[str]:
    if not isinstance(value, list) or not set(map(type, value)) <= {int}:
        return [f"job {index}: allowed_starts: must be a list of whole numbers"]
    outside = [start for start in value if not 0 <= start < slots]
    if outside:
        return [f"job {index}: allowed_starts: {outside[0]} is outside the ring 0..{slots - 1}"]
    return []


def _assemble(document: Mapping[str, Any], columns: list[str], jobs: list[list[Any]]) -> Problem:
    values = [list(column) for column in zip(*jobs, strict=True)] or [[] for _ in columns]
    column: dict[str, list[Any]] = dict(zip(columns, values, strict=True))
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    allowed = [known.setdefault(starts, starts) for starts in map(tuple, column["allowed_starts"])]
    vaulted = "vault" in column
    return Problem(
        durations=column["duration"],
        loads=column["load"],
        allowed=allowed,
        vaults=column.get("vault"),
        groups=column.get("group"),
        separate=column.get("separate"),
        standing=column.get("standing"),
        slots=document.get("slots", 48),
        cyclic=document.get("cyclic", True),
        vms_per_policy=document.get("vms_per_policy", 100 if vaulted else None),
        policies_per_vault=document.get("policies_per_vault", 50 if vaulted else None),
        slots_per_group=document.get("slots_per_group"),
        ceilings={int(vault): ceiling for vault, ceiling in (document.get("ceilings") or {}).items()},
        ceiling=document.get("ceiling"),
        lateness=document.get("lateness", 4),
        may_space=document.get("may_space") or (),
        delays=sorted(document.get("delays") or ()) or None,
        max_moves=document.get("max_moves"),
    )


def _whole(name: str, value: Any, least: int) -> list[str]:
    if type(value) is not int:
        return [f"{name}: must be a whole number, not {_kind(value)}"]
    return [] if value >= least else [f"{name}: is {value}; must be at least {least}"]


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return "nothing" if value is None else names.get(type(value), "a fraction")
