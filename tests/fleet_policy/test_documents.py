"""Do the sample, its schema and the page about it say what the code does?"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local.fleets import demo
from shared.errors import BadMessage
from shared.fleet_policy import json_schema, parse
from shared.fleet_policy.marks import load
from shared.model.intent import Limits
from tests.fleet_policy.test_parse import SMALLEST

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fleet-policy.md").read_text()
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]


def keys_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keys_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of(part)


def test_the_sample_fits_the_schema() -> None:
    jsonschema.validate(load((ROOT / "samples" / "fleet.yaml").read_text()).data, json_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [("version: 1", "version: 2"), ("tiers:", "drills: {}\ntiers:"), ("days: 7", "days: 6"), ("rpo: 2d", "rpo: soon")],
)
def test_the_schema_refuses_what_the_check_refuses(old: str, new: str) -> None:
    text = SMALLEST.replace(old, new)
    with pytest.raises(BadMessage):
        parse(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(load(text).data, json_schema())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_exported_schema_is_the_codes() -> None:
    assert json.loads((ROOT / "samples" / "fleet.schema.json").read_text()) == json_schema()


def test_every_key_is_on_the_page() -> None:
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    missing = sorted(set(keys_of(json_schema())) - named)
    assert not missing


def test_the_page_gives_the_limits_that_the_schema_has() -> None:
    properties = json_schema()["$defs"]["LimitsSection"]["properties"]
    for name in Limits.__dataclass_fields__:
        row = re.search(rf"^\| `{name}` \| [^|]* \| ([0-9.]+) \| ([0-9]+)", PAGE, re.MULTILINE)
        assert row, name
        assert (float(row[1]), float(row[2])) == (properties[name]["default"], properties[name]["maximum"]), name


def test_the_worked_example_is_valid_and_its_mistake_is_said_word_for_word() -> None:
    assert parse(EXAMPLE).tiers[0].name == "databases"
    with pytest.raises(BadMessage) as refused:
        parse(EXAMPLE.replace("rpo: 30h", "rpo: 23h"))
    assert refused.value.reasons[0] in PAGE


def test_the_sample_names_the_vaults_tiers_and_regions_of_the_demo() -> None:
    world, policy = demo(), parse((ROOT / "samples" / "fleet.yaml").read_text())
    tags = {value.lower() for tier in policy.tiers for value in tier.match.values}
    assert set(policy.scope.vaults) == {vault.name for vault in world.vaults.values()}
    assert set(policy.scope.subscriptions) == {vm.subscription for vm in world.vms.values()}
    assert {tier.match.name for tier in policy.tiers} == {"backup-tier"}
    assert {vm.tags["backup-tier"] for vm in world.vms.values()} == tags
    assert set(policy.region_ceilings) == {vm.region for vm in world.vms.values()}


def test_the_sample_patches_no_vm_of_the_demo() -> None:
    policy = parse((ROOT / "samples" / "fleet.yaml").read_text())
    patched = {window.match.name for window in policy.patch_windows}
    assert patched
    assert not [vm.name for vm in demo().vms.values() if patched & {tag.lower() for tag in vm.tags}]


def test_the_sample_names_the_page() -> None:
    assert "docs/fleet-policy.md" in (ROOT / "samples" / "fleet.yaml").read_text()
