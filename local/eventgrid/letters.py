"""Where do dead letters lie? As blobs in a container of the app's storage account, named as Event Grid names them."""

import http.client
import json
from pathlib import Path
from urllib.parse import quote, urlsplit

from local import identity
from local.eventgrid.broker import DeadLetter
from local.upstream import Request, Upstream
from local.world.runs import guid

CONTAINER = "event-dead-letters"
_AUDIENCE = "https://storage.azure.com"
_VERSION = "2021-12-02"


class Letters:
    """The container for dead letters at a blob endpoint; it is made with the first letter."""

    def __init__(self, endpoint: str, ca: Path) -> None:
        self._path = f"{urlsplit(endpoint).path}/{CONTAINER}"
        self._storage = Upstream(endpoint, ca)
        self._made = False

    def write(self, letter: DeadLetter) -> None:
        """Write a letter as an array of one event; raise OSError where storage does not take it."""
        if not self._made:
            self._put(self._path, b"", {}, restype="container")
            self._made = True
        body = json.dumps([letter.event]).encode()
        self._put(f"{self._path}/{quote(_name(letter))}", body, {"x-ms-blob-type": "BlockBlob"})

    def _put(self, path: str, body: bytes, headers: dict[str, str], **query: str) -> None:
        token, _ = identity.token(_AUDIENCE)
        known = {"authorization": f"Bearer {token}", "x-ms-version": _VERSION, "content-type": "application/json"}
        answer = self._storage.send(Request("PUT", path, query, {**known, **headers}, body))
        if answer.status not in {http.client.CREATED, http.client.CONFLICT}:
            raise OSError(f"the dead letter at {path} was answered {answer.status}: {answer.body.decode()}")


def _name(letter: DeadLetter) -> str:
    at, one = letter.at, letter.subscription
    hour = f"{at.year}/{at.month}/{at.day}/{at.hour}"
    return f"{one.topic}/{one.name.upper()}/{hour}/{guid(0, one.name, letter.event['id'], at.isoformat())}.json"
