import json
from collections.abc import Mapping

import pytest

from local.host.bindings import HttpFunction, Indexed, Queue, QueueFunction, QueueOutput, TimerFunction, read_functions
from local.host.errors import HostError

TIMER = {"type": "timerTrigger", "name": "timer", "schedule": "0 0 * * * *", "direction": "IN"}
QUEUE = {"type": "queueTrigger", "name": "message", "queueName": "work", "connection": "Fleet"}
OUTPUT = {"type": "queue", "name": "out", "queueName": "%NEXT%", "connection": "Fleet", "direction": "OUT"}
FLEET = {"Fleet__queueServiceUri": "https://fleet.queue.core.windows.net/"}


def indexed(name: str, *bindings: Mapping[str, object]) -> Indexed:
    return Indexed(name, name, tuple(json.dumps(binding) for binding in bindings))


def test_a_setting_between_percent_signs_is_filled_in() -> None:
    [plan] = read_functions([indexed("plan", TIMER | {"schedule": "%NIGHTLY%"})], {"NIGHTLY": "0 0 17 * * *"})
    assert isinstance(plan, TimerFunction)
    assert plan.schedule.text == "0 0 17 * * *"


def test_every_missing_setting_is_named_with_its_function() -> None:
    functions = [indexed(name, TIMER | {"schedule": f"%{name.upper()}_AT%"}) for name in ("plan", "enforce")]
    with pytest.raises(HostError) as refusal:
        read_functions(functions, {})
    assert refusal.value.problems == [
        "the 'plan' function is in error: '%PLAN_AT%' does not resolve to a value: the setting PLAN_AT is not set",
        "the 'enforce' function is in error: '%ENFORCE_AT%' does not resolve to a value: "
        "the setting ENFORCE_AT is not set",
    ]


def test_a_trigger_kind_that_is_not_hosted_is_refused_by_name() -> None:
    with pytest.raises(HostError, match=r"'work'.*does not host triggers of kind blobTrigger yet"):
        read_functions([indexed("tick", TIMER), indexed("work", {"type": "blobTrigger", "name": "blob"})], {})


def test_an_output_binding_that_is_not_hosted_is_refused_by_name() -> None:
    output = {"type": "table", "name": "out", "direction": "OUT"}
    with pytest.raises(HostError, match="does not host bindings of kind table yet"):
        read_functions([indexed("tick", TIMER, output)], {})


def test_a_connection_is_the_setting_of_that_name_with_the_queue_endpoint() -> None:
    [work] = read_functions([indexed("work", QUEUE)], FLEET)
    assert work == QueueFunction("work", "work", "message", Queue("https://fleet.queue.core.windows.net", "work"))


def test_a_binding_without_a_connection_uses_the_hosts_own_storage() -> None:
    settings = {"AzureWebJobsStorage__queueServiceUri": "https://host.queue.core.windows.net"}
    [work] = read_functions([indexed("work", {**QUEUE, "connection": ""})], settings)
    assert isinstance(work, QueueFunction)
    assert work.queue == Queue("https://host.queue.core.windows.net", "work")


def test_a_queue_name_is_lower_case_with_settings_filled_in() -> None:
    [work] = read_functions([indexed("work", {**QUEUE, "queueName": "%STAGE%-Work"})], {**FLEET, "STAGE": "Test"})
    assert isinstance(work, QueueFunction)
    assert work.queue.name == "test-work"


def test_a_queue_output_may_stand_beside_any_trigger() -> None:
    settings = {**FLEET, "NEXT": "next"}
    answer = {"type": "http", "name": "$return", "direction": "OUT"}
    functions = [
        indexed("tick", TIMER, OUTPUT),
        indexed("work", QUEUE, OUTPUT),
        indexed("ask", {"type": "httpTrigger", "name": "req"}, answer, OUTPUT),
    ]
    expected = (QueueOutput("out", Queue("https://fleet.queue.core.windows.net", "next")),)
    assert [function.outputs for function in read_functions(functions, settings)] == [expected] * 3


def test_a_connection_without_its_setting_is_named() -> None:
    with pytest.raises(HostError, match="Fleet__queueServiceUri is not set; connection 'Fleet' needs"):
        read_functions([indexed("work", QUEUE)], {})


@pytest.mark.parametrize("name", ["ab", "a--b", "-ab", "a_b", "a" * 64])
def test_a_name_that_storage_would_refuse_is_named(name: str) -> None:
    with pytest.raises(HostError, match=f"queue name '{name}': expected 3 to 63 letters"):
        read_functions([indexed("work", {**QUEUE, "queueName": name})], FLEET)


def test_timers_are_monitored_and_do_not_run_on_startup_unless_told() -> None:
    told = TIMER | {"useMonitor": False, "runOnStartup": True}
    [plain, changed] = read_functions([indexed("plain", TIMER), indexed("changed", told)], {})
    assert isinstance(plain, TimerFunction)
    assert isinstance(changed, TimerFunction)
    assert (plain.use_monitor, plain.run_on_startup) == (True, False)
    assert (changed.use_monitor, changed.run_on_startup) == (False, True)


@pytest.mark.parametrize("setting", ["AzureWebJobs.tick.Disabled", "AzureWebJobs__tick__Disabled"])
def test_a_function_that_a_setting_disables_is_not_hosted(setting: str) -> None:
    functions = [indexed("tick", TIMER), indexed("tock", TIMER)]
    assert [one.name for one in read_functions(functions, {setting: "true"})] == ["tock"]
    assert [one.name for one in read_functions(functions, {setting: "1"})] == ["tock"]
    assert [one.name for one in read_functions(functions, {setting: "false"})] == ["tick", "tock"]


def test_a_route_is_named_after_its_function_unless_told() -> None:
    answer = {"type": "http", "name": "$return", "direction": "OUT"}
    trigger = {"type": "httpTrigger", "name": "req", "methods": ["GET"]}
    [health] = read_functions([indexed("health", trigger, answer)], {})
    assert health == HttpFunction("health", "health", "req", "health", frozenset({"GET"}))
