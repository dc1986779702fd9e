"""How is a function run? By the library that Azure itself runs, in this process, fed with plain messages."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime

from local.host.bindings import Indexed
from local.host.errors import HostError


class Message:
    """Any message of the worker protocol: its fields are its attributes."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


class StatusResult(Message):
    """How a request ended."""

    Failure, Success, Cancelled = 0, 1, 2


class BindingInfo(Message):
    """Which way a binding points."""

    undefined, out, inout = 0, 1, 2


class TypedData(Message):
    """A value with exactly one attribute, named after its kind: string, json, bytes or http."""

    def WhichOneof(self, _: str) -> str | None:  # noqa: N802 (protobuf's name, called by the library)
        """Name the kind of the value."""
        return next(iter(self.__dict__), None)


class ParameterBinding(Message):
    """A value for one parameter."""

    def WhichOneof(self, _: str) -> str:  # noqa: N802 (protobuf's name, called by the library)
        """Name the field that carries the value."""
        return "data"


class Protocol:
    """The message classes that the library asks for by name."""

    StatusResult, BindingInfo, TypedData, ParameterBinding = StatusResult, BindingInfo, TypedData, ParameterBinding

    def __getattr__(self, name: str) -> type[Message]:
        return Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one invocation.

    `returned` is what an HTTP function answered, None where it did not; `outputs` are the bodies that it gave to each
    output binding, by the name of the parameter.
    """

    error: str | None
    trace: str
    returned: Any = None
    outputs: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)


class Worker:
    """The library with one app loaded. One per process: the library keeps its state in globals."""

    def __init__(self) -> None:
        self._protocol = Protocol()
        self._numbers = itertools.count(1)

    async def load(self, directory: Path) -> list[Indexed]:
        """Index `function_app.py` of `directory`, which is on the module path; raise HostError where that fails."""
        runtime.start_threadpool_executor()
        answer = await runtime.worker_init_request(
            self._request(worker_init_request=Message(capabilities={}, function_app_directory=str(directory)))
        )
        if answer.result.status != StatusResult.Success:
            raise HostError([f"the app could not be indexed: {answer.result.exception.message}"])
        metadata = await runtime.functions_metadata_request(self._request())
        if metadata.function_metadata_results is None:
            raise HostError([f"{directory} has no function_app.py"])
        return [
            Indexed(found.function_id, found.name, tuple(found.raw_bindings))
            for found in metadata.function_metadata_results
        ]

    async def tick(self, function_id: str, argument: str, timer: Mapping[str, object]) -> Outcome:
        """Run a timer function with `timer`, the body that the host sends for a tick."""
        return await self._invoke(function_id, argument, TypedData(json=json.dumps(timer)))

    async def answer(self, function_id: str, argument: str, request: Message) -> Outcome:
        """Run an HTTP function with `request`, a message with method, url, headers, query, params and body."""
        return await self._invoke(function_id, argument, TypedData(http=request))

    async def receive(
        self, function_id: str, argument: str, body: str | bytes, metadata: Mapping[str, str | int | datetime]
    ) -> Outcome:
        """Run a queue function with the body of a message; `metadata` is what the trigger knows beside it."""
        data = TypedData(string=body) if isinstance(body, str) else TypedData(bytes=body)
        return await self._invoke(
            function_id, argument, data, {name: _typed(value) for name, value in metadata.items()}
        )

    async def notify(self, function_id: str, argument: str, event: str) -> Outcome:
        """Run an Event Grid function with the JSON text of one event."""
        return await self._invoke(function_id, argument, TypedData(json=event))

    def close(self) -> None:
        """Let the thread pool end."""
        runtime.stop_threadpool_executor()

    async def _invoke(
        self, function_id: str, argument: str, data: TypedData, metadata: Mapping[str, TypedData] | None = None
    ) -> Outcome:
        response = await runtime.invocation_request(
            self._request(
                invocation_request=Message(
                    invocation_id=f"local-{next(self._numbers)}",
                    function_id=function_id,
                    input_data=[ParameterBinding(name=argument, data=data)],
                    trigger_metadata=metadata or {},
                    trace_context=Message(trace_parent="", trace_state="", attributes={}),
                    retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
                )
            )
        )
        if response.result.status == StatusResult.Success:
            given = {output.name: output.data for output in response.output_data} | {"$return": response.return_value}
            outputs = {name: _bodies(data) for name, data in given.items() if data is not None}
            return Outcome(None, "", response.return_value, outputs)
        failure = response.result.exception
        return Outcome(failure.message, failure.stack_trace)

    def _request(self, **body: object) -> SimpleNamespace:
        properties = {"host": "127.0.0.1", "protos": self._protocol}
        return SimpleNamespace(request=SimpleNamespace(**body), properties=properties)


def _typed(value: str | int | datetime) -> TypedData:
    """Return trigger metadata as the host sends it: texts as texts, numbers and instants as JSON."""
    if isinstance(value, str):
        return TypedData(string=value)
    return TypedData(json=json.dumps(value.isoformat() if isinstance(value, datetime) else value))


def _bodies(data: Any) -> tuple[bytes, ...]:
    """Return what a function gave to an output binding: one body, or one for each element of a list."""
    match data.WhichOneof("data"):
        case "string":
            return (data.string.encode(),)
        case "bytes":
            return (data.bytes,)
        case "json":
            value = json.loads(data.json)
            parts = value if isinstance(value, list) else [value]
            return tuple((part if isinstance(part, str) else json.dumps(part)).encode() for part in parts)
        case _:
            return ()
