"""How many reads of jobs are left in this hour? What the backup service says with each, by subscription."""

from collections.abc import Callable

from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest, HttpResponse

_LEFT = "x-ms-ratelimit-remaining-subscription-resource-requests"
"""Header: how many more calls of the same action the service allows the subscription in this hour."""

type AnswerHook = Callable[[PipelineResponse[HttpRequest, HttpResponse]], None]


class JobReads:
    """One count for all that reads jobs, lists and details alike: the service counts them together."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}

    def noting(self, subscription: str) -> AnswerHook:
        """Return a hook for answers to reads of the subscription's jobs."""

        def note(answer: PipelineResponse[HttpRequest, HttpResponse]) -> None:
            said = answer.http_response.headers.get(_LEFT, "")
            if said.isdecimal():
                self._left[subscription.lower()] = int(said)

        return note

    def left(self, subscription: str) -> int | None:
        """Return how many more the service allows in this hour, as it last said; None: not said yet."""
        return self._left.get(subscription.lower())
