"""Does the bench plan problems of restores, check what is claimed, and refuse what is no problem?"""

import json

import pytest

from bench.__main__ import main
from bench.restores import problem, smoke

SMALL = {"kind": "restores", "minutes": [28, 17, 90, 30.5], "accounts": 2}


@pytest.fixture
def run(tmp_path, capsys):
    def run(command: str, *documents) -> tuple[int, str, str]:
        paths = []
        for number, document in enumerate(documents):
            paths.append(tmp_path / f"{number}.json")
            paths[-1].write_text(json.dumps(document))
        code = main([command, *map(str, paths)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_a_problem_is_planned_and_the_plan_confirmed(run) -> None:
    code, out, _ = run("plan", SMALL)
    plan = json.loads(out)
    assert code == 0
    assert set(plan) == {"account", "order", "makespan", "bound", "ratio", "seconds"}
    assert (plan["makespan"], plan["bound"], plan["ratio"]) == (90.0, 90, 1.0)
    assert run("check", SMALL, plan)[:2] == (0, "confirmed: makespan 90.0, bound 90.0\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"makespan": 89.0}, "makespan: is 89.0; recomputed 90"),
        ({"makespan": "90"}, 'makespan: is "90"; recomputed 90'),
        ({"bound": 91}, "bound: is 91; recomputed 90"),
        ({"account": [0, 0, 0, 2]}, "account: must give each of 4 restores one of 2 accounts"),
        ({"account": [0, 0, 0]}, "account: must give each"),
        ({"order": [0, 1, 2, 2]}, "order: must name each restore once"),
        ({"account": [0, 0, 0, 0]}, "makespan: is 90.0; recomputed 165.5"),
    ],
)
def test_a_plan_that_claims_too_much_is_not_confirmed(run, changes, said: str) -> None:
    plan = json.loads(run("plan", SMALL)[1])
    code, out, _ = run("check", SMALL, {**plan, **changes})
    assert (code, said in out) == (1, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accounts": 0}, "accounts: is 0; must be a whole number of at least 1"),
        ({"accounts": True}, "accounts: is true"),
        ({"minutes": 5}, "minutes: must be a list of minutes"),
        ({"minutes": [1, 0, "x", float("nan")]}, "minutes[3]: is NaN; must be minutes above 0"),
        ({"guesses": [1]}, "guesses: has 1 lengths; must have one for each of the minutes"),
        ({"guess": [1]}, "guess: unknown key; did you mean guesses?"),
        ({"minutes": [0] * 60}, "and 10 more errors"),
    ],
)
def test_what_is_no_problem_is_refused_with_every_reason(run, changes, said: str) -> None:
    for command, more in (("plan", []), ("check", [{}])):
        code, _, err = run(command, {**SMALL, **changes}, *more)
        assert (code, said in err) == (2, True), err


def test_no_restores_take_no_time_and_guesses_decide_the_order(run) -> None:
    assert json.loads(run("plan", {**SMALL, "minutes": []})[1])["ratio"] == 1.0
    guessed = json.loads(run("plan", {**SMALL, "guesses": [1, 99, 2, 3]})[1])
    assert guessed["order"][0] == 1


def test_a_thousand_restores_end_as_near_to_the_bound_as_is_promised(capsys) -> None:
    assert smoke() == 0
    assert capsys.readouterr().out.count("1,000 restores on 50 accounts: makespan / bound 1.00") == 2
    assert problem(10, 2, 1) == problem(10, 2, 1)
