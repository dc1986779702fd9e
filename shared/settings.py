"""How is this app deployed? Facts from the environment, read on first use, all problems named at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import MissingSettings

SWITCHES = frozenset({"backup", "plan", "enrol", "restore", "replace", "drill"})
"""Capabilities that may be switched on; none is by default. This version acts on all but `drill`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Deployment facts. URIs have no trailing slash.

    `events_endpoint` is that of the custom topic, "" for none.
    """

    blob_uri: str
    table_uri: str
    queue_uri: str
    arm_endpoint: str
    switches: frozenset[str]
    events_endpoint: str = ""


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings, or raise MissingSettings that names every absent or unreadable one."""
    env = os.environ if environment is None else environment
    problems = [
        f"{name} is not set; expected the {kind} endpoint of the app's storage account, "
        f"https://<account>.{kind}.core.windows.net"
        for name, kind in (
            ("NIGHTSHIFT_BLOB_URI", "blob"),
            ("NIGHTSHIFT_TABLE_URI", "table"),
            ("NIGHTSHIFT_QUEUE_URI", "queue"),
        )
        if not env.get(name)
    ]
    switches = frozenset(word.strip().lower() for word in env.get("NIGHTSHIFT_SWITCHES", "").split(",") if word.strip())
    if unknown := sorted(switches - SWITCHES):
        problems.append(
            f"NIGHTSHIFT_SWITCHES holds {', '.join(unknown)}; "
            f"expected a comma-separated list of {', '.join(sorted(SWITCHES))}"
        )
    if problems:
        raise MissingSettings(problems)
    return Settings(
        blob_uri=env["NIGHTSHIFT_BLOB_URI"].rstrip("/"),
        table_uri=env["NIGHTSHIFT_TABLE_URI"].rstrip("/"),
        queue_uri=env["NIGHTSHIFT_QUEUE_URI"].rstrip("/"),
        arm_endpoint=env.get("NIGHTSHIFT_ARM_ENDPOINT", "https://management.azure.com").rstrip("/"),
        switches=switches,
        events_endpoint=env.get("NIGHTSHIFT_EVENTS_ENDPOINT", ""),
    )


def secret(name: str) -> str:
    """Return what the setting holds, an address that `fleet.yaml` names and nobody logs; raise MissingSettings."""
    found = os.environ.get(name, "")
    if not found:
        raise MissingSettings([f"{name} is not set; fleet.yaml names it as the address of a webhook"])
    return found
