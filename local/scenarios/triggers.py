"""Which functions does the app declare, and what starts each? As its own library indexes them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import function_app

TIMER, QUEUE, EVENT, ROUTE = "timerTrigger", "queueTrigger", "eventGridTrigger", "httpTrigger"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: the kind of its trigger, and its schedule or queue, "" for triggers that have neither."""

    name: str
    trigger: str
    setting: str
    body: Callable[[Any], Any]


@cache
def functions() -> tuple[Function, ...]:
    """Return the app's functions in the order in which it declares them."""
    app: Any = function_app.app
    found = []
    # The library names every function of an app once; whoever asks again would be refused.
    app.functions_bindings = None
    for function in app.get_functions():
        trigger = function.get_trigger()
        if trigger is not None:
            declared = trigger.get_dict_repr()
            setting = declared.get("schedule") or declared.get("queueName") or ""
            found.append(Function(function.get_function_name(), trigger.type, setting, function.get_user_function()))
    app.functions_bindings = None
    return tuple(found)


def started_by(trigger: str) -> tuple[Function, ...]:
    """Return the functions with one kind of trigger."""
    return tuple(function for function in functions() if function.trigger == trigger)
