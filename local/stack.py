"""How is the whole local Azure started and ended? Certificates, Azurite, ARM, host; in that order, always all of it."""

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import subscribed
from local.azurite import Azurite, running_azurite
from local.certificates import Certificates, write_certificates
from local.child import Child, ChildError
from local.control import Control
from local.environment import Outlets, app_settings, trusting_environment
from local.storage import Identity, prepare_queues, prepare_storage

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to run: the app's folder, the pretend fleet, and what must be there before the app starts.

    `start` is the ISO instant at which the fleet's story begins, "" for its own. `settings` are the app's settings
    beside the addresses, NIGHTSHIFT_SWITCHES for instance. With a `speed` the clock runs by itself, so much faster than
    the real one, and the hosts follow it; without, it is stepped. `secret` signs the operator in. Of several `hosts`
    one runs the timers at a time.
    """

    app: Path = ROOT
    fleet: str = "demo"
    seed: int = 7
    faults: str = "issue"
    start: str = ""
    containers: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    speed: float = 0.0
    secret: str = "local"
    port: int = 0
    hosts: int = 1


@dataclass(frozen=True, slots=True)
class RunningHost:
    """A host of the app: its process, its addresses, and its keys master, functions and eventgrid_extension."""

    process: Child
    control: Control
    keys: Mapping[str, str]


class Stack:
    """A running local Azure. The clock stands still until `run` or the ARM's control addresses move it."""

    def __init__(self, wanted: Wanted, folder: Path, certificates: Certificates, azurite: Azurite) -> None:
        """Start the pretend ARM and make the storage ready; the host is started by `start_host`.

        Raise ChildError where the ARM does not come up.
        """
        self.wanted = wanted
        self.folder = folder
        self.certificates = certificates
        self.azurite = azurite
        self._hosts: list[RunningHost] = []
        header = secrets.token_hex(16)
        self._arm_process = Child("pretend ARM", self._arm_command(header), folder / "arm.log", folder=ROOT)
        try:
            ready = self._ready(self._arm_process)
            self.arm = Control(ready["arm"], certificates.ca)
            self.identity = Identity(ready["identity"], header)
            self.queue_uri = str(ready["queues"])
            self.outlets = Outlets(str(ready["events"]), str(ready["inbox"]))
            prepare_storage(azurite, self.identity, certificates.ca, containers=wanted.containers, tables=wanted.tables)
            prepare_queues(self.queue_uri, self.identity, certificates.ca, wanted.queues)
        except BaseException:
            self.stop()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the host, also good for any other program that is to use the local Azure."""
        settings = app_settings(self.azurite, self.queue_uri, self.arm.url, self.outlets)
        return trusting_environment(self.certificates.ca, self.identity) | settings | dict(self.wanted.settings)

    @property
    def host(self) -> Control:
        """The leading host's addresses: its routes, `/admin/functions/NAME` and `/_local/`."""
        return self.leading.control

    @property
    def leading(self) -> RunningHost:
        """The host that ran the timers last."""
        if not self._hosts:
            raise RuntimeError("the host is not running: call start_host first")
        return self._hosts[0]

    @property
    def following(self) -> RunningHost:
        """The host that takes the timers over next; RuntimeError where there is one host only."""
        if len(self._hosts) < 2:
            raise RuntimeError("there is no other host: want two")
        return self._hosts[1]

    @property
    def host_log(self) -> Path:
        """What the first host and the app in it logged, one JSON object a line; it is there once it was started."""
        return self.folder / "host.log"

    @property
    def host_logs(self) -> list[Path]:
        """The logs of all hosts."""
        return [self.host_log, *(self.folder / f"host-{number}.log" for number in range(2, self.wanted.hosts + 1))]

    def start_host(self) -> None:
        """Start the app's hosts and wait until they serve; raise ChildError with the last words of one that does not.

        The first one leads.
        """
        app = str(self.wanted.app)
        command = [sys.executable, "-m", "local.host", "--app", app, "--arm", self.arm.url, "--port", "0"]
        command += ["--follow"] if self.wanted.speed else []
        for log in self.host_logs:
            process = Child("Functions host", command, log, self.environment, ROOT)
            try:
                ready = self._ready(process)
                self._hosts.append(RunningHost(process, Control(ready["host"]), ready["keys"]))
            except BaseException:
                process.stop()
                raise
        for path, body in subscribed.wishes(ready["functions"], ready["routes"]):
            self.arm.post(path, body)

    def stop_host(self) -> None:
        """End the hosts gently: the leading one gives the timer lease back, so the next one can start at once."""
        for host in self._hosts:
            host.process.stop()
        self._hosts = []

    def run(self, until: str) -> list[dict[str, Any]]:
        """Run timers, messages, events and alerts due by `until` (ISO, with offset), in order; return one record each.

        Messages that are due run before time moves on. A record has function, at, past_due, ok, error and seconds.
        Raise ChildError where a child died meanwhile.
        """
        for host in list(self._hosts):
            try:
                answer = host.control.post("/_local/run", {"until": until})
            finally:
                self.check()
            if answer["leads"]:
                self._hosts.sort(key=lambda one: one is not host)
                return list(answer["invocations"])
        raise RuntimeError("no host of these holds the timer lease, so nothing ran")

    def check(self) -> None:
        """Raise ChildError with its last words if a child has ended by itself."""
        for child in (self.azurite.process, self._arm_process, *(host.process for host in self._hosts)):
            child.check()

    def stop(self) -> None:
        """End the host and the pretend ARM."""
        try:
            self.stop_host()
        finally:
            self._arm_process.stop()

    def _arm_command(self, header: str) -> list[str]:
        wanted, certificates = self.wanted, self.certificates
        return [
            sys.executable, "-m", "local.arm", "--host", "127.0.0.1", "--port", str(wanted.port),
            "--cert", str(certificates.cert), "--key", str(certificates.key),
            "--fleet", wanted.fleet, "--seed", str(wanted.seed), "--faults", wanted.faults,
            "--start", wanted.start, "--speed", str(wanted.speed),
            "--identity-header", header, f"--client-secret={wanted.secret}",
            "--queues", self.azurite.queue_uri, "--blobs", self.azurite.blob_uri, "--ca", str(certificates.ca),
        ]  # fmt: skip

    def _ready(self, process: Child) -> dict[str, Any]:
        line = process.line()
        try:
            return dict(json.loads(line))
        except ValueError as error:
            raise ChildError(f"{process.name} said {line!r}; expected one line of JSON with its addresses") from error


@contextmanager
def running_stack(wanted: Wanted, folder: Path) -> Iterator[Stack]:
    """Run the local Azure until the block ends, its files and logs in `folder`, which must exist.

    Raise NodeMissingError, or ChildError for a child that does not come up; whatever has started is ended again.
    """
    certificates = write_certificates(folder)
    with running_azurite(certificates, folder) as azurite:
        stack = Stack(wanted, folder, certificates, azurite)
        try:
            stack.start_host()
            yield stack
        finally:
            stack.stop()
