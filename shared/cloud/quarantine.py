"""What was set aside, and what did Event Grid give up? The Quarantine port as a document an entry.

Data actions:
- Microsoft.Storage/storageAccounts/blobServices/containers/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete
"""

from collections.abc import Callable

from azure.core.credentials import TokenCredential

from shared.cloud.documents import CONTAINER, Documents
from shared.messages.set_aside import key_of, set_aside_from_json, set_aside_to_json
from shared.model.events import SetAside

FOLDER = "quarantine/"
LETTERS = "event-dead-letters"
"""The container in which Event Grid leaves what it could not deliver."""


class BlobQuarantine:
    """Entries under `quarantine/<source>-<hash>.json`; dead letters in a container of their own."""

    def __init__(
        self, credential: TokenCredential, endpoint: str, container: str = CONTAINER, letters: str = LETTERS
    ) -> None:
        self._documents = Documents(credential, endpoint, container)
        self._letters = Documents(credential, endpoint, letters)

    def put(self, entry: SetAside) -> None:
        """Keep the entry, over one of the same words. Raises Transient or Permanent."""
        self._documents.write(f"{FOLDER}{key_of(entry)}.json", set_aside_to_json(entry), "application/json")

    def entries(self) -> dict[str, SetAside]:
        """Return all entries by their key, oldest first. Raises Transient or Permanent."""
        paths = self._documents.below(FOLDER)
        texts = ((path, self._documents.read(path)) for path in paths)
        found = {
            path.removeprefix(FOLDER).removesuffix(".json"): set_aside_from_json(text) for path, text in texts if text
        }
        return dict(sorted(found.items(), key=lambda one: (one[1].at, one[0])))

    def drop(self, key: str) -> None:
        """Remove an entry, if it is there. Raises Transient or Permanent."""
        self._documents.drop(f"{FOLDER}{key}.json")

    def given_up(self, keep: Callable[[str], None], most: int) -> int:
        """Hand up to `most` dead letters to `keep`, and remove each once it is kept. Raises Transient or Permanent."""
        found = self._letters.below("")[:most]
        for path in found:
            text = self._letters.read(path)
            if text is not None:
                keep(text)
            self._letters.drop(path)
        return len(found)
