"""Do the policy commands check, describe and publish, and touch Azure only to publish?"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import wiring
from shared.ports import Ports
from tests.nightshift.conftest import Run
from tests.nightshift.small_fleet import POLICY_TEXT, Small

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "fleet.yaml"
TEN = ROOT / "tests" / "fleet_policy" / "bad" / "ten_mistakes.yaml"


@pytest.fixture
def asked_for_ports() -> Iterator[list[str]]:
    asked: list[str] = []

    def refuse() -> Ports:
        asked.append("ports")
        raise AssertionError("a check needs no port")

    wiring.set_source(refuse)
    yield asked
    wiring.set_source(None)


def test_ten_mistakes_are_ten_lines_on_stderr_exit_2_and_no_call(run: Run, asked_for_ports: list[str]) -> None:
    result = run("policy", "check", str(TEN))
    said = result.stderr.splitlines()
    assert (result.exit_code, len(said), result.stdout) == (2, 10, "")
    assert [line.split(":")[0] for line in said] == [f"line {n}" for n in (5, 7, 8, 9, 13, 15, 18, 21, 22, 23)]
    assert asked_for_ports == []


def test_ten_mistakes_are_ten_problems_of_one_json_object(run: Run, asked_for_ports: list[str]) -> None:
    result = run("policy", "check", str(TEN), "--output", "json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ok"]) == (2, False)
    assert answer["problems"] == result.stderr.splitlines()
    assert asked_for_ports == []


def test_a_check_loads_no_azure_package() -> None:
    words = f"import sys\nsys.argv[1:] = ['policy', 'check', {str(SAMPLE)!r}]\nfrom nightshift.__main__ import app\n"
    code = (
        words + "app(standalone_mode=False)\nprint([name for name in sys.modules if name.split('.')[0] == 'azure'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_program_exits_with_2_and_names_the_lines() -> None:
    words = [sys.executable, "-m", "nightshift", "policy", "check", str(TEN)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (2, 10, "")


def test_a_good_policy_is_one_line(run: Run, asked_for_ports: list[str]) -> None:
    result = run("policy", "check", str(SAMPLE))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "is valid: version " in result.stdout
    assert "tiers critical, standard" in result.stdout
    assert len(result.stdout.splitlines()) == 1
    assert asked_for_ports == []


def test_a_good_policy_is_one_json_object(run: Run) -> None:
    answer = json.loads(run("policy", "check", str(SAMPLE), "--output", "json").stdout)
    assert (answer["ok"], answer["tiers"]) == (True, ["critical", "standard"])


def test_fleet_yaml_of_the_folder_is_checked_when_none_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("policy", "check").exit_code == 2
    Path("fleet.yaml").write_text(POLICY_TEXT)
    assert run("policy", "check").stdout.startswith("fleet.yaml is valid")


def test_a_file_that_is_not_text_is_refused_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_bytes(b"\xff\xfe\x00")
    result = run("policy", "check", str(tmp_path / "fleet.yaml"))
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
    assert "expected a readable file in UTF-8" in result.stderr


def test_the_exported_schema_is_what_the_command_prints(run: Run) -> None:
    assert run("policy", "schema").stdout == (ROOT / "samples" / "fleet.schema.json").read_text()


def test_a_good_policy_is_published_as_it_is(run: Run, small: Small) -> None:
    result = run("policy", "publish", str(SAMPLE))
    assert (result.exit_code, small.policies.text) == (0, SAMPLE.read_text())
    assert "is published: version " in result.stdout


def test_a_policy_that_keeps_less_than_the_one_in_force_is_not_published(
    run: Run, small: Small, tmp_path: Path
) -> None:
    less = tmp_path / "fleet.yaml"
    less.write_text(POLICY_TEXT.replace("days: 30", "days: 14"))
    result = run("policy", "publish", str(less))
    assert result.exit_code == 2
    assert "tiers.standard: daily points: 30 days -> 14 days" in result.stderr
    assert small.policies.text == POLICY_TEXT


def test_a_smaller_tier_may_be_published_under_a_new_name(run: Run, small: Small, tmp_path: Path) -> None:
    less = tmp_path / "fleet.yaml"
    less.write_text(POLICY_TEXT.replace("days: 30", "days: 14").replace("standard", "short"))
    assert run("policy", "publish", str(less)).exit_code == 0
    assert small.policies.text == less.read_text()


def test_a_bad_policy_is_not_published(run: Run, small: Small) -> None:
    result = run("policy", "publish", str(TEN))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 10)
    assert small.policies.text == POLICY_TEXT
