"""What became of each restore? The ResultStore port as a JSON document a result.

Data actions:
- Microsoft.Storage/storageAccounts/blobServices/containers/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
"""

import re

from azure.core.credentials import TokenCredential

from shared.cloud.documents import CONTAINER, Documents
from shared.errors import Permanent

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
"""No slashes, and neither leading nor ending dots: a name never leads to another folder."""


class BlobResults:
    """Results under `restores/<request>/<name>.json`; names are told apart by case, as blobs are."""

    def __init__(self, credential: TokenCredential, endpoint: str, container: str = CONTAINER) -> None:
        self._documents = Documents(credential, endpoint, container)

    def save(self, request_id: str, name: str, data: str) -> None:
        """Store the result over whatever is there. Raises Transient or Permanent."""
        self._documents.write(f"{folder_of(request_id)}{safe(name)}.json", data, "application/json")

    def of(self, request_id: str) -> dict[str, str]:
        """Return the request's results by their names. Raises Transient or Permanent."""
        folder = folder_of(request_id)
        texts = {path: self._documents.read(path) for path in self._documents.below(folder)}
        return {
            path.removeprefix(folder).removesuffix(".json"): text for path, text in texts.items() if text is not None
        }


def folder_of(request_id: str) -> str:
    """Return where a request's results lie; raise Permanent for what cannot be a request's id."""
    return f"restores/{safe(request_id)}/"


def safe(name: str) -> str:
    """Return the name, or raise Permanent for one that could mean another place."""
    if not _NAME.fullmatch(name):
        raise Permanent(f"result {name!r}: expected 1 to 128 letters, digits, dots, hyphens and underscores", "Refused")
    return name
