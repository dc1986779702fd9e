"""Does the pretend Azure Monitor show loads of known kinds, in bulk as the real one does, and memory the same?"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from local import fleets
from local.arm.app import application
from local.arm.messages import Request, Response
from local.arm.service import Service
from local.certificates import write_certificates
from local.memory.fleet import MemoryFleet
from local.memory.load import MemoryLoad
from local.scenarios.wire import Token
from local.world import World
from local.world.cloud import Cloud
from local.world.load import KINDS, cpu, kind_of
from shared.cloud.load import CloudLoad
from shared.errors import Transient
from shared.model.azure import Vm
from shared.rules.load import classify, scored_hours
from tests.host.serving import served
from tests.local.worlds import small

METRICS = f"/subscriptions/{fleets.SUBSCRIPTION}/providers/Microsoft.Insights/metrics"


@pytest.fixture(scope="module")
def world() -> World:
    return fleets.demo()


@pytest.fixture(scope="module")
def vms(world: World) -> list[Vm]:
    return MemoryFleet(world, lambda _: None).vms([fleets.SUBSCRIPTION])


@pytest.fixture(scope="module")
def endpoint(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    certificates = write_certificates(tmp_path_factory.mktemp("certificates"))
    with (
        served(application(Cloud(world)), certificates) as port,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
        yield f"https://127.0.0.1:{port}"


def ask(world: World, method: str = "GET", body: dict[str, object] | None = None, **query: str) -> Response:
    return Service(Cloud(world)).handle(
        Request(method, METRICS, {"api-version": "2024-02-01", **query}, dict(body or {}), "https://arm", "app")
    )


def test_each_kind_of_load_is_called_what_it_is(world: World, vms: list[Vm]) -> None:
    found = MemoryLoad(world, lambda _: None).series(vms, world.now - timedelta(days=28), world.now)
    records = {vm_id: world.vms[vm_id] for vm_id in found}
    called = Counter(
        (kind_of(world.seed, records[vm_id]), str(classify(load, scored_hours(4), world.now).kind))
        for vm_id, load in found.items()
    )
    assert called == {
        ("office", "predictable"): 14,
        ("evening", "predictable"): 14,
        ("batch", "predictable"): 15,
        ("flat", "flat"): 14,
        ("saturated", "saturated"): 1,
        ("bursty", "unpredictable"): 1,
        ("off", "unknown"): 1,
    }


def test_the_curves_are_the_same_over_the_sdk_as_in_memory(endpoint: str, world: World, vms: list[Vm]) -> None:
    since, until = world.now - timedelta(days=2), world.now + timedelta(hours=5)
    shown = CloudLoad(Token(), endpoint).series(vms, since, until)
    assert shown == MemoryLoad(world, lambda _: None).series(vms, since, until)
    assert len(shown) == 60
    assert {load.values[-4:] for load in shown.values()} == {(None,) * 4}, "nobody knows the future"


def test_without_top_only_ten_series_are_shown() -> None:
    world = fleets.demo()
    asked = {"region": "westeurope", "metricnamespace": "Microsoft.Compute/virtualMachines", "interval": "PT1H"}
    asked |= {"$filter": "Microsoft.ResourceId eq '*'"}
    for more, count in (({}, 10), ({"top": "17"}, 17), ({"top": "1000"}, 40)):
        body = ask(world, **asked, **more).body
        assert body is not None
        series = body["value"][0]["timeseries"]
        assert len(series) == count
        assert series[0]["metadatavalues"][0]["name"]["value"] == "microsoft.resourceid"


def test_without_a_filter_there_is_one_series_of_the_mean() -> None:
    asked = {"region": "westeurope", "metricnamespace": "microsoft.compute/virtualmachines", "interval": "PT1H"}
    body = ask(fleets.demo(), **asked).body
    assert body is not None
    (series,) = body["value"][0]["timeseries"]
    assert series["metadatavalues"] == []
    assert 0 < series["data"][0]["average"] < 100


def test_a_post_may_ask_in_its_body() -> None:
    asked = {"metricNamespace": "microsoft.compute/virtualmachines", "interval": "PT1H", "top": 3}
    answer = ask(fleets.demo(), "POST", {**asked, "filter": "Microsoft.ResourceId eq '*'"}, region="eastus2")
    assert answer.body is not None
    assert len(answer.body["value"][0]["timeseries"]) == 3


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"region": "westeurope"},
        {"region": "westeurope", "metricnamespace": "microsoft.compute/virtualmachines", "$filter": "A eq 'b'"},
        {"region": "westeurope", "metricnamespace": "microsoft.compute/virtualmachines", "metricnames": "Heat"},
        {"region": "westeurope", "metricnamespace": "microsoft.compute/virtualmachines", "timespan": "today"},
    ],
)
def test_a_question_that_azure_would_not_understand_is_refused(query: dict[str, str]) -> None:
    answer = ask(fleets.demo(), **query)
    assert answer.status == 400
    assert answer.body is not None
    assert answer.body["error"]["code"] == "BadRequest"


def test_the_seed_chooses_a_kind_where_the_fleet_does_not() -> None:
    told = small()
    assert kind_of(told.world.seed, told.vm) in KINDS
    assert cpu(told.world.seed, told.vm, told.world.now) == cpu(told.world.seed, told.vm, told.world.now)
    told.vm.load = "wild"
    with pytest.raises(ValueError, match="expected one of office"):
        cpu(told.world.seed, told.vm, told.world.now)


def test_a_fault_strikes_the_read() -> None:
    def fault(call: str) -> None:
        raise Transient(call)

    world = fleets.demo()
    with pytest.raises(Transient, match=r"load\.series"):
        MemoryLoad(world, fault).series([], world.now, world.now)


def test_a_vm_has_no_load_from_before_it_was_created() -> None:
    told = small()
    Cloud(told.world).human("create", like=told.vm.id, name="newcomer")
    newcomer = next(vm for vm in told.world.vms.values() if vm.name == "newcomer")
    assert newcomer.created_at == told.world.now
    assert cpu(told.world.seed, newcomer, told.world.now - timedelta(hours=1)) is None
