"""Which functions does the app have? Each with what starts it, as the library of Azure indexes them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import azure.functions as func

from functions import backup_windows, job_failures, on_demand, protection, restores, retention, review

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
    """Return the functions of all trigger modules, as the app's own library indexes them."""
    app = func.FunctionApp()
    for module in (backup_windows, job_failures, on_demand, protection, restores, retention, review):
        app.register_functions(module.bp)
    found = []
    for function in app.get_functions():
        trigger = function.get_trigger()
        if trigger is not None:
            declared = trigger.get_dict_repr()
            setting = declared.get("schedule") or declared.get("queueName") or ""
            name = str(function.get_function_name())
            found.append(Function(name, str(trigger.type), setting, function.get_user_function()))
    return tuple(found)


def started_by(trigger: str) -> tuple[Function, ...]:
    """Return the functions with one kind of trigger."""
    return tuple(function for function in functions() if function.trigger == trigger)
