"""Which answers of the pretend ARM are judged? All that any test here gets in its own process."""

from collections.abc import Iterator

import pytest

from local.arm.messages import Request, Response
from local.arm.service import Service
from tests.local.shapes import WIRE, Answer, Judge

_JUDGE = Judge(WIRE)


@pytest.fixture(autouse=True)
def judged_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test where an answer differs from Azure's shapes; judge nothing where the recordings are absent."""
    if not (WIRE / "samples.jsonl").is_file():
        yield
        return
    differences: list[str] = []
    handle = Service.handle

    def judged(service: Service, request: Request) -> Response:
        answer = handle(service, request)
        if not answer.dropped:
            made = Answer(request.method, request.path, answer.status, answer.headers, answer.body)
            differences.extend(_JUDGE.differences(made))
        return answer

    monkeypatch.setattr(Service, "handle", judged)
    yield
    assert list(dict.fromkeys(differences)) == []
