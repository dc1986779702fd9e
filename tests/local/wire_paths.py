"""Which operation does a path name? Its words without its names, so that any two answers to one operation meet."""

from urllib.parse import unquote, urlsplit


def skeleton(url: str) -> str:
    """Return what follows the last provider in lower case with `*` for every name, e.g. "vaults/*/backupjobs/*"."""
    return "/".join("*" if index % 2 else word.lower() for index, word in enumerate(_tail(url)))


def words(url: str) -> list[str]:
    """Return the words of an ARM id in their own case: resource types without names."""
    parts = unquote(urlsplit(url).path).strip("/").split("/")
    head, _, tail = "/".join(parts).partition("/providers/")
    found = head.split("/")[::2]
    return [*found, "providers", *tail.split("/")[:1], *tail.split("/")[1::2]] if tail else found


def _tail(url: str) -> list[str]:
    path = unquote(urlsplit(url).path)
    while "//" in path:
        path = path.replace("//", "/")
    lowered = path.lower()
    start = lowered.rfind("/providers/")
    return path[start + len("/providers/") :].strip("/").split("/")[1:] if start >= 0 else path.strip("/").split("/")
