"""What does the morning hear of retention? The last looks as they were written down; Azure is not asked."""

from collections import Counter
from datetime import datetime

from shared.flows.retention import nightly
from shared.flows.retention.rows import MEMBERSHIPS, standing
from shared.model.intent import FleetPolicy
from shared.model.retention import RetentionNight
from shared.ports import Ports
from shared.rules.retention_turns import waiting


def night(ports: Ports, intent: FleetPolicy, now: datetime) -> RetentionNight:
    """Return what is known of retention. Reads storage only."""
    last, looks = nightly.latest(ports), standing(ports.ledger)
    members, looked = ports.ledger.rows(MEMBERSHIPS).keys(), {key: one.checked_at for key, one in looks.items()}
    hours = Counter(at.replace(minute=0, second=0, microsecond=0) for at in looked.values())
    return RetentionNight(
        fresh_at=last.at if last else None,
        vms=tuple(sorted(looks.values(), key=lambda one: (one.name, one.vm_id))),
        waiting=waiting(members, looked, now),
        reads=hours[max(hours)] if hours else 0,
        reads_most=intent.limits.retention_reads_per_hour,
        findings=last.findings if last else (),
        postures=last.postures if last else (),
    )
