"""Where do documents live? One container of blobs, read and replaced whole."""

from contextlib import suppress

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContentSettings

from shared.cloud.failures import translated

CONTAINER = "nightshift"


class Documents:
    """UTF-8 texts by path. The container is made on the first write that misses it."""

    def __init__(self, credential: TokenCredential, endpoint: str, container: str = CONTAINER) -> None:
        self._container = BlobServiceClient(endpoint, credential=credential).get_container_client(container)

    def read(self, path: str) -> str | None:
        """Return the text at `path`, or None. Raises Transient or Permanent."""
        with translated(f"document {path}"):
            try:
                return str(self._container.download_blob(path, encoding="utf-8").readall())
            except ResourceNotFoundError:
                return None

    def write(self, path: str, text: str, media_type: str) -> None:
        """Store the text at `path` over whatever is there. Raises Transient or Permanent."""
        with translated(f"write of document {path}"):
            try:
                self._upload(path, text, media_type)
            except ResourceNotFoundError:
                self._create()
                self._upload(path, text, media_type)

    def below(self, folder: str) -> list[str]:
        """Return the paths that begin with `folder`, sorted. Raises Transient or Permanent."""
        with translated(f"documents in {folder}"):
            try:
                return [str(name) for name in self._container.list_blob_names(name_starts_with=folder)]
            except ResourceNotFoundError:
                return []

    def drop(self, path: str) -> None:
        """Remove the text at `path`, if it is there. Raises Transient or Permanent."""
        with translated(f"removal of document {path}"), suppress(ResourceNotFoundError):
            self._container.delete_blob(path)

    def _upload(self, path: str, text: str, media_type: str) -> None:
        settings = ContentSettings(content_type=f"{media_type}; charset=utf-8")
        self._container.upload_blob(path, text.encode(), overwrite=True, content_settings=settings)

    def _create(self) -> None:
        try:
            self._container.create_container()
        except ResourceExistsError:
            return
