"""How do tests reach a pretend Azure? One process with real TLS, managed identity and a control client."""

import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local.certificates import write_certificates

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Control:
    """The control API of a running pretend Azure."""

    endpoint: str
    ca: Path
    _context: ssl.SSLContext = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_context", ssl.create_default_context(cafile=str(self.ca)))

    def get(self, path: str) -> Any:
        """Return the JSON of `/_local/<path>`."""
        with urllib.request.urlopen(f"{self.endpoint}/_local/{path}", context=self._context) as answer:
            return json.load(answer)

    def post(self, path: str, **body: Any) -> Any:
        """Post `body` to `/_local/<path>` and return the JSON of the answer."""
        request = urllib.request.Request(
            f"{self.endpoint}/_local/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, context=self._context) as answer:
            return json.load(answer)

    def now(self) -> datetime:
        """Return the simulated instant."""
        return datetime.fromisoformat(self.get("clock")["now"])

    def wait(self, seconds: float) -> None:
        """Run the physics for `seconds`."""
        self.post("wait", seconds=seconds)

    def truth(self) -> Any:
        """Return what the judge sees."""
        return self.get("truth")

    def log(self) -> Any:
        """Return the access log."""
        return self.get("log")


@dataclass(frozen=True, slots=True)
class RunningArm:
    """A running pretend Azure: its endpoint, the CA that vouches for it, and the environment of a real credential."""

    endpoint: str
    identity: str
    ca: Path
    env: dict[str, str]
    control: Control
    process: subprocess.Popen[str]


@contextmanager
def running_arm(world_name: str = "demo", seed: int = 7, faults: str = "calm", start: str = "") -> Iterator[RunningArm]:
    """Run `python -m local.arm` with a fleet ("demo", "generated:VMS,VAULTS,REGIONS"); it ends with the block.

    Put `env` into the environment (monkeypatch.setenv) before a DefaultAzureCredential and SDK clients are made.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = write_certificates(Path(folder))
        command = [sys.executable, "-m", "local.arm", "--cert", str(made.cert), "--key", str(made.key)]
        command += ["--fleet", world_name]
        command += ["--seed", str(seed), "--faults", faults, *(["--start", start] if start else [])]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            env = {
                "IDENTITY_ENDPOINT": ready["identity"],
                "IDENTITY_HEADER": "local",
                "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
                "REQUESTS_CA_BUNDLE": str(made.ca),
                "SSL_CERT_FILE": str(made.ca),
            }
            yield RunningArm(ready["arm"], ready["identity"], made.ca, env, Control(ready["arm"], made.ca), process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=20)
            if process.stdout is not None:
                process.stdout.close()
