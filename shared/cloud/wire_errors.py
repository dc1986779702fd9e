"""What do a job's errors say? `errorDetails` and what else a job tells of its failure, as our nouns."""

from shared.cloud.wire_values import Wire, entries, mapping, number, text, truth
from shared.model.azure import JobError


def errors_from(properties: Wire) -> tuple[JobError, ...]:
    """Read a job's errors, from its properties.

    A job without `errorDetails` may still have a message in its details, which stands for them.
    """
    found = tuple(_error(mapping(entry), properties) for entry in entries(properties.get("errorDetails")))
    message = text(mapping(properties.get("extendedInfo")).get("dynamicErrorMessage"))
    return found or ((JobError(0, "", message),) if message else ())


def _error(entry: Wire, properties: Wire) -> JobError:
    """Read one entry. Its code is a number, digits, or, from some workloads, the name."""
    said = entry.get("errorCode")
    digits = text(said).strip()
    code = number(said)
    if code is None and digits.isascii() and digits.isdecimal() and len(digits) < 10:
        code = int(digits)
    retryable = truth(entry.get("isRetryable"))
    return JobError(
        code=code or 0,
        title=text(entry.get("errorTitle")) or (digits if code is None else ""),
        text=text(entry.get("errorString")),
        recommendations=tuple(words for line in entries(entry.get("recommendations")) if (words := text(line))),
        retryable=truth(properties.get("isRetryable")) if retryable is None else retryable,
    )
