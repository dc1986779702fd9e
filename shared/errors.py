"""May this be tried again? Errors split first by that question."""


class FleetError(Exception):
    """Anything that Nightshift itself raises."""


class Transient(FleetError):
    """The service may answer later. `retry_after` is in seconds, None where the service did not say.

    `refused` is True where the service is known not to have begun (429): then, and only then, the same
    request may be sent again without first reading what became of it.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, refused: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.refused = refused


class Permanent(FleetError):
    """Trying again cannot help; `code` is the service's own error code, "" where there is none."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class BadMessage(FleetError):
    """Somebody else's words could not be read; every reason is listed, and redelivery cannot repair it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class MissingSettings(Permanent):
    """Deployment settings are absent or unreadable; all of them are named at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings: " + "; ".join(problems), "MissingSettings")
        self.problems = problems
