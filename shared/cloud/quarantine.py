"""What was set aside? The Quarantine port as a document an entry.

Data actions:
- Microsoft.Storage/storageAccounts/blobServices/containers/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete
"""

from azure.core.credentials import TokenCredential

from shared.cloud.documents import CONTAINER, Documents
from shared.messages.set_aside import key_of, set_aside_from_json, set_aside_to_json
from shared.model.events import SetAside

FOLDER = "quarantine/"


class BlobQuarantine:
    """Entries under `quarantine/<source>-<hash>.json`."""

    def __init__(self, credential: TokenCredential, endpoint: str, container: str = CONTAINER) -> None:
        self._documents = Documents(credential, endpoint, container)

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
