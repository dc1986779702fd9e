"""Is the VM found that an operator means, or said why not?"""

import pytest

from shared.model.intent import Scope, TagMatch
from shared.rules.asked_backups import Found, find, protected_in
from tests.rules.fleet import SUB, VAULT_ID, intent, item, policy, vm, vm_id

APP, OTHER = vm("App"), vm("other", tier="")
ITEMS = [item("App", policy())]


@pytest.mark.parametrize("named", ["App", "app", vm_id("app"), vm_id("app").upper()])
def test_a_vm_is_found_by_name_and_by_id_without_case(named: str) -> None:
    assert find(named, [APP, OTHER], ITEMS, intent()) == Found(vm_id("app"), VAULT_ID, "App")


def test_a_name_that_two_have_in_scope_is_not_guessed() -> None:
    twin = vm("App", subscription="sub-2")
    said = find("app", [APP, twin], ITEMS, intent()).objection
    assert said == "vm: found 'app'; expected a name of one VM in scope; 2 have it; give the id"
    scope = Scope((SUB,), exclude=(TagMatch("nightshift", ("off",)),))
    out = vm("App", tags={"nightshift": "off"})
    assert find("app", [APP, out], ITEMS, intent(scope=scope)).vault_id == VAULT_ID


def test_what_is_missing_is_said_with_what_to_do() -> None:
    assert "expected a VM that exists" in find("nobody", [APP], ITEMS, intent()).objection
    unknown = find(vm_id("gone"), [APP], ITEMS, intent())
    assert (unknown.vm_id, "expected a VM that exists" in unknown.objection) == (vm_id("gone"), True)
    stranger = find("other", [OTHER], ITEMS, intent())
    assert (stranger.name, "in scope and in a tier" in stranger.objection) == ("other", True)
    assert "that a vault in scope protects" in find("App", [APP], [], intent()).objection


@pytest.mark.parametrize(
    ("vaults", "fields", "expected"),
    [
        ((), {}, True),
        (("rsv-1",), {}, True),
        ((VAULT_ID,), {}, True),
        (("rsv-2",), {}, False),
        ((), {"soft_deleted": True}, False),
    ],
)
def test_only_vaults_of_the_scope_protect(vaults: tuple[str, ...], fields: dict, expected: bool) -> None:
    assert protected_in(item("app", policy(), **fields), Scope((SUB,), vaults)) is expected
