"""What do tests of the pretend ARM's answers ask? One VM behind it, and short words for asking."""

from typing import Any

from local.arm.messages import Request, Response
from local.arm.service import Service, normal
from local.world.cloud import Cloud
from tests.local.worlds import Small, small

QUERY = {"api-version": "2024-04-01"}
LINK = "https://localhost:1"


class Azure:
    """One VM behind the pretend ARM."""

    def __init__(self, **vault: Any) -> None:
        self.small: Small = small(**vault)
        self.cloud = Cloud(self.small.world)
        self.service = Service(self.cloud)
        self.vault = self.small.vault.id
        self.item = self.small.item

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Response:
        """Ask below the vault, or anywhere for a path that begins with a slash."""
        where = path if path.startswith("/") else f"{self.vault}/{path}"
        return self.service.handle(Request(method, normal(where), QUERY | query, body or {}, LINK, "tester"))

    def shown(self, path: str, **query: str) -> Any:
        """Return the body of a GET that must succeed."""
        answer = self.ask("GET", path, None, **query)
        assert answer.status == 200
        return answer.body

    def backup(self) -> str:
        """Start a backup and return its job."""
        accepted = self.ask("POST", f"{self.item.id}/backup", {"properties": {}})
        assert (accepted.status, accepted.body) == (202, None)
        operation = accepted.headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[-1]
        return str(self.shown(f"backupOperations/{operation}")["properties"]["jobId"])

    def follow(self, accepted: Response, header: str = "Location") -> Response:
        """Ask where the header of an accepted call leads."""
        return self.ask("GET", accepted.headers[header].split("?")[0].removeprefix(LINK))


def body(answer: Response) -> Any:
    """Return the body that there must be."""
    assert answer.body is not None
    return answer.body


def code(answer: Response) -> str:
    """Return the code of a refusal."""
    return str(body(answer)["error"]["code"])
