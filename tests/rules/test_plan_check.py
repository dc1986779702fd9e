"""Does the checker confirm true plans and catch every kind of lie?"""

import pytest

from shared.rules.plan_check import check

# Three jobs of one application's vault on a small ring; separation group 7 keeps jobs 0 and 1 apart.
PROBLEM = {
    "slots": 12,
    "cyclic": True,
    "columns": ["duration", "load", "allowed_starts", "vault", "group", "separate"],
    "jobs": [[2, 1, [0, 1, 6], 1, 1, 7], [2, 1, [5, 6], 1, 1, 7], [3, 2, [8, 9], 2, 1, 0]],
    "ceilings": {"2": 2},
    "policies_per_vault": 2,
    "slots_per_group": 2,
    "lateness": 2,
}
PLAN = {"starts": [0, 6, 8], "peak": 2, "bound": 2.0, "prices": [0.0] * 9 + [1.0, 1.0, 0.0], "policies": 3}
PLAN["bound"] = 2.0 * 2 / 2


def lies(problem=None, **plan) -> list[str]:
    return check({**PROBLEM, **(problem or {})}, {**PLAN, **plan})


def test_a_true_plan_is_confirmed():
    assert lies() == []


def test_a_start_that_is_not_allowed_is_caught():
    assert lies(starts=[2, 6, 8]) == ["job 0 starts at 2, which is not one of its allowed starts"]


def test_a_start_that_runs_past_the_end_of_a_day_without_a_ring_is_caught():
    [reason] = lies({"cyclic": False, "jobs": [[2, 1, [0, 11], 1, 1, 0]]}, starts=[11])
    assert "job 0 starts at 11" in reason


def test_an_understated_peak_is_caught():
    assert lies(peak=1) == ["the peak is 2, not 1"]


def test_an_overstated_peak_is_caught():
    assert lies(peak=3) == ["the peak is 2, not 3"]


@pytest.mark.parametrize("bound", [2.01, float("nan")])
def test_an_overstated_bound_is_caught(bound):
    [reason] = lies(bound=bound)
    assert "the prices prove a bound of 2.000000" in reason


def test_a_bound_below_what_the_prices_prove_is_true():
    assert lies(bound=1.5) == []


@pytest.mark.parametrize("prices", [[-1.0] + [1.0] * 11, [0.0] * 12, [1.0] * 11, [float("nan")] * 12])
def test_prices_that_prove_nothing_are_caught(prices):
    [reason] = lies(prices=prices)
    assert reason.startswith("prices must be 12 numbers")


def test_a_missing_job_is_caught():
    assert lies(starts=[0, 6]) == ["the plan has 2 starts for 3 jobs"]


def test_a_hidden_policy_is_caught():
    assert lies(policies=2) == ["the plan needs 3 policies, not 2"]


def test_a_policy_over_the_vaults_limit_is_caught():
    assert lies({"policies_per_vault": 1}) == ["vault 1 needs 2 policies; 1 are allowed"]


def test_more_jobs_than_a_policy_holds_take_more_policies():
    jobs = [[1, 1, [0], 1, 1, 0]] * 5
    plan = {"starts": [0] * 5, "peak": 5, "bound": 0.0, "policies": 3}
    assert lies({"jobs": jobs, "vms_per_policy": 2, "policies_per_vault": 3}, **plan) == []
    [reason] = lies({"jobs": jobs, "vms_per_policy": 2, "policies_per_vault": 2}, **plan)
    assert reason == "vault 1 needs 3 policies; 2 are allowed"


def test_limits_that_are_absent_are_a_hundred_vms_and_fifty_policies():
    jobs = [[1, 1, [0], 1, 1, 0]] * 101
    problem = {"slots": 12, "columns": PROBLEM["columns"], "jobs": jobs}
    plan = {"starts": [0] * 101, "peak": 101, "bound": 0.0, "prices": [1.0] * 12, "policies": 2}
    assert check(problem, plan) == []
    crowded = {**problem, "jobs": [[1, 1, [0], 1, group, 0] for group in range(51)]}
    [reason] = check(crowded, {**plan, "starts": [0] * 51, "peak": 51, "policies": 51})
    assert reason == "vault 1 needs 51 policies; 50 are allowed"


def test_too_many_starts_of_a_group_are_caught():
    assert lies({"slots_per_group": 1}) == ["group 1 of vault 1 has 2 starts; 1 are allowed"]


def test_a_vault_above_its_ceiling_is_caught():
    assert lies({"ceilings": {"2": 1}}) == ["vault 2 reaches 2, above its ceiling of 1"]


def test_a_peak_above_the_ceiling_of_all_is_caught():
    assert lies({"ceiling": 1}) == ["the peak of 2 is above the ceiling of 1"]


def test_an_overlap_of_envelopes_is_caught():
    assert lies({"lateness": 5}) == [
        "jobs 0 and 1 of separation group 7 may overlap",
        "jobs 1 and 0 of separation group 7 may overlap",
    ]


def test_an_overlap_across_midnight_is_caught():
    jobs = [[2, 1, [0], 1, 1, 7], [2, 1, [9], 1, 1, 7]]
    plan = {"starts": [0, 9], "peak": 1, "bound": 0.0, "policies": 2}
    assert lies({"jobs": jobs}, **plan) == ["jobs 1 and 0 of separation group 7 may overlap"]
    assert lies({"jobs": jobs, "cyclic": False}, **plan) == []


def test_every_lie_is_told_together():
    assert len(lies({"ceilings": {"2": 1}}, peak=1, policies=1, bound=9.0)) == 4


def test_a_plan_without_jobs_is_confirmed():
    nothing = {"starts": [], "peak": 0, "bound": 0.0, "prices": [1.0] * 12, "policies": 0}
    assert check({**PROBLEM, "jobs": []}, nothing) == []
