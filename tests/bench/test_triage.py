"""Does `python -m bench triage` judge every job of a file, and lose none to one that cannot be read?"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from tests.cloud.recordings import SHARED, recordings

VAULT = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.RecoveryServices/vaults/V"


def job(number: int = 1, status: str = "Failed", code: object = 130001, **fields: Any) -> dict[str, Any]:
    shown = {"jobType": "AzureIaaSVMJob", "operation": "Backup", "entityFriendlyName": "app", "status": status}
    shown |= {"startTime": "2026-03-03T22:10:00Z", "endTime": "2026-03-03T22:40:00Z"} | fields
    if status not in {"Completed", "InProgress"}:
        shown["errorDetails"] = [{"errorCode": code, "errorTitle": "", "errorString": ""}]
    return {"id": f"{VAULT}/backupJobs/J{number}", "name": f"J{number}", "properties": shown}


def judged(folder: Path, capsys: pytest.CaptureFixture[str], document: Any) -> list[dict[str, Any]]:
    path = folder / "jobs.json"
    path.write_text(json.dumps(document))
    assert main(["triage", str(path)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_job_gets_name_status_family_response_and_reason(tmp_path, capsys) -> None:
    (line,) = judged(tmp_path, capsys, [job()])
    wanted = {
        "name": "J1",
        "status": "Failed",
        "family": "transient",
        "response": "retry",
        "code": "CloudInternalError",
    }
    assert {key: line[key] for key in wanted} == wanted
    assert line["retry_at"] == "2026-03-03T23:10:00+00:00"
    assert line["reason"].startswith("the service failed inside")
    assert line["what_to_do"]


def test_a_list_an_answer_and_one_job_are_read_alike(tmp_path, capsys) -> None:
    for document in ([job()], {"value": [job()], "nextLink": "x"}, job()):
        (line,) = judged(tmp_path, capsys, document)
        assert line["family"] == "transient"
    assert judged(tmp_path, capsys, []) == []


def test_what_did_not_fail_is_said_to_be_well(tmp_path, capsys) -> None:
    done, running = judged(tmp_path, capsys, [job(1, "Completed"), job(2, "InProgress", endTime=None)])
    assert (done["family"], done["response"], done["reason"]) == (None, "ignore", "it completed")
    assert (running["response"], running["reason"]) == ("ignore", "it is still running")


def test_a_row_that_cannot_be_read_costs_only_its_own_line(tmp_path, capsys) -> None:
    lines = judged(
        tmp_path, capsys, [7, job(1), job(2, startTime="soon"), {"name": "odd"}, job(3, code="ResourceNotFound")]
    )
    assert [line.get("family") for line in lines] == [None, "transient", None, None, "not_found"]
    assert lines[0]["error"] == "is no JSON object, so it is no job"
    assert "startTime 'soon' is not an instant" in lines[2]["error"]
    assert lines[3] == {"row": 3, "name": "odd", "error": "job: id is missing; expected an ARM id"}


def test_packed_files_are_read_and_unreadable_ones_refused_with_a_reason(tmp_path, capsys) -> None:
    packed = tmp_path / "jobs.json.gz"
    packed.write_bytes(gzip.compress(json.dumps([job()]).encode()))
    assert main(["triage", str(packed)]) == 0
    capsys.readouterr()
    for text, said in (("{", "is not JSON"), ("7", "must hold a list of jobs"), ('{"value": 7}', "must hold a list")):
        bad = tmp_path / "bad.json"
        bad.write_text(text)
        assert main(["triage", str(bad)]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith(f"error: {bad}: {said}")
    assert main(["triage", str(tmp_path / "none.json")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_every_recorded_job_that_failed_is_known(tmp_path, capsys) -> None:
    rows = [
        row for row in recordings() if row["op"] in {"jobs.get", "jobs.list", "crr.job.get"} and row["status"] == 200
    ]
    if not rows:
        pytest.skip("the recorded Azure answers (wire/samples.jsonl) are not at hand")
    jobs = [entry for row in rows for entry in row["response"].get("value", [row["response"]])]
    lines = judged(tmp_path, capsys, {"value": jobs})
    assert len(lines) == len(jobs)
    assert [line for line in lines if "error" in line] == []
    failed = [line for line in lines if line["status"] in {"Failed", "CompletedWithWarnings"}]
    assert len(failed) >= 5
    assert {line["family"] for line in failed} == {"not_found", "transient", "unsupported"}


def test_a_job_with_any_recorded_error_has_a_family_and_an_answer(tmp_path, capsys) -> None:
    file = SHARED / "wire" / "error_codes.json"
    if not file.is_file():
        pytest.skip("the recorded errors (wire/error_codes.json) are not at hand")
    rows = json.loads(file.read_text())
    jobs = [job(number) for number, _ in enumerate(rows)]
    for shown, row in zip(jobs, rows, strict=True):
        number, title = (row["code"], row["title"]) if isinstance(row["code"], int) else (0, row["code"])
        shown["properties"]["errorDetails"] = [{"errorCode": number, "errorTitle": title or "", "errorString": ""}]
    lines = judged(tmp_path, capsys, {"value": jobs})
    assert len(lines) == len(rows) > 10
    assert [line for line in lines if line.get("family") in {None, "unknown"}] == []
    assert all(line["response"] and line["reason"] for line in lines)
