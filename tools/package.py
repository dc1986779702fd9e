"""What deploys? Builds the zip that Azure Functions runs, the same bytes from the same tree."""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("host.json", "requirements.txt", "function_app.py")
FOLDERS = ("functions", "shared")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold; a fixed one, so that equal trees give equal bytes."""


def contents() -> Iterator[Path]:
    """Yield every file that deploys, relative to the project's root, in a fixed order."""
    yield from (Path(name) for name in FILES)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT)


def build(target: Path) -> Path:
    """Write the deployment zip to `target` and return it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for path in contents():
            entry = zipfile.ZipInfo(path.as_posix(), _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            package.writestr(entry, (ROOT / path).read_bytes())
    return target


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
