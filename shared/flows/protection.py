"""Is every VM protected as intended? Look, judge, tell."""

from datetime import datetime

from shared.flows import tampering
from shared.flows.look import look, vaults_in_scope
from shared.model.intent import FleetPolicy
from shared.model.plan import Finding
from shared.ports import Ports
from shared.rules import protection
from shared.telemetry import Event, tell


def check(ports: Ports, intent: FleetPolicy, now: datetime) -> tuple[Finding, ...]:
    """Return and log what is not protected as intended; nothing is written to Azure."""
    observed = look(ports, intent, vaults_in_scope(ports, intent))
    tampering.watch(ports, intent, observed, now)
    findings = protection.judge(observed, intent, now.date())
    tell(
        Event.PROTECTION_CHECKED,
        at=now,
        protected=protection.protected(observed, intent),
        findings=[f"{finding.code}: {finding.text}" for finding in findings if finding.code in protection.NEEDS_HUMAN],
    )
    return findings
