"""What was planned? The PlanStore port as one JSON document a night, and the newest.

Data actions:
- Microsoft.Storage/storageAccounts/blobServices/containers/write
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
- Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
"""

from azure.core.credentials import TokenCredential

from shared.cloud.documents import CONTAINER, Documents
from shared.messages.plans import plan_from_json, plan_to_json
from shared.model.plan import Plan

_LATEST = "plans/latest.json"


class BlobPlans:
    """Plans under `plans/<night>.json`."""

    def __init__(self, credential: TokenCredential, endpoint: str, container: str = CONTAINER) -> None:
        self._documents = Documents(credential, endpoint, container)

    def save(self, plan: Plan) -> None:
        """Store the plan under its night, and as the newest. Raises Transient or Permanent."""
        text = plan_to_json(plan)
        for path in (f"plans/{plan.night.isoformat()}.json", _LATEST):
            self._documents.write(path, text, "application/json")

    def latest(self) -> Plan | None:
        """Return the newest plan, or None. Raises BadMessage where it cannot be read, Transient or Permanent."""
        text = self._documents.read(_LATEST)
        return None if text is None else plan_from_json(text)
