"""What does the operator of a scenario want? fleet.yaml documents, as JSON: every JSON text is YAML."""

import json
from typing import Any

from local.fleets import SUBSCRIPTION


def document(**changes: Any) -> str:
    """Return the fleet.yaml of the scenarios: two tiers, two windows, and every VM may move in the first night.

    `changes` replace top-level keys.
    """
    return json.dumps({**_usual(), **changes})


def tiers(critical: dict[str, Any] | None = None, standard: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the two usual tiers; the arguments replace keys of one."""
    usual = _usual()["tiers"]
    return {
        "critical": {**usual["critical"], **(critical or {})},
        "standard": {**usual["standard"], **(standard or {})},
    }


def retention(days: int, weeks: int = 0) -> dict[str, Any]:
    """Return a tier's retention: daily points, and weekly ones of Sunday."""
    kept: dict[str, Any] = {"daily": {"days": days}}
    if weeks:
        kept["weekly"] = {"weeks": weeks, "on": "sunday"}
    return kept


def _usual() -> dict[str, Any]:
    return {
        "version": 1,
        "scope": {"subscriptions": [SUBSCRIPTION]},
        "fleet_day_starts": 16,
        "windows": {"night": _window("20:00-06:00"), "late": _window("21:00-05:00")},
        "tiers": {
            "critical": _tier("critical", "late", retention(30, 12), "40h"),
            "standard": _tier("standard", "night", retention(30), "48h"),
        },
        "rollout": {"first": 200, "share": "100%"},
        "capacity": {"vault": 20, "regions": {"westeurope": 30, "eastus2": 20}},
    }


def _window(hours: str) -> dict[str, Any]:
    return {"hours": hours, "zone": "Europe/Amsterdam", "zones": {"eastus2": "America/New_York"}}


def _tier(name: str, window: str, kept: dict[str, Any], rpo: str) -> dict[str, Any]:
    return {
        "match": {"tag": "backup-tier", "values": [name]},
        "window": window,
        "policy_type": "standard",
        "retention": kept,
        "instant_restore_days": 2,
        "rpo": rpo,
    }
