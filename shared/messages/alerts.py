"""Which failed job does a built-in alert tell of? Azure Monitor's common alert schema, of Azure Backup's job alerts."""

import json
import re
from collections.abc import Mapping

from shared.errors import BadMessage
from shared.messages.ids import vault_part
from shared.messages.jobs import TriageRequest, object_in
from shared.model.failures import Kind

SCHEMA = "azureMonitorCommonAlertSchema"
_JOB = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def request_from_alert(text: str) -> TriageRequest | None:
    """Return the failed job of a built-in alert; None for one that is over, or that is about no job.

    Raises BadMessage with every reason for what is not in the common alert schema or not from Azure Backup. The name of
    the monitoring service decides, not the signal type: Azure Backup's alerts call themselves "Log".
    """
    document = object_in(text, "alert")
    reasons = []
    if document.get("schemaId") != SCHEMA:
        reasons.append(f"schemaId: found {str(document.get('schemaId'))[:80]!r}; expected {SCHEMA!r}")
    data = _object(document, "data")
    essentials, context = _object(data, "essentials"), _object(data, "alertContext")
    service = essentials.get("monitoringService")
    if service != "Azure Backup":
        reasons.append(f"data.essentials.monitoringService: found {str(service)[:80]!r}; expected 'Azure Backup'")
    if reasons:
        raise BadMessage(reasons)
    extended = _object(context, "extendedInfo")
    job_id = str(extended.get("jobId") or "").lower()
    if not job_id or essentials.get("monitorCondition") != "Fired":
        return None
    vault_id = _vault(essentials, context)
    if not _JOB.fullmatch(job_id):
        reasons.append(f"data.alertContext.extendedInfo.jobId: found {job_id[:80]!r}; expected a GUID")
    if not vault_id:
        reasons.append("data.alertContext.protectedItemId and data.essentials.alertTargetIDs: neither names a vault")
    if reasons:
        raise BadMessage(reasons)
    return TriageRequest(vault_id, f"{job_id}:{Kind.FAILED}")


def _vault(essentials: Mapping[str, object], context: Mapping[str, object]) -> str:
    targets = essentials.get("alertTargetIDs")
    named = [context.get("protectedItemId"), *(targets if isinstance(targets, list) else [])]
    return next(filter(None, (vault_part(one) for one in named if isinstance(one, str))), "")


def _object(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the object in a field; an object that was sent as text is read."""
    value = document.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
