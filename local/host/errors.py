"""Why does the host refuse to run an app? Every reason at once."""


class HostError(Exception):
    """The app cannot be hosted as it stands; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
