"""What does the operator want? The PolicyStore port: the published fleet.yaml, its versions and the last good one.

Data actions:
- Microsoft.Storage/storageAccounts/blobServices/containers/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
"""

from hashlib import sha256

from azure.core.credentials import TokenCredential

from shared.cloud.documents import CONTAINER, Documents

_CURRENT = "config/fleet.yaml"
_LAST_GOOD = "config/fleet.last-good.yaml"


class BlobPolicies:
    """The published document is `config/fleet.yaml`; every version stays under the first digits of its SHA-256."""

    def __init__(self, credential: TokenCredential, endpoint: str, container: str = CONTAINER) -> None:
        self._documents = Documents(credential, endpoint, container)
        self._good: str | None = None

    def current(self) -> str | None:
        """Return the published document, or None. Raises Transient or Permanent."""
        return self._documents.read(_CURRENT)

    def last_good(self) -> str | None:
        """Return the newest document that was marked good, or None. Raises Transient or Permanent."""
        return self._documents.read(_LAST_GOOD)

    def publish(self, text: str) -> None:
        """Keep the document as a version, then publish it. Raises Transient or Permanent."""
        version = sha256(text.encode()).hexdigest()[:12]
        for path in (f"config/versions/fleet.{version}.yaml", _CURRENT):
            self._documents.write(path, text, "application/yaml")

    def mark_good(self, text: str) -> None:
        """Remember the document as one that was read without errors. Raises Transient or Permanent.

        It is asked for by every function that runs: what this process has seen there is not looked at again.
        """
        if text != self._good:
            if self.last_good() != text:
                self._documents.write(_LAST_GOOD, text, "application/yaml")
            self._good = text
