"""What triggers each function? The worker's raw bindings, with settings filled in, or every reason why not."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.host.errors import HostError
from local.host.keys import Level
from local.host.schedule import Schedule, ScheduleError

_SETTING = re.compile(r"%([^%]+)%")
_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
_HOST_STORAGE = "AzureWebJobsStorage"
"""The connection of a binding that names none."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A function as the worker library indexed it; `raw_bindings` are JSON texts with `%NAME%` unresolved."""

    function_id: str
    name: str
    raw_bindings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """Where a queue is: the queue endpoint of its storage account, without a trailing slash, and its name."""

    endpoint: str
    name: str


@dataclass(frozen=True, slots=True)
class QueueOutput:
    """A parameter that a function fills for a queue; `$return` is what it returns."""

    argument: str
    queue: Queue


@dataclass(frozen=True, slots=True)
class TimerFunction:
    """A function that a timer triggers; `argument` is the parameter that takes the tick."""

    function_id: str
    name: str
    argument: str
    schedule: Schedule
    run_on_startup: bool
    use_monitor: bool
    outputs: tuple[QueueOutput, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpFunction:
    """A function behind a route, whose key `level` tells; no `methods` means all of them."""

    function_id: str
    name: str
    argument: str
    route: str
    methods: frozenset[str]
    outputs: tuple[QueueOutput, ...] = ()
    level: Level = Level.FUNCTION


@dataclass(frozen=True, slots=True)
class QueueFunction:
    """A function that queue messages trigger; `argument` is the parameter that takes one."""

    function_id: str
    name: str
    argument: str
    queue: Queue
    outputs: tuple[QueueOutput, ...] = ()


@dataclass(frozen=True, slots=True)
class EventGridFunction:
    """A function that Event Grid calls by its name; `argument` is the parameter that takes one event."""

    function_id: str
    name: str
    argument: str
    outputs: tuple[QueueOutput, ...] = ()


type Hosted = TimerFunction | HttpFunction | QueueFunction | EventGridFunction


def read_functions(indexed: Sequence[Indexed], settings: Mapping[str, str]) -> list[Hosted]:
    """Return the hosted functions in the app's order, without those that a setting disables.

    Raise HostError with every function that cannot be hosted. Azure would leave out only the functions in error and
    run the others; here a night with a silent gap would be worse than none.
    """
    hosted: list[Hosted] = []
    problems: list[str] = []
    for function in indexed:
        if _disabled(function.name, settings):
            continue
        try:
            hosted.append(_hosted(function, settings))
        except HostError as error:
            problems += [f"the '{function.name}' function is in error: {problem}" for problem in error.problems]
    if problems:
        raise HostError(problems)
    return hosted


def _disabled(name: str, settings: Mapping[str, str]) -> bool:
    """Return whether AzureWebJobs.NAME.Disabled says so, in which Linux writes __ for each dot."""
    said = settings.get(f"AzureWebJobs.{name}.Disabled") or settings.get(f"AzureWebJobs__{name}__Disabled", "")
    return said.lower() in {"true", "1"}


def _hosted(function: Indexed, settings: Mapping[str, str]) -> Hosted:
    bindings = [json.loads(text) for text in function.raw_bindings]
    triggers = [binding for binding in bindings if binding["type"].lower().endswith("trigger")]
    others = [binding for binding in bindings if binding not in triggers]
    if len(triggers) != 1:
        raise HostError([f"it has {len(triggers)} triggers; expected one"])
    trigger = triggers[0]
    if (read := _READERS.get(trigger["type"])) is None:
        raise HostError([f"the local host does not host triggers of kind {trigger['type']} yet"])
    hosted_kinds = {"queue", "http"} if trigger["type"] == "httpTrigger" else {"queue"}
    if strange := sorted({binding["type"] for binding in others} - hosted_kinds):
        raise HostError([f"the local host does not host bindings of kind {', '.join(strange)} yet"])
    outputs = tuple(
        QueueOutput(binding["name"], _place(binding, settings)) for binding in others if binding["type"] == "queue"
    )
    return replace(read(function, trigger, settings), outputs=outputs)


def _timer(function: Indexed, trigger: Mapping[str, Any], settings: Mapping[str, str]) -> TimerFunction:
    try:
        schedule = Schedule.parse(resolve(trigger["schedule"], settings))
    except ScheduleError as error:
        raise HostError([str(error)]) from error
    return TimerFunction(
        function_id=function.function_id,
        name=function.name,
        argument=trigger["name"],
        schedule=schedule,
        run_on_startup=_is_true(trigger.get("runOnStartup"), default=False),
        use_monitor=_is_true(trigger.get("useMonitor"), default=True),
    )


def _http(function: Indexed, trigger: Mapping[str, Any], _: Mapping[str, str]) -> HttpFunction:
    methods = frozenset(str(method).upper() for method in trigger.get("methods") or ())
    route = trigger.get("route") or function.name
    level = Level(str(trigger.get("authLevel") or Level.FUNCTION).lower())
    return HttpFunction(function.function_id, function.name, trigger["name"], route, methods, level=level)


def _queue(function: Indexed, trigger: Mapping[str, Any], settings: Mapping[str, str]) -> QueueFunction:
    return QueueFunction(function.function_id, function.name, trigger["name"], _place(trigger, settings))


def _event_grid(function: Indexed, trigger: Mapping[str, Any], _: Mapping[str, str]) -> EventGridFunction:
    return EventGridFunction(function.function_id, function.name, trigger["name"])


_READERS: dict[str, Callable[[Indexed, Mapping[str, Any], Mapping[str, str]], Hosted]] = {
    "timerTrigger": _timer,
    "httpTrigger": _http,
    "queueTrigger": _queue,
    "eventGridTrigger": _event_grid,
}


def _place(binding: Mapping[str, Any], settings: Mapping[str, str]) -> Queue:
    """Return the queue of a trigger or an output. The host lower-cases its name, as Azure's does."""
    connection = binding.get("connection") or _HOST_STORAGE
    setting = f"{connection}__queueServiceUri"
    name = resolve(binding["queueName"], settings).lower()
    problems = []
    if not settings.get(setting):
        problems.append(f"{setting} is not set; connection '{connection}' needs the queue endpoint of its account")
    if not _QUEUE_NAME.fullmatch(name):
        problems.append(f"queue name '{name}': expected 3 to 63 letters and digits, with single hyphens in between")
    if problems:
        raise HostError(problems)
    return Queue(settings[setting].rstrip("/"), name)


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Replace each `%NAME%` by the setting of that name; raise HostError with every name that has no setting."""
    missing = sorted({name for name in _SETTING.findall(text) if name not in settings})
    if missing:
        raise HostError([f"'%{name}%' does not resolve to a value: the setting {name} is not set" for name in missing])
    return _SETTING.sub(lambda found: settings[found.group(1)], text)


def _is_true(value: object, *, default: bool) -> bool:
    return default if value is None else str(value).lower() == "true"
