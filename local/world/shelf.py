"""Where do records lie? Mappings by id that also keep the order of ids, and who lies in a vault or belongs to a VM."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, MutableMapping, ValuesView


class Shelf[Record](MutableMapping[str, Record]):
    """Records by lower-cased id.

    `places` names what else they are found by: each reads a field that never changes while the record lies here.
    """

    def __init__(self, **places: Callable[[Record], str]) -> None:
        self._records: dict[str, Record] = {}
        self._places = places
        self._all = _Row[Record]()
        self._lying: dict[tuple[str, str], _Row[Record]] = {}

    def __getitem__(self, key: str) -> Record:
        return self._records[key]

    def __setitem__(self, key: str, record: Record) -> None:
        if key in self._records:
            del self[key]
        self._records[key] = record
        for row in self._rows_of(record):
            row.put(key, record)

    def __delitem__(self, key: str) -> None:
        for row in self._rows_of(self._records.pop(key)):
            row.take(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def values(self) -> ValuesView[Record]:
        """Return the records in the order in which they came."""
        return self._records.values()

    def in_order(self) -> list[Record]:
        """Return all records in the order of their ids."""
        return self._all.records.copy()

    def at(self, place: str, name: str) -> list[Record]:
        """Return the records whose `place` reads `name`, in the order of their ids."""
        row = self._lying.get((place, name))
        return row.records.copy() if row else []

    def _rows_of(self, record: Record) -> Iterator["_Row[Record]"]:
        yield self._all
        for place, read in self._places.items():
            yield self._lying.setdefault((place, read(record)), _Row())


class _Row[Record]:
    """Records in the order of their ids, and the ids beside them."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.records: list[Record] = []

    def put(self, key: str, record: Record) -> None:
        index = bisect_left(self.keys, key)
        self.keys.insert(index, key)
        self.records.insert(index, record)

    def take(self, key: str) -> None:
        index = bisect_left(self.keys, key)
        del self.keys[index], self.records[index]
