"""Who is told at once? The Webhook port as an HTTPS POST: a Teams card, or plain JSON with a dedup key."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest, HttpResponse

from shared.errors import Permanent, Transient
from shared.model.failures import Alert

TEAMS = ("webhook.office.com", "logic.azure.com", "powerplatform.com")
"""Hosts of Teams' incoming webhooks and workflows, which take adaptive cards."""
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 10
"""The watcher has other things to do than to wait for a chat."""


class HttpWebhook:
    """Addresses are secrets: they are looked up by the name of their setting, and stand in no message."""

    def __init__(self, address: Callable[[str], str]) -> None:
        """Take `address`, which returns what a setting holds, or raises MissingSettings."""
        self._address = address
        # Without policies nothing is sent twice, and nothing is logged.
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient("https://", policies=[])

    def post(self, setting: str, alert: Alert, at: datetime) -> None:
        """Send one alert to the address in `setting`. Raises Transient or Permanent."""
        url = self._address(setting)
        host = (urlsplit(url).hostname or "").lower()
        body = card(alert) if host.endswith(TEAMS) else plain(alert, at)
        request = HttpRequest("POST", url, json=body, headers={"dedup-key": alert.key})
        try:
            answer = self._client.send_request(
                request, connection_timeout=_CONNECT_SECONDS, read_timeout=_ANSWER_SECONDS
            )
        except (AzureError, ValueError) as failure:
            raise Transient(f"webhook in {setting}: {type(failure).__name__}") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Transient(f"webhook in {setting}: it answered {answer.status_code}", refused=True)
        if answer.status_code >= 300:
            raise Permanent(f"webhook in {setting}: it answered {answer.status_code}", "WebhookRefused")


def plain(alert: Alert, at: datetime) -> dict[str, object]:
    """Return the alert as a flat JSON object, for paging services and scripts."""
    return {
        "dedup_key": alert.key,
        "severity": f"Sev{alert.severity.value}",
        "title": alert.title,
        "what_happened": alert.what_happened,
        "what_was_tried": alert.what_was_tried,
        "what_to_do": list(alert.what_to_do),
        "members": list(alert.members),
        "link": alert.link,
        "at": at.isoformat(),
    }


def card(alert: Alert) -> dict[str, object]:
    """Return the alert as a message with an adaptive card, as Teams takes it."""
    steps = [_text(f"{number}. {step}") for number, step in enumerate(alert.what_to_do, 1)]
    body = [
        {"type": "TextBlock", "text": f"Sev{alert.severity.value}: {alert.title}", "weight": "Bolder", "wrap": True},
        _text(alert.what_happened),
        _text(f"Tried: {alert.what_was_tried}"),
        *steps,
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Open in the portal", "url": alert.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "dedup_key": alert.key, "attachments": [attachment]}


def _text(words: str) -> Mapping[str, object]:
    return {"type": "TextBlock", "text": words, "wrap": True}
