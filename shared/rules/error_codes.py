"""Which error is this? Azure Backup's codes found by number, by name, or inside a sentence."""

import re
from collections.abc import Iterator

from shared.model.failures import Failure, Family, Kind, Response
from shared.rules.error_table import TABLE, Code

NOT_STARTED = Code(Family.TRANSIENT, ("not-started",), "its scheduled backup did not start")
COLLIDED = Code(Family.WAIT, ("collided",), "its scheduled backup was lost, because another one was running")
VM_GONE = Code(Family.NOT_FOUND, ("vm-gone",), "it does not exist any more, so its backup does not run")
CANCELLED = Code(Family.TRANSIENT, ("cancelled",), "somebody cancelled it", answer=Response.IGNORE)
UNNAMED = Code(Family.UNKNOWN, ("unnamed",), "the job names no error")

_WITHOUT_ERROR = {
    Kind.OVERDUE: NOT_STARTED,
    Kind.NEVER_STARTED: NOT_STARTED,
    Kind.COLLIDED: COLLIDED,
    Kind.MISSING_VM: VM_GONE,
    Kind.CANCELLED: CANCELLED,
}
_BY_NUMBER = {number: code for code in TABLE for number in code.numbers}
_BY_NAME = {name.lower(): code for code in TABLE for name in code.names if not name.endswith("*")}
_BEGINNINGS = {name[:-1].lower(): code for code in TABLE for name in code.names if name.endswith("*")}
_WORD = re.compile(r"[a-z][a-z0-9]*", re.ASCII)


def known(number: int, *texts: str) -> Code | None:
    """Return the known code of an error: by its number, else by the first name in its texts; None where there is none.

    Names count without case, alone or inside a sentence.
    """
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    return next((code for text in texts for word in _WORD.findall(text.lower()) for code in _named(word)), None)


def code_of(failure: Failure) -> Code:
    """Return what a failure is; an error that is not known gets a code of its own, of family unknown.

    Of a failure without a job, or of a cancelled one, its kind says what it is.
    """
    found = _WITHOUT_ERROR.get(failure.kind) or known(failure.code, failure.name, failure.text)
    if found is not None:
        return found
    if not (failure.code or failure.name or failure.text):
        return UNNAMED
    seen = f"number {failure.code or 'none'}, name {failure.name or 'none'}, text {failure.text or 'none'}"
    name = failure.name or (str(failure.code) if failure.code else UNNAMED.name)
    return Code(Family.UNKNOWN, (name,), f"it failed with an error that is not known: {seen}")


def _named(word: str) -> Iterator[Code]:
    if word in _BY_NAME:
        yield _BY_NAME[word]
    yield from (code for beginning, code in _BEGINNINGS.items() if word.startswith(beginning))
