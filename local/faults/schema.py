"""What may a fault plan say? Its JSON Schema, from which its check is made as well.

`$comment` says in words why a value that breaks `not` or `anyOf` is refused.
"""

from typing import Any

type Schema = dict[str, Any]

ANSWERS = ("500", "503", "504", "drop")
"""Kinds that put another answer, or none, in the place of the service's."""
KINDS = ("429", *ANSWERS, "stuck", "drift", "slow")
WORLD_KINDS = ("late_jobs", "missing_jobs", "unlisted_jobs")
HOURS_STUCK = 24
EFFECT, FAILED = "effect", "failed"
"""How an operation that was stuck ends."""
CODE = "CloudInternalError"


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_TEXT: Schema = {"type": "string"}
_NAME: Schema = {"type": "string", "minLength": 1}
_RATE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_WHEN: Schema = {"enum": ["before", "after"], "description": "before or after the call's effect"}
_MATCH = _object(
    [],
    method=_TEXT,
    path={**_TEXT, "description": "part of the path, compared without case"},
    label={**_TEXT, "description": "part of the caller's label, a function's name for instance"},
)
_STUCK_MATCH = _object(
    [],
    method={"enum": ["PUT", "DELETE"], "description": "only these begin an operation that goes on after the answer"},
    path={
        "type": "string",
        "not": {"pattern": "[bB]ackup[pP]olicies"},
        "$comment": "a policy write has its effect at once, so there is no operation that could be stuck",
    },
    label=_TEXT,
)
_ONE_OF_NTH_EVERY_RATE: Schema = {
    "anyOf": [{"required": list(pair)} for pair in (("nth", "every"), ("nth", "rate"), ("every", "rate"))]
}


def _rule(kinds: tuple[str, ...], *required: str, match: Schema = _MATCH, **own: Schema) -> Schema:
    shape = _object(
        ["kind", *required],
        kind={"enum": list(kinds)},
        match=match,
        nth={"type": "array", "items": _COUNT, "description": "which of the matching calls; 1 is the first"},
        every={**_COUNT, "description": "each so-manieth of the matching calls"},
        rate={**_RATE, "description": "the share of the matching calls, drawn from the seed"},
        times={**_COUNT, "description": "at most so often"},
        **own,
    )
    return shape | {
        "not": _ONE_OF_NTH_EVERY_RATE,
        "$comment": "nth, every and rate exclude each other",
    }


def _act(kind: str, *required: str, **own: Schema) -> Schema:
    return _object(["kind", *required], kind={"enum": [kind]}, **own)


_SUBJECT: Schema = {**_NAME, "description": "an ARM id; that of the call where it is left out"}
_ACT: Schema = {
    "description": "what a person does by hand",
    "oneOf": [
        _act("assign", "policy", policy={**_NAME, "description": "a policy's name in the item's vault"}, item=_SUBJECT),
        _act(
            "edit",
            policy_id=_SUBJECT,
            start={"type": "string", "pattern": "^([01][0-9]|2[0-3]):(00|30)$", "description": "HH:MM"},
            properties={"type": "object", "description": "top-level properties of the policy"},
        )
        | {
            "anyOf": [{"required": ["start"]}, {"required": ["properties"]}],
            "$comment": "an edit changes something: start, or properties",
        },
        _act("tag", "tags", vm=_SUBJECT, tags={"type": "object", "description": "null removes a tag"}),
        _act("stop", item=_SUBJECT),
        _act("create", "name", like=_SUBJECT, name=_NAME),
        _act("delete", vm=_SUBJECT),
    ],
}
_HIDDEN: Schema = {"type": "number", "exclusiveMinimum": 5}
_VM: Schema = {**_TEXT, "description": "part of the VM's id, compared without case; all VMs where it is left out"}

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Fault plan of the local Azure",
    **_object(
        [],
        rules={
            "type": "array",
            "description": "faults of calls; of several that strike one call, the first decides",
            "items": {
                "oneOf": [
                    _rule(("429",), when={"enum": ["before"], "description": "a throttled call was not begun"}),
                    _rule(ANSWERS, when=_WHEN),
                    _rule(
                        ("stuck",),
                        match=_STUCK_MATCH,
                        when={"enum": ["before", "after"], "description": "whether the effect is stuck as well"},
                        hours={"type": "number", "exclusiveMinimum": 0, "default": HOURS_STUCK},
                        outcome={"enum": [EFFECT, FAILED], "default": EFFECT},
                        code={**_NAME, "default": CODE, "description": "with which it ends where it fails"},
                    ),
                    _rule(("drift",), "act", when=_WHEN, act=_ACT),
                    _rule(("slow",), "seconds", when=_WHEN, seconds={"type": "number", "exclusiveMinimum": 0}),
                ]
            },
        },
        world={
            "type": "array",
            "description": "faults of scheduled runs, whoever calls; drawn from the seed, the VM and the slot",
            "items": {
                "oneOf": [
                    _object(
                        ["kind", "hours"],
                        kind={"enum": ["late_jobs"]},
                        rate={**_RATE, "default": 1},
                        hours={"type": "number", "exclusiveMinimum": 2, "description": "it starts 2 to so many late"},
                        vm=_VM,
                    ),
                    _object(["kind", "rate"], kind={"enum": ["missing_jobs"]}, rate=_RATE, vm=_VM),
                    _object(
                        ["kind", "minutes"],
                        kind={"enum": ["unlisted_jobs"]},
                        rate={**_RATE, "default": 1},
                        minutes={**_HIDDEN, "description": "it is listed 5 to so many minutes after it began"},
                        vm=_VM,
                    ),
                ]
            },
        },
    ),
    "anyOf": [{"required": ["rules"]}, {"required": ["world"]}],
    "$comment": "there must be a list `rules`, or a list `world`",
}
