"""Who has taken what? The Ledger port as rows of one table, with conditional writes.

Data actions:
- Microsoft.Storage/storageAccounts/tableServices/tables/read
- Microsoft.Storage/storageAccounts/tableServices/tables/write
- Microsoft.Storage/storageAccounts/tableServices/tables/entities/read
- Microsoft.Storage/storageAccounts/tableServices/tables/entities/write
- Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action
- Microsoft.Storage/storageAccounts/tableServices/tables/entities/update/action
- Microsoft.Storage/storageAccounts/tableServices/tables/entities/delete
"""

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from hashlib import sha256

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.failures import translated
from shared.errors import Transient

TABLE = "nightshift"
SPENT = "spent"
"""The kind of the rows that count a day's quota."""
_READ = ["key", "values"]
_ATTEMPTS = 20
"""How often a conditional write is tried against others before the caller has to come again."""


class TableLedger:
    """One partition a kind. A row's key is hashed, since table keys reject the slashes of ARM ids."""

    def __init__(self, credential: TokenCredential, endpoint: str, table: str = TABLE) -> None:
        self._table = TableClient(endpoint, table, credential=credential)

    def read(self, kind: str, key: str) -> Mapping[str, str] | None:
        """Return the row, or None. Keys are compared without case. Raises Transient or Permanent."""
        with translated(f"ledger row {kind} {key}"):
            found = self._find(kind, key)
        return None if found is None else _values(found)

    def rows(self, kind: str) -> dict[str, Mapping[str, str]]:
        """Return all rows of a kind by key as it was written. Raises Transient or Permanent."""
        with translated(f"ledger rows {kind}"):
            try:
                asked = self._table.query_entities("PartitionKey eq @kind", parameters={"kind": kind}, select=_READ)
                found = list(asked)
            except ResourceNotFoundError:
                found = []
        return {str(entity["key"]): _values(entity) for entity in found}

    def claim(self, kind: str, key: str, values: Mapping[str, str]) -> bool:
        """Insert the row; False, and nothing changes, where it is there already. Raises Transient or Permanent.

        A repeated send whose first answer was lost finds its own row: the claimant tells them apart.
        """
        claimant = uuid.uuid4().hex
        with translated(f"claim of ledger row {kind} {key}"):
            if self._insert({**_entity(kind, key, values), "claimant": claimant}):
                return True
            found = self._find(kind, key)
        return found is not None and found.get("claimant") == claimant

    def write(self, kind: str, key: str, values: Mapping[str, str]) -> None:
        """Insert or replace the row. Raises Transient or Permanent."""
        entity = _entity(kind, key, values)
        with translated(f"write of ledger row {kind} {key}"):
            try:
                self._table.upsert_entity(entity, mode=UpdateMode.REPLACE)
            except ResourceNotFoundError:
                self._create_table()
                self._table.upsert_entity(entity, mode=UpdateMode.REPLACE)

    def swap(self, kind: str, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
        """Replace the row only while it says `before`; False, and nothing changes, where it does not.

        Bound to the ETag of the row that was read. A repeated send whose first answer was lost finds its own row: the
        claimant tells it apart. Raises Transient, where it may have been written, or Permanent.
        """
        claimant = uuid.uuid4().hex
        with translated(f"change of ledger row {kind} {key}"):
            found = self._find(kind, key)
            if found is None or _values(found) != before:
                return False
            if self._replace(found, {**_entity(kind, key, after), "claimant": claimant}):
                return True
            found = self._find(kind, key)
        return found is not None and found.get("claimant") == claimant

    def drop(self, kind: str, key: str) -> None:
        """Remove the row if it is there. Raises Transient or Permanent."""
        with translated(f"drop of ledger row {kind} {key}"), suppress(ResourceNotFoundError):
            self._table.delete_entity(kind, _row_key(key))

    def spend(self, quota: str, subject: str, day: date, limit: int) -> bool:
        """Take one from the day's quota; False when `limit` are taken. Never refunded.

        A lost answer may take two: a guard may err to that side only. Raises Transient where others keep writing the
        same row, and Transient or Permanent from Azure.
        """
        key = f"{day.isoformat()}|{quota}|{subject}"
        with translated(f"spending of {quota} for {subject}"):
            for _ in range(_ATTEMPTS):
                found = self._find(SPENT, key)
                taken = 0 if found is None else int(_values(found)["taken"])
                if taken >= limit:
                    return False
                if self._count(found, _entity(SPENT, key, {"taken": str(taken + 1)})):
                    return True
        raise Transient(f"spending of {quota} for {subject}: {_ATTEMPTS} others wrote first", refused=True)

    def _find(self, kind: str, key: str) -> TableEntity | None:
        try:
            return self._table.get_entity(kind, _row_key(key))
        except ResourceNotFoundError:
            return None

    def _insert(self, entity: Mapping[str, str]) -> bool:
        try:
            try:
                self._table.create_entity(entity)
            except ResourceNotFoundError:
                self._create_table()
                self._table.create_entity(entity)
        except ResourceExistsError:
            return False
        return True

    def _count(self, found: TableEntity | None, entity: Mapping[str, str]) -> bool:
        """Write the count only over the row that was read; False where another was faster."""
        return self._insert(entity) if found is None else self._replace(found, entity)

    def _replace(self, found: TableEntity, entity: Mapping[str, str]) -> bool:
        try:
            self._table.update_entity(
                entity,
                mode=UpdateMode.REPLACE,
                etag=found.metadata["etag"],
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceModifiedError, ResourceNotFoundError):
            return False
        return True

    def _create_table(self) -> None:
        with suppress(ResourceExistsError):
            self._table.create_table()


def _row_key(key: str) -> str:
    return sha256(key.lower().encode()).hexdigest()


def _entity(kind: str, key: str, values: Mapping[str, str]) -> dict[str, str]:
    """Values are one property: property names reject hyphens, and a row has few of them."""
    return {"PartitionKey": kind, "RowKey": _row_key(key), "key": key, "values": json.dumps(dict(values))}


def _values(entity: Mapping[str, object]) -> dict[str, str]:
    stored: dict[str, str] = json.loads(str(entity["values"]))
    return stored
