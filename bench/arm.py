"""How fast does the pretend ARM answer for a big fleet? Pages of each list over TLS, from a process of its own."""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, cycle, islice, repeat
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from local.certificates import write_certificates
from local.child import Child
from local.control import Control
from local.fleets import SUBSCRIPTION
from local.storage import Identity
from local.world import documents

DONE, WRONG = 0, 1
BOUND_MS, BOUND_MB = 50, 1024
PAGES = 100
"""So many pages of each list are asked for; a list that has fewer is read again."""
SMOKE = (60, 3)
_ROOT = Path(__file__).parents[1]
_START_SECONDS = 600.0
_MOST_REGIONS = 5
_POLICIES_A_DAY = 48
_VERSION = "2024-04-01"
_GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
_SUB = f"/subscriptions/{SUBSCRIPTION}"
_VAULTS = f"{_SUB}/providers/Microsoft.RecoveryServices/vaults"
_MACHINES = f"{_SUB}/providers/Microsoft.Compute/virtualMachines"
_VMS = "resources | where type =~ 'microsoft.compute/virtualmachines' | project id, name, tags | order by id asc"
_JOB_DATE = "%Y-%m-%d %I:%M:%S %p"

type Pages = Iterator[tuple[float, int]]
"""The milliseconds that each page took, and its rows."""


@dataclass(frozen=True, slots=True)
class Client:
    """A connection that is kept, and the token that every call carries."""

    arm: Control
    token: str

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> tuple[float, Any]:
        """Return how many milliseconds the answer took, and the answer."""
        began = perf_counter()
        answer = self.arm.send(method, path, body, {"Authorization": f"Bearer {self.token}"})
        return (perf_counter() - began) * 1000, answer

    def rows(self, path: str, condition: str = "") -> Pages:
        """Read a list page by page, filtered by `condition`."""
        path += "?" + urlencode({"api-version": _VERSION, **({"$filter": condition} if condition else {})})
        while path:
            took, page = self.ask("GET", path)
            yield took, len(page["value"])
            path = page.get("nextLink", "").removeprefix(self.arm.url)

    def graph(self) -> Pages:
        """Read all virtual machines from Resource Graph page by page."""
        options: dict[str, str] = {}
        while True:
            body = {"subscriptions": [SUBSCRIPTION], "query": _VMS, "options": options}
            took, page = self.ask("POST", _GRAPH, body)
            yield took, page["count"]
            if "$skipToken" not in page:
                return
            options = {"$skipToken": page["$skipToken"]}


def arm(vms: int, vaults: int) -> int:
    """Measure the pretend ARM and print what was found; 1 where it is slower or bigger than its bounds."""
    found = measure(vms, vaults)
    json.dump(found, sys.stdout, indent=1)
    print()
    return DONE if found["ok"] else WRONG


def smoke() -> int:
    """Measure a small fleet and say in a line how it was; medians decide, which a busy machine does not spoil."""
    found = measure(*SMOKE)
    name, slowest = max(found["lists"].items(), key=lambda entry: entry[1]["page_ms_p95"])
    print(
        f"{found['vms']:>7,} VMs: pretend ARM started in {found['start_seconds']} s, {found['rss_mb']} MB, "
        f"95 of 100 pages of {name} within {slowest['page_ms_p95']} ms"
    )
    held = all(one["page_ms_median"] < BOUND_MS for one in found["lists"].values()) and found["rss_mb"] < BOUND_MB
    return DONE if held else WRONG


def measure(vms: int, vaults: int) -> dict[str, Any]:
    """Run `python -m local.arm` with a generated fleet, read pages of every list, and return what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        certificates = write_certificates(Path(folder))
        command = [sys.executable, "-m", "local.arm", "--faults", "calm"]
        command += ["--cert", str(certificates.cert), "--key", str(certificates.key)]
        command += ["--fleet", f"generated:{vms},{vaults},{min(vaults, _MOST_REGIONS)}"]
        began = perf_counter()
        child = Child("pretend ARM", command, Path(folder) / "arm.log", folder=_ROOT)
        try:
            ready = json.loads(child.line(_START_SECONDS))
            started = perf_counter() - began
            token = Identity(ready["identity"], ready["identity_header"]).get_token("https://management.azure.com/")
            lists = _lists(Client(Control(ready["arm"], certificates.ca), token.token))
            return verdict(vms, vaults, started, _peak_mb(child.pid), lists)
        finally:
            child.stop()


def verdict(vms: int, vaults: int, started: float, rss_mb: int, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document that is printed: `ok` where 95 of 100 pages of each list, and the memory, keep the bounds."""
    within = all(one["page_ms_p95"] < BOUND_MS for one in lists.values())
    return {
        "vms": vms,
        "vaults": vaults,
        "start_seconds": round(started, 1),
        "rss_mb": rss_mb,
        "lists": dict(lists),
        "bound_ms": BOUND_MS,
        "bound_mb": BOUND_MB,
        "ok": within and rss_mb < BOUND_MB,
    }


def _lists(client: Client) -> dict[str, Any]:
    """Read every list with the filters that the app sends, and return its figures by name."""
    vaults = _ids(client, _VAULTS)
    items = [item for vault in vaults for item in _ids(client, f"{vault}/backupProtectedItems")]
    _write_policies(client, vaults[0])
    machines = "backupManagementType eq 'AzureIaasVM'"
    now = datetime.fromisoformat(client.arm.get("/_local/clock")["now"])
    since = now - timedelta(days=14)
    fortnight = f"startTime eq '{since:{_JOB_DATE}}' and endTime eq '{now:{_JOB_DATE}}'"
    return {
        "vaults": _figures(client.rows(_VAULTS) for _ in repeat(None)),
        "items": _figures(client.rows(f"{vault}/backupProtectedItems", machines) for vault in cycle(vaults)),
        "policies": _figures(client.rows(f"{vaults[0]}/backupPolicies", machines) for _ in repeat(None)),
        "jobs": _figures(client.rows(f"{vault}/backupJobs", f"{machines} and {fortnight}") for vault in cycle(vaults)),
        "points": _figures(client.rows(f"{item}/recoveryPoints") for item in cycle(items)),
        "machines": _figures(client.rows(_MACHINES) for _ in repeat(None)),
        "graph": _figures(client.graph() for _ in repeat(None)),
    }


def _figures(lists: Iterable[Pages]) -> dict[str, Any]:
    read = list(islice(chain.from_iterable(lists), PAGES))
    took = [milliseconds for milliseconds, _ in read]
    return {
        "rows": sum(rows for _, rows in read),
        "page_ms_median": round(median(took), 1),
        "page_ms_p95": round(quantiles(took, n=20)[-1], 1),
    }


def _ids(client: Client, path: str) -> list[str]:
    """Return the ids of a list's first page."""
    _, page = client.ask("GET", f"{path}?api-version={_VERSION}")
    return [str(row["id"]) for row in page["value"]]


def _write_policies(client: Client, vault: str) -> None:
    """Write as many policies as the service takes in a day."""
    for number in range(_POLICIES_A_DAY):
        properties = documents.daily(f"{number // 2:02}:{number % 2 * 30:02}")
        client.ask("PUT", f"{vault}/backupPolicies/slot-{number:02}?api-version={_VERSION}", {"properties": properties})


def _peak_mb(process: int) -> int:
    """Return the most memory that a process has had resident; /proc is Linux's."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024
