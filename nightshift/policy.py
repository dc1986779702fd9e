"""Is fleet.yaml right, and where does it go? Commands that check, describe and publish the policy."""

import json
from pathlib import Path
from typing import Annotated

import typer

from nightshift.answers import REFUSED, Output, say, say_json, warn
from shared.errors import BadMessage
from shared.model.intent import FleetPolicy

app = typer.Typer(no_args_is_help=True, help="Check, describe and publish fleet.yaml.")

Document = Annotated[Path, typer.Argument(metavar="FILE", help="The policy document.")]


@app.command()
def check(file: Document = Path("fleet.yaml"), output: Output = Output.TEXT) -> None:
    """Check a policy document; prints every problem with its line, and calls nothing."""
    from shared.fleet_policy import parse

    try:
        policy = parse(_read(file))
    except BadMessage as error:
        if output is Output.JSON:
            say_json({"file": str(file), "ok": False, "problems": error.reasons})
        warn(*error.reasons)
        raise typer.Exit(REFUSED) from error
    if output is Output.JSON:
        say_json(
            {"file": str(file), "ok": True, "version": policy.version, "tiers": [tier.name for tier in policy.tiers]}
        )
    else:
        say(f"{file} is valid: {_summary(policy)}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of fleet.yaml, for editors."""
    from shared.fleet_policy import json_schema

    say(json.dumps(json_schema(), indent=2))


@app.command()
def publish(file: Document, output: Output = Output.TEXT) -> None:
    """Check a policy document and publish it as the one that the app acts on."""
    from shared.flows import fleet_policy
    from shared.wiring import ports

    text = _read(file)
    fleet_policy.parse(text)  # an invalid document is refused before any setting is needed
    policy = fleet_policy.publish(ports(), text)
    if output is Output.JSON:
        say_json({"file": str(file), "published": policy.version})
    else:
        say(f"{file} is published: {_summary(policy)}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadMessage([f"{file}: cannot be read ({error}); expected a readable file in UTF-8"]) from error


def _summary(policy: FleetPolicy) -> str:
    tiers = ", ".join(tier.name for tier in policy.tiers)
    return f"version {policy.version}, tiers {tiers}, windows {', '.join(policy.windows)}"
