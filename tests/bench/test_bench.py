"""Do the bench's commands read, plan, refuse and complain as documented?"""

import gzip
import json

import pytest

from bench.__main__ import main

SMALL = {
    "kind": "windows",
    "slots": 48,
    "cyclic": True,
    "columns": ["duration", "load", "allowed_starts", "vault", "group"],
    "jobs": [[4, 1, [27, 28, 32], 1, 2], [4, 1, [27, 28, 32], 1, 2]],
    "vms_per_policy": 100,
    "policies_per_vault": 50,
    "ceilings": {"1": 40},
}


@pytest.fixture
def run(tmp_path, capsys):
    def run(command: str, *documents) -> tuple[int, str, str]:
        paths = []
        for number, document in enumerate(documents):
            paths.append(tmp_path / f"{number}.json")
            paths[-1].write_text(document if isinstance(document, str) else json.dumps(document))
        code = main([command, *map(str, paths)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_a_problem_is_planned_and_the_plan_confirmed(run):
    code, out, _ = run("plan", SMALL)
    plan = json.loads(out)
    assert code == 0
    assert set(plan) == {"starts", "peak", "bound", "ratio", "prices", "policies", "seconds"}
    assert (plan["peak"], plan["policies"]) == (1, 2)
    assert plan["ratio"] == pytest.approx(plan["peak"] / plan["bound"], abs=1e-5)
    assert run("check", SMALL, plan)[0] == 0
    assert run("check", SMALL, {**plan, "peak": 0})[0] == 1


def test_a_compressed_problem_is_planned(tmp_path, capsys):
    path = tmp_path / "problem.json.gz"
    path.write_bytes(gzip.compress(json.dumps(SMALL).encode()))
    assert main(["plan", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["peak"] == 1


def test_a_generated_problem_is_planned_and_confirmed(run, capsys):
    assert main(["problem", "--vms", "150", "--seed", "7", "--vaults", "2"]) == 0
    problem = capsys.readouterr().out
    code, plan, _ = run("plan", problem)
    assert code == 0
    assert run("check", problem, plan)[0] == 0


def test_a_problem_without_a_plan_is_refused_with_all_reasons(run):
    impossible = {**SMALL, "jobs": [[4, 1, [], 1, 2], [49, 1, [0], 1, 2]]}
    code, out, _ = run("plan", impossible)
    assert code == 3
    assert json.loads(out)["refused"] == [
        "job 0: it has no allowed start",
        "job 1: its duration of 49 slots is longer than the ring of 48",
    ]


def test_absent_limits_mean_a_hundred_vms_and_fifty_policies_where_there_are_vaults(run):
    columns = ["duration", "load", "allowed_starts", "vault", "group"]
    crowded = {"columns": columns, "jobs": [[1, 1, [0], 1, group] for group in range(51)]}
    code, out, _ = run("plan", crowded)
    assert code == 3
    assert "at least 51 policies" in json.loads(out)["refused"][0]
    bare = {"columns": columns[:3], "jobs": [[1, 1, [start % 48]] for start in range(51)]}
    assert run("plan", bare)[0] == 0


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("not json", "is not JSON"),
        ("[]", "must hold one JSON object, not a list"),
        ({**SMALL, "kind": "gates"}, 'kind: must be "windows" or "restores", not "gates"'),
        ({**SMALL, "columns": ["durations", "load", "allowed_starts"]}, "did you mean duration?"),
        ({**SMALL, "columns": ["duration", "load"]}, "columns: allowed_starts is missing"),
        ({**SMALL, "jobs": [[4, 1, [27], 1]]}, "job 0: must be a list of 5 values"),
        ({**SMALL, "jobs": [["4", 1, [27], 1, 1]]}, "job 0: duration: must be a whole number, not text"),
        ({**SMALL, "jobs": [[0, 1, [27], 1, 1]]}, "job 0: duration: is 0; must be at least 1"),
        ({**SMALL, "jobs": [[4, True, [27], 1, 1]]}, "job 0: load: must be a whole number, not true or false"),
        ({**SMALL, "jobs": [[4, 1, [48], 1, 1]]}, "job 0: allowed_starts: 48 is outside the ring 0..47"),
        ({**SMALL, "jobs": [[4, 1, [1.5], 1, 1]]}, "job 0: allowed_starts: must be a list of whole numbers"),
        ({**SMALL, "jobs": {}}, "jobs: must be a list of rows, not an object"),
        ({**SMALL, "vms_per_polcy": 3}, "vms_per_polcy: unknown key; did you mean vms_per_policy?"),
        ({**SMALL, "ceilings": {"north": 3}}, "ceilings: 'north' is not a vault's number"),
        ({**SMALL, "ceilings": {"1": 0}}, "ceilings[1]: is 0; must be at least 1"),
    ],
)
def test_bad_input_is_told_with_exit_code_2(run, document, message):
    code, out, err = run("plan", document)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_all_errors_are_told_together(run):
    rows = [[0, 1, [99], 1, 1], [1, -1, "x", 1, 1]]
    assert len(run("plan", {**SMALL, "jobs": rows})[2].splitlines()) == 4
    wrong = {**SMALL, "slots": 0, "cyclic": 1, "lateness": -1, "columns": ["load", "lod"], "jobs": None}
    assert len(run("plan", wrong)[2].splitlines()) == 7


def test_a_missing_file_is_told(tmp_path, capsys):
    assert main(["plan", str(tmp_path / "nowhere.json")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_a_key_that_is_not_ours_is_mentioned_and_ignored(run):
    code, _, err = run("plan", {**SMALL, "author": "x"})
    assert (code, err) == (0, "author: unknown key, ignored\n")
