"""How do I use the local Azure myself? `python -m local up`: all of it, running by its own clock until Ctrl-C."""

import argparse
import json
import os
import secrets
import shlex
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local import people, restore_chapter
from local.child import ChildError
from local.clock import iso, real_now
from local.control import Control
from local.identity import TENANT
from local.openid import OPERATOR
from local.setup_node import NodeMissingError
from local.stack import ROOT, Stack, Wanted, running_stack
from shared.flows import check_requests

STORE = "nightshift"
"""The app's one container and one table."""
LOOK_SECONDS = 2.0
"""How often we look whether the parts still run."""


def main(arguments: list[str]) -> int:
    """Run the local Azure until it is told to end; return 0, or 2 where it did not come up or a part of it died."""
    options = _options(arguments)
    wanted = Wanted(
        fleet=options.fleet,
        seed=options.seed,
        faults=options.faults,
        start=options.start or iso(real_now().replace(microsecond=0)),
        containers=(STORE,),
        tables=(STORE,),
        queues=(check_requests.REQUESTS, check_requests.REJECTED, *restore_chapter.QUEUES),
        settings={"NIGHTSHIFT_SWITCHES": options.switches},
        speed=options.speed,
        secret=secrets.token_urlsafe(24),
        port=options.port,
    )
    told_to_end = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: told_to_end.set())
    try:
        with tempfile.TemporaryDirectory(prefix="nightshift-") as folder, running_stack(wanted, Path(folder)) as stack:
            people.publish(stack, options.policy.read_text("utf-8").replace(*people.WEBHOOK))
            facts = _facts(stack, wanted)
            _write(options.folder, stack, facts)
            _say(facts, options)
            while not told_to_end.wait(LOOK_SECONDS):
                stack.check()
    except (NodeMissingError, ChildError) as problem:
        print(f"the local Azure did not run: {problem}", file=sys.stderr)
        return 2
    return 0


def environment(stack: Stack) -> dict[str, str]:
    """Return what a client's environment must hold beside its own: whom to trust, how to sign in, the app's settings.

    `az` keeps its configuration in a folder of its own, so that nobody's real sign-in is touched.
    """
    own = {name: value for name, value in stack.environment.items() if os.environ.get(name) != value}
    return {**own, "AZURE_CORE_INSTANCE_DISCOVERY": "false", "AZURE_CORE_COLLECT_TELEMETRY": "false"}


def _facts(stack: Stack, wanted: Wanted) -> dict[str, Any]:
    """Return addresses, credentials and examples of each resource."""
    return {
        "arm": stack.arm.url,
        "host": stack.host.url,
        "report": f"{stack.host.url}/api/report?code={stack.leading.keys['functions']}",
        "blob": stack.azurite.blob_uri,
        "queue": stack.queue_uri,
        "table": stack.azurite.table_uri,
        "ca": "",
        "tenant": TENANT,
        "client_id": OPERATOR.client,
        "client_secret": wanted.secret,
        **_examples(stack.arm),
        "speed": wanted.speed,
        "now": stack.arm.get("/_local/clock")["now"],
        "environment": environment(stack),
    }


def _examples(arm: Control) -> dict[str, str]:
    """Return the names of things to try commands on, from what there is."""
    truth = arm.get("/_local/truth")
    vault = truth["vaults"][0]
    item = next(item for item in truth["items"] if item["vault"] == vault["id"].lower() and item["policy_id"])
    parts = vault["id"].split("/")
    return {
        "subscription": parts[2],
        "resource_group": parts[4],
        "vault": vault["name"],
        "vm": item["vm"].rsplit("/", 1)[-1],
        "vm_id": item["vm"],
        "policy": item["policy_id"].rsplit("/", 1)[-1],
        "storage_account_id": _first(truth["accounts"], vault["region"], ""),
        "target_group": _first(truth["groups"], vault["region"], "rg-restore-").rpartition("/")[2],
        "unprotected_vm_id": next((vm["id"] for vm in truth["unprotected"] if vm["region"] == vault["region"]), ""),
    }


def _first(resources: Sequence[Mapping[str, str]], region: str, prefix: str) -> str:
    """Return the id of the first resource of a region whose name begins so; "" where there is none."""
    ids = (one["id"] for one in resources if one["region"] == region)
    return next((one for one in ids if one.rpartition("/")[2].startswith(prefix)), "")


def _write(folder: Path, stack: Stack, facts: dict[str, Any]) -> None:
    """Write what clients need into `folder`: ca.pem, env.sh to be sourced, and up.json with everything.

    What `az` kept there of an earlier run is dropped: that cloud and its secrets are gone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "azure", ignore_errors=True)
    ca = folder.resolve() / "ca.pem"
    ca.write_bytes(stack.certificates.ca.read_bytes())
    trusted = {"SSL_CERT_FILE": str(ca), "REQUESTS_CA_BUNDLE": str(ca)}
    facts["ca"] = str(ca)
    facts["environment"] |= {**trusted, "AZURE_CONFIG_DIR": str(folder.resolve() / "azure")}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(facts["environment"].items())]
    for name, text in (("env.sh", "\n".join(lines) + "\n"), ("up.json", json.dumps(facts, indent=1) + "\n")):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")


def _say(facts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(facts), flush=True)
        return
    print(
        f"The local Azure runs, {facts['speed']:g} times as fast as the real one. It is {facts['now']} there.\n\n"
        f"  Azure Resource Manager  {facts['arm']}\n"
        f"  app                     {facts['report']}\n"
        f"  queues                  {facts['queue']}\n\n"
        f"For any client:  source {options.folder / 'env.sh'}\n"
        f"For az, then:    az cloud register --name LocalAzure --endpoint-resource-manager {facts['arm']}\n"
        f"                 az cloud set --name LocalAzure\n"
        f"                 az login --service-principal --tenant {facts['tenant']} \\\n"
        f"                   --username {facts['client_id']} --password {facts['client_secret']}\n"
        f"                 az backup item list -g {facts['resource_group']} -v {facts['vault']} -o table\n\n"
        f"{options.folder / 'up.json'} has all of this, and names to try. Ctrl-C ends it.",
        flush=True,
    )


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local up", description=__doc__)
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than the real clock; 1 is real time")
    parser.add_argument("--start", default="", help="ISO instant at which simulated time begins; now, if not given")
    parser.add_argument("--fleet", default="demo", help="demo or generated:VMS,VAULTS,REGIONS")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--faults", default="calm", help="calm, issue, or a JSON file of faults")
    parser.add_argument(
        "--switches", default="", help="what the app may write, plan,enrol for instance; empty: nothing"
    )
    parser.add_argument(
        "--policy", type=Path, default=ROOT / "samples" / "fleet.yaml", help="the fleet.yaml to publish"
    )
    parser.add_argument("--port", type=int, default=0, help="port of Azure Resource Manager; 0 takes a free one")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "up", help="where ca.pem, env.sh and up.json go")
    parser.add_argument("--json", action="store_true", help="print one JSON object with everything, then run")
    options = parser.parse_args(arguments)
    if not options.speed > 0:
        parser.error(f"--speed: expected a number above 0, got {options.speed}")
    return options
