"""Which measured load lies in a folder? The Load port over files named after VMs, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import BadMessage
from shared.load_series import MOST_BYTES, SUFFIXES, holds_series, series_from, unpacked
from shared.model.azure import Vm
from shared.model.load import LoadSeries


@dataclass(frozen=True, slots=True)
class _LoadFile:
    path: Path

    @property
    def name(self) -> str:
        """Its name in lower case."""
        return self.path.name.lower()

    @property
    def vm(self) -> str:
        """The lower-cased name of the VM that it is named after."""
        return self.name.removesuffix(".gz").removesuffix(".csv")


class LoadFolder:
    """Reads `.csv` and `.csv.gz` files (`timestamp,value` rows) named after a VM's name, compared without case.

    `complaints` has a line for each file that was not used, with the reason; it is filled by `series`.
    """

    def __init__(self, folder: Path) -> None:
        """List the folder. BadMessage where it cannot be read or holds no such file."""
        self._files = _load_files(folder)
        self.complaints: tuple[str, ...] = ()

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:
        """Return what the files hold of [since, until) for each VM by its id; an empty series where that is nothing.

        A file that could be of two VMs is of none, and of two files for one VM neither is taken.
        """
        begins = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        found = {vm.id: LoadSeries(vm.id, begins, 60, ()) for vm in vms}
        complaints: list[str] = []
        for file in self._files:
            try:
                vm = self._vm_of(file, vms)
                found[vm.id] = _between(_series_in(file, vm), since, until)
            except BadMessage as bad:
                complaints += (
                    f"{file.path.name}: not used: {reason.removeprefix(f'{file.name}: ')}" for reason in bad.reasons
                )
        self.complaints = tuple(complaints)
        return found

    def _vm_of(self, file: _LoadFile, vms: Sequence[Vm]) -> Vm:
        """Return the one VM that the file is named after. BadMessage where there is none, or more than one."""
        twins = [other.path.name for other in self._files if other.vm == file.vm and other != file]
        if twins:
            raise BadMessage([f"{', '.join(twins)} is named after the same VM; keep one of them"])
        named = [vm for vm in vms if file.vm == vm.name.lower() or file.vm == vm.id.rpartition("/")[2].lower()]
        if not named:
            raise BadMessage(["no VM that this plan may move has this name"])
        if len(named) > 1:
            raise BadMessage([f"{len(named)} VMs have this name: {', '.join(vm.id for vm in named)}"])
        return named[0]


def _load_files(folder: Path) -> tuple[_LoadFile, ...]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES))
    except OSError as error:
        raise BadMessage([f"--load-series {folder}: cannot be read: {error.strerror or error}"]) from error
    if not paths:
        raise BadMessage(
            [f"--load-series {folder}: holds no {' or '.join(SUFFIXES)} file; expected one a VM, named after it"]
        )
    return tuple(_LoadFile(path) for path in paths)


def _series_in(file: _LoadFile, vm: Vm) -> LoadSeries:
    try:
        with file.path.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadMessage([f"cannot be read: {error.strerror or error}"]) from error
    text = unpacked(file.name, raw)
    if not holds_series(text):
        raise BadMessage(["its first line does not name the columns timestamp and value"])
    return replace(series_from(file.name, text), vm_id=vm.id)


def _between(series: LoadSeries, since: datetime, until: datetime) -> LoadSeries:
    """Return the whole steps of the series in [since, until). BadMessage where nothing was measured in them."""
    first = max(0, -((series.begins_at - since) // series.step))
    last = max(first, (until - series.begins_at) // series.step)
    inside = replace(series, begins_at=series.begins_at + first * series.step, values=series.values[first:last])
    if any(value is not None for value in inside.values):
        return inside
    raise BadMessage(
        [
            f"holds load from {series.begins_at:%Y-%m-%d %H:%M} to {series.ends_at:%Y-%m-%d %H:%M}, "
            f"but nothing from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC, where the plan looks"
        ]
    )
