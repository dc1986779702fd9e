"""What did the mornings say? The ReportStore port as an HTML and a JSON document a night, and the newest of each.

Data actions:
- Microsoft.Storage/storageAccounts/blobServices/containers/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
"""

from datetime import date

from azure.core.credentials import TokenCredential

from shared.cloud.documents import CONTAINER, Documents
from shared.errors import Permanent

_MEDIA_TYPES = {"html": "text/html", "json": "application/json"}


class BlobReports:
    """Reports under `reports/<night>.html` and `reports/<night>.json`."""

    def __init__(self, credential: TokenCredential, endpoint: str, container: str = CONTAINER) -> None:
        self._documents = Documents(credential, endpoint, container)

    def save(self, night: date, html: str, data: str) -> None:
        """Store both forms under their night, and as the newest. Raises Transient or Permanent."""
        for name in (night.isoformat(), "latest"):
            for kind, text in (("html", html), ("json", data)):
                self._documents.write(f"reports/{name}.{kind}", text, _MEDIA_TYPES[kind])

    def latest(self, kind: str) -> str | None:
        """Return the newest report as "html" or "json", or None. Raises Transient or Permanent."""
        if kind not in _MEDIA_TYPES:
            raise Permanent(f"report kind {kind!r}: expected html or json")
        return self._documents.read(f"reports/latest.{kind}")
