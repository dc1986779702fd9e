"""Would the sample messages be carried out under the sample policy, in the demo's world?"""

from pathlib import Path

from local.fleets import demo
from shared.fleet_policy import parse
from shared.messages.restores import message_from_json
from shared.model.restore_tasks import RestoreRequest
from shared.rules.restore_guards import guard


def test_the_samples_are_allowed_by_the_sample_policy_and_name_vms_of_the_demo() -> None:
    samples, world = Path(__file__).parents[2] / "samples", demo()
    policy = parse((samples / "fleet.yaml").read_text())
    texts = [path.read_text() for path in samples.glob("restore-*.json") if not path.name.endswith(".schema.json")]
    asked = [message_from_json(text, production=True) for text in texts]
    requests = [one for one in asked if isinstance(one, RestoreRequest)]
    assert [guard(one, policy) for one in requests] == [[]] * 4
    assert {vm for one in requests for vm in one.vms} <= set(world.vms)
    assert {name for one in requests for name in one.items} <= {one.id.lower() for one in world.items.values()}
