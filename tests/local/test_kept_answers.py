"""Are the answers of other processes kept, one of each shape, and would a wrong one be told of?"""

import json
from pathlib import Path

import pytest

from local.arm.answers import Answers
from local.arm.messages import Request, Response
from tests.judged import differences
from tests.local.shapes import WIRE

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v"
GET = Request("GET", f"{VAULT}x", {}, {}, "", "me")


def missing(**error: object) -> Response:
    return Response(404, {"error": {"code": "ResourceNotFound", "message": "It is not there.", **error}})


def test_one_answer_of_each_shape_is_kept(tmp_path: Path) -> None:
    answers = Answers(str(tmp_path))
    for answer in (missing(), missing(message="Neither here."), missing(colour="blue"), Response(0, dropped=True)):
        answers.keep(GET, answer, "Microsoft.RecoveryServices/vaults/read")
    (file,) = tmp_path.iterdir()
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one["status"] for one in kept] == [404, 404]
    assert "colour" in kept[1]["body"]["error"]


def test_without_a_folder_nothing_is_kept() -> None:
    Answers().keep(GET, missing(), "")


def test_a_wrong_answer_of_another_process_is_told_of(tmp_path: Path) -> None:
    if not (WIRE / "samples.jsonl").is_file():
        pytest.skip(f"no recordings at {WIRE}")
    answers = Answers(str(tmp_path))
    answers.keep(GET, missing(), "a")
    assert differences(tmp_path) == []
    answers.keep(GET, missing(colour="blue"), "a")
    assert "the error has the fields" in differences(tmp_path)[0]
