"""Is a restore message read as what it says, and everything else refused with every reason and what to do?"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages.restore_schema import json_schema
from shared.messages.restores import LONGEST, cancel_to_json, message_from_json, request_to_json
from shared.model.restore_tasks import CancelRequest, PointRule, PointWish, RestoreRequest, Targets
from shared.model.restores import Mode, PointTier, Side

SAMPLES = Path(__file__).parents[2] / "samples"
SUB = "/subscriptions/00000000-0000-0000-0000-000000000001"
VM = f"{SUB}/resourceGroups/rg-app/providers/Microsoft.Compute/virtualMachines/app-1"
GROUP = f"{SUB}/resourceGroups/rg-restore"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/strestore01"
ITEM = (
    f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/rsv-one/backupFabrics/Azure"
    "/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg-app;app-1"
    "/protectedItems/VM;iaasvmcontainerv2;rg-app;app-1"
)
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def body(**changes: Any) -> dict[str, Any]:
    found = {"version": 1, "id": "r1", "requester": "ops", "purpose": "test", "vms": [VM], "mode": "disks", **changes}
    return {name: value for name, value in found.items() if value is not ...}


def reasons(document: object) -> list[str]:
    with pytest.raises(BadMessage) as refused:
        message_from_json(document if isinstance(document, str) else json.dumps(document))
    return refused.value.reasons


def fits_schema(document: object) -> bool:
    return VALIDATOR.is_valid(document)


def samples() -> list[Path]:
    return [path for path in sorted(SAMPLES.glob("restore-*.json")) if not path.name.endswith(".schema.json")]


def test_the_schema_is_a_schema_and_the_exported_one_is_the_codes() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads((SAMPLES / "restore-request.schema.json").read_text()) == json_schema()


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_each_sample_fits_the_schema_and_survives_the_way_there_and_back(path: Path) -> None:
    assert fits_schema(json.loads(path.read_text()))
    asked = message_from_json(path.read_text())
    text = request_to_json(asked) if isinstance(asked, RestoreRequest) else cancel_to_json(asked)
    assert message_from_json(text) == asked
    assert fits_schema(json.loads(text))


def test_the_samples_show_every_mode_and_a_cancel() -> None:
    asked = [message_from_json(path.read_text()) for path in samples()]
    requests = [one for one in asked if isinstance(one, RestoreRequest)]
    assert {one.mode for one in requests} == set(Mode)
    assert any(isinstance(one, CancelRequest) for one in asked)


def test_ids_are_lowered_and_defaults_are_the_careful_ones() -> None:
    asked = message_from_json(json.dumps(body()))
    assert asked == RestoreRequest(id="r1", requester="ops", purpose="test", vms=(VM.lower(),))
    assert isinstance(asked, RestoreRequest)
    assert (asked.mode, asked.side, asked.dry_run, asked.production) == (Mode.DISKS, Side.PRIMARY, False, False)


def test_only_the_queue_says_that_a_request_is_for_production() -> None:
    assert message_from_json(json.dumps(body()), production=True) == replace(
        message_from_json(json.dumps(body())), production=True
    )
    assert "production: unknown field" in reasons(body(production=True))[0]


@pytest.mark.parametrize(
    ("point", "wish"),
    [
        ("latest", PointWish()),
        (
            {"before": "2026-03-01T23:00:00+01:00"},
            PointWish(PointRule.BEFORE, before=datetime(2026, 3, 1, 22, tzinfo=UTC)),
        ),
        ({"id": "6755208765"}, PointWish(PointRule.ID, id="6755208765")),
        ({"tier": "archive"}, PointWish(PointRule.TIER, tier=PointTier.ARCHIVE)),
    ],
)
def test_points_are_wished_for_in_four_ways(point, wish) -> None:
    asked = message_from_json(json.dumps(body(point=point)))
    assert isinstance(asked, RestoreRequest)
    assert asked.point == wish
    assert fits_schema(body(point=point))


def test_targets_and_cancels_are_read() -> None:
    targets = {"group": GROUP, "network": NETWORK, "subnet": "Default", "accounts": [ACCOUNT], "name": "app-1-old"}
    asked = message_from_json(json.dumps(body(targets=targets)))
    assert isinstance(asked, RestoreRequest)
    assert asked.targets == Targets(GROUP.lower(), NETWORK.lower(), "default", (ACCOUNT.lower(),), "app-1-old")
    cancel = {"version": 1, "cancel": "r1", "requester": "ops"}
    assert message_from_json(json.dumps(cancel)) == CancelRequest("r1", "ops")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 0}, "version: found 0; expected 1"),
        ({"version": True}, "version: found true; expected 1"),
        ({"version": "1"}, "version: found '1'; expected 1"),
        ({"version": ...}, "version: found nothing; expected 1"),
        ({"id": "../../etc/passwd"}, "id: found '../../etc/passwd'; expected a name of 1 to 64"),
        ({"id": ""}, "id: found ''"),
        ({"id": 7}, "id: found 7"),
        ({"requester": ""}, "requester: found ''; expected a line"),
        ({"requester": "a\nb"}, "requester: found 'a\\nb'; expected a line"),
        ({"purpose": "x" * 201}, "purpose: found"),
        ({"purpose": ...}, "purpose: found nothing"),
        ({"vms": ...}, "vms: found nothing; expected vms or items"),
        ({"vms": []}, "vms: found a list; expected a list of 1 to 300"),
        ({"vms": VM}, "expected a list of 1 to 300"),
        ({"vms": [VM] * 301}, "expected a list of 1 to 300"),
        ({"vms": [VM, VM.upper().replace("/SUBSCRIPTIONS", "/subscriptions")]}, "vms[1]: found"),
        ({"vms": ["app-1"]}, "vms[0]: found 'app-1'; expected the ARM id of a VM; copy it"),
        ({"vms": [f"https://evil.example{VM}"]}, "vms[0]: found 'https://evil.example"),
        ({"vms": [VM.replace("app-1", "a b")]}, "expected the ARM id of a VM"),
        ({"vms": [VM.replace("app-1", "app\u0131")]}, "expected the ARM id of a VM"),
        ({"vms": [VM.replace("00000000-0000-0000-0000-000000000001", "mine")]}, "expected the ARM id of a VM"),
        ({"vms": [GROUP]}, "expected the ARM id of a VM"),
        ({"vms": [None, {}, []]}, "vms[1]: found an object"),
        ({"items": [VM]}, "items[0]: found"),
        ({"items": [ITEM + "/recoveryPoints/1/restore"]}, "expected the ARM id of a protected item"),
        ({"mode": "Disks"}, "did you mean disks?"),
        ({"mode": "shred"}, "mode: found 'shred'; expected one of disks, new-vm, replace"),
        ({"mode": ["disks"]}, "mode: found a list"),
        ({"mode": ...}, "mode: found nothing"),
        ({"region": "westeurope"}, "region: found 'westeurope'; expected one of primary, secondary"),
        ({"point": "newest"}, "point: found 'newest'"),
        (
            {"point": {"before": "2026-03-01T22:00:00"}},
            "point.before: found '2026-03-01T22:00:00'; expected an instant",
        ),
        ({"point": {"before": "2026-02-30T22:00:00Z"}}, "there is no such instant"),
        ({"point": {"before": "0001-01-01T00:00:00+14:00"}}, "there is no such instant"),
        ({"point": {"before": 5}}, "point.before: found 5"),
        ({"point": {"id": "../7"}}, "point.id: found '../7'; expected the name of a recovery point"),
        ({"point": {"tier": "gold"}}, "point.tier: found 'gold'; expected one of snapshot, vault, archive"),
        ({"point": {"id": "7", "tier": "vault"}}, "point: found an object"),
        ({"point": {}}, "point: found an object"),
        ({"targets": []}, "targets: found a list; expected an object"),
        ({"targets": {"grupo": GROUP}}, "targets.grupo: unknown field; expected group, network"),
        ({"targets": {"group": "rg-restore"}}, "targets.group: found 'rg-restore'"),
        (
            {"targets": {"network": NETWORK}},
            "targets.subnet: found nothing; expected a subnet, since there is a network",
        ),
        ({"targets": {"subnet": "default"}}, "targets.network: found nothing"),
        ({"targets": {"accounts": [ACCOUNT + ".evil.example"]}}, "targets.accounts[0]: found"),
        ({"targets": {"accounts": ["https://strestore01.blob.core.windows.net"]}}, "targets.accounts[0]: found"),
        ({"targets": {"name": "a/b"}}, "targets.name: found 'a/b'"),
        ({"targets": {"name": "a_b"}}, "targets.name: found 'a_b'; expected a name of 1 to 64 letters, digits, dots"),
        ({"dry_run": "false"}, "dry_run: found 'false'; expected true or false"),
        ({"confirm_replace": "app-1"}, "confirm_replace: found 'app-1'; expected a list"),
        ({"confirm_replace": [VM]}, "confirm_replace[0]: found"),
        ({"confirm_replaces": ["app-1"]}, "confirm_replaces: unknown field"),
        ({"cancel": "r1"}, "mode: unknown field"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(changes, said: str) -> None:
    found = reasons(body(**changes))
    assert any(said in reason for reason in found), found
    assert all(reason.isprintable() for reason in found)


def test_no_id_leads_out_of_its_place() -> None:
    tricks = [
        f"{VM}?api-version=2020-01-01",
        f"{VM}/../../x",
        f"{VM}/",
        f"{VM}\n",
        f"{VM}#",
        f"/{VM}",
        VM.replace("rg-app", ".."),
        VM.replace("rg-app", "%2e%2e"),
        VM.replace("rg-app", "rg-app."),
        VM.replace("/app-1", "/../app-1"),
        VM.replace("/", "\\"),
        f"https://management.azure.com@evil.example{VM}",
    ]
    for trick in tricks:
        (reason,) = reasons(body(vms=[trick]))
        assert "expected the ARM id of a VM" in reason
        assert trick == f"{VM}\n" or not fits_schema(body(vms=[trick]))


def test_a_field_that_is_there_twice_is_refused() -> None:
    text = json.dumps(body()).replace('"mode": "disks"', '"mode": "disks", "mode": "disks"')
    assert reasons(text) == ["'mode': found twice; expected each field once; remove one"]


def test_what_is_wrong_does_not_fit_the_schema_either() -> None:
    cases = next(mark for mark in test_what_is_wrong_is_named_with_what_was_expected.pytestmark).args[1]  # type: ignore[attr-defined]
    beyond = ("there is no such instant", "vms[1]: found")
    wrong = [changes for changes, said in cases if said not in beyond]
    assert [changes for changes in wrong if fits_schema(body(**changes))] == []


def test_every_wrong_field_is_told_at_once() -> None:
    found = reasons(body(version=2, id="", vms=["x"], mode="y", point={"tier": "z"}, targets={"group": "g"}, dry_run=1))
    assert [reason.partition(":")[0] for reason in found] == [
        "version",
        "mode",
        "id",
        "vms[0]",
        "point.tier",
        "targets.group",
        "dry_run",
    ]
    assert len(reasons(body(vms=["x"] * 30))) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "message: not JSON"),
        ("dmVyc2lvbjogMQ==", "message: not JSON"),
        ("\x00\x01", "message: not JSON"),
        ("null", "message: found null; expected an object"),
        ("[1]", "message: found a list; expected an object"),
        ("[" * 20_000, "message: not JSON"),
        ('{"version": NaN}', "NaN is no number"),
        ('{"mode": "disks", "mode": "replace"}', "'mode': found twice; expected each field once"),
        ('{"targets": {"group": 1, "group": 2}}', "'group': found twice"),
        ("x" * (LONGEST + 1), "expected at most 49152; send several requests"),
        ("é" * (LONGEST // 2 + 1), "message: found 49154 bytes"),
        ("x" * LONGEST, "message: not JSON"),
    ],
)
def test_what_is_no_message_at_all_is_said_so(text: str, said: str) -> None:
    (reason,) = reasons(text)
    assert said in reason


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(list(json_schema()["$defs"]["request"]["properties"])), JSON) | JSON)
def test_anything_at_all_is_read_or_refused(changes) -> None:
    document = {**body(), **changes} if isinstance(changes, dict) else changes
    if not fits_schema(document):
        assert all(reason.isprintable() and len(reason) < 600 for reason in reasons(document))
        return
    asked = message_from_json(json.dumps(document))
    assert isinstance(asked, RestoreRequest)
    assert message_from_json(request_to_json(asked)) == asked
