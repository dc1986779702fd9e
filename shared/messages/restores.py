"""How is a restore asked for, or stopped? As versioned JSON, read strictly, with every reason at once.

A message may come from anybody who can reach the queue: nothing in it is followed before all of it has its shape, and
whether its ids are ours is for `shared.rules.restore_guards` to say.
"""

import json
from datetime import UTC, datetime
from typing import Any, Never

from shared.errors import BadMessage
from shared.messages import restore_fields as shapes
from shared.messages.restore_fields import Fields, shown
from shared.model.restore_tasks import CancelRequest, PointRule, PointWish, RestoreRequest, Targets
from shared.model.restores import Mode, PointTier, Side

VERSION = 1
LONGEST = 48 * 1024
"""Bytes of a message: what a queue takes of one as base64."""
MOST_VMS = 300
"""More ids would not fit into a message."""
MOST_ACCOUNTS = 250
"""As many as a region of a subscription holds."""
REQUEST_FIELDS = (
    "version", "id", "requester", "purpose", "vms", "items", "point", "mode", "region", "targets", "dry_run",
    "confirm_replace",
)  # fmt: skip
CANCEL_FIELDS = ("version", "cancel", "requester", "vms")
TARGET_FIELDS = ("group", "network", "subnet", "accounts", "name")
POINT_RULES = tuple(rule for rule in PointRule if rule is not PointRule.LATEST)


def message_from_json(text: str, *, production: bool = False) -> RestoreRequest | CancelRequest:
    """Return what a message asks for; `production` says that it came through the production queue.

    Raises BadMessage with every reason: the field, what was found, what was expected and what to do.
    """
    document = strict_object(text)
    reasons: list[str] = []
    fields = Fields(document, reasons)
    found = document.get("version")
    if found != VERSION or isinstance(found, bool) or not isinstance(found, int):
        fields.wrong("version", str(VERSION), "write the message for this version")
    asked: RestoreRequest | CancelRequest = (
        _cancel(fields) if fields.has("cancel") else _request(fields, reasons, production=production)
    )
    if reasons:
        raise BadMessage(reasons)
    return asked


def request_to_json(request: RestoreRequest) -> str:
    """Return the message of a request. Whether it is for production is said by its queue, not by itself."""
    targets = request.targets
    inner = {
        "group": targets.group_id,
        "network": targets.network_id,
        "subnet": targets.subnet,
        "accounts": list(targets.accounts),
        "name": targets.name,
    }
    body: dict[str, Any] = {
        "version": VERSION,
        "id": request.id,
        "requester": request.requester,
        "purpose": request.purpose,
        "vms": list(request.vms),
        "items": list(request.items),
        "point": _point_to_json(request.point),
        "mode": request.mode,
        "region": request.side,
        "targets": {name: value for name, value in inner.items() if value},
        "dry_run": request.dry_run,
        "confirm_replace": list(request.confirm_replace),
    }
    return json.dumps({name: value for name, value in body.items() if value not in ([], {})})


def cancel_to_json(request: CancelRequest) -> str:
    """Return the message that cancels a request, or some VMs of it."""
    body = {"version": VERSION, "cancel": request.request_id, "requester": request.requester}
    return json.dumps(body | ({"vms": list(request.vms)} if request.vms else {}))


def strict_object(text: str) -> dict[str, object]:
    """Return the JSON object of a message; raise BadMessage where it is none, too long or has a field twice."""
    size = len(text.encode(errors="replace"))
    if size > LONGEST:
        advice = "send several requests"
        raise BadMessage([f"message: found {size} bytes; expected at most {LONGEST}; {advice}"])
    twice: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(pairs)

    try:
        document = json.loads(text, object_pairs_hook=once, parse_constant=_no_number)
    except (ValueError, RecursionError) as failure:
        advice = "send the JSON as text, in base64 as the queue expects it"
        raise BadMessage([f"message: not JSON: {str(failure)[:120]}; expected an object; {advice}"]) from failure
    if not isinstance(document, dict):
        raise BadMessage([f"message: found {shown(document)}; expected an object; see the schema"])
    if twice:
        raise BadMessage([f"{shown(name)}: found twice; expected each field once; remove one" for name in twice[:10]])
    return document


def _no_number(word: str) -> Never:
    raise ValueError(f"{word} is no number")


def _request(fields: Fields, reasons: list[str], *, production: bool) -> RestoreRequest:
    fields.only(*REQUEST_FIELDS)
    if not (fields.has("vms") or fields.has("items")):
        reasons.append("vms: found nothing; expected vms or items; name what is to be restored by its ids")
    mode = fields.choice("mode", {str(mode): mode for mode in Mode})
    side = fields.choice("region", {str(side): side for side in Side}, Side.PRIMARY)
    return RestoreRequest(
        id=fields.text("id", shapes.REQUEST),
        requester=fields.text("requester", shapes.LABEL),
        purpose=fields.text("purpose", shapes.LABEL),
        vms=fields.texts("vms", shapes.VM_ID, MOST_VMS),
        items=fields.texts("items", shapes.ITEM_ID, MOST_VMS),
        point=_point(fields),
        mode=mode or Mode.DISKS,
        side=side or Side.PRIMARY,
        targets=_targets(fields),
        dry_run=fields.flag("dry_run"),
        confirm_replace=fields.texts("confirm_replace", shapes.VM_NAME, MOST_VMS),
        production=production,
    )


def _cancel(fields: Fields) -> CancelRequest:
    fields.only(*CANCEL_FIELDS)
    return CancelRequest(
        request_id=fields.text("cancel", shapes.REQUEST),
        requester=fields.text("requester", shapes.LABEL),
        vms=fields.texts("vms", shapes.VM_ID, MOST_VMS),
    )


def _targets(fields: Fields) -> Targets:
    found: list[Targets] = []

    def read(inner: Fields) -> None:
        inner.only(*TARGET_FIELDS)
        if inner.has("network") != inner.has("subnet"):
            given, missing = ("network", "subnet") if inner.has("network") else ("subnet", "network")
            inner.wrong(missing, f"a {missing}, since there is a {given}", "give both or none")
        found.append(
            Targets(
                group_id=inner.text("group", shapes.GROUP, needed=False).lower(),
                network_id=inner.text("network", shapes.NETWORK, needed=False).lower(),
                subnet=inner.text("subnet", shapes.SUBNET, needed=False).lower(),
                accounts=inner.texts("accounts", shapes.ACCOUNT, MOST_ACCOUNTS),
                name=inner.text("name", shapes.NEW_NAME, needed=False),
            )
        )

    fields.inner("targets", read)
    return found[0] if found else Targets()


def _point(fields: Fields) -> PointWish:
    value = fields.value("point", "latest")
    if value == "latest":
        return PointWish()
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in POINT_RULES:
        fields.wrong(
            "point", '"latest", or an object with one of before, id, tier', 'such as {"before": "2026-03-01T22:00:00Z"}'
        )
        return PointWish()
    found: list[PointWish] = []

    def read(inner: Fields) -> None:
        rule = PointRule(next(iter(value)))
        before = _instant(inner) if rule is PointRule.BEFORE else None
        name = inner.text("id", shapes.POINT) if rule is PointRule.ID else ""
        tier = inner.choice("tier", {str(tier): tier for tier in PointTier}) if rule is PointRule.TIER else None
        found.append(PointWish(rule, before, name, tier))

    fields.inner("point", read)
    return found[0]


def _instant(inner: Fields) -> datetime | None:
    text = inner.text("before", shapes.INSTANT)
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        inner.wrong("before", shapes.INSTANT.expected, "there is no such instant")
        return None


def _point_to_json(wish: PointWish) -> object:
    match wish.rule:
        case PointRule.BEFORE:
            return {"before": wish.before.isoformat() if wish.before else ""}
        case PointRule.ID:
            return {"id": wish.id}
        case PointRule.TIER:
            return {"tier": wish.tier}
    return "latest"
