"""What BuildRequest returns: names, attempts, sizes, defaults, and inputs that are no arguments."""

import json

import pytest

from lambdas import build_request
from tests.support.arguments import CUSTOM_IMAGE
from training_job.arguments.guard_rails import GuardRails
from training_job.attempt import ExecutionContext, Progress
from training_job.failure import LONGEST_CAUSE
from training_job.job_name import OWNER_VARIABLE, attempt_name, default_job_name
from training_job.request.submission import LARGEST_REQUEST, STARTED_BY, submission

EXECUTION = ExecutionContext(
    "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run", "2026-01-31T10:00:00.123Z"
)
NOW = "2026-01-31T10:00:01.000Z"


def submitted(given, progress=None, **rails):
    return submission(
        given,
        guard_rails=GuardRails(**rails),
        execution=EXECUTION,
        progress=progress or Progress(),
        now=NOW,
    ).to_json()


def test_the_default_name_is_the_documented_one_and_the_same_for_the_same_execution():
    name = submitted(CUSTOM_IMAGE)["request"]["TrainingJobName"]
    assert name.startswith("TrainingJob-20260131100000-")
    assert name == default_job_name(EXECUTION.arn, EXECUTION.started_at)
    assert name != default_job_name(EXECUTION.arn + "2", EXECUTION.started_at)
    assert default_job_name("a", "2026-01-31T11:00:00+01:00")[:26] == name[:26]


@pytest.mark.parametrize(
    ("base", "attempt", "name"),
    [
        ("job", 1, "job"),
        ("job", 2, "job-2"),
        ("a" * 63, 2, "a" * 61 + "-2"),
        ("a" * 60 + "-bc", 2, "a" * 60 + "-2"),
        ("a" * 63, 12, "a" * 60 + "-12"),
    ],
)
def test_attempts_have_names_of_their_own(base, attempt, name):
    assert attempt_name(base, attempt) == name
    assert len(attempt_name(base, attempt)) <= 63


def test_the_next_attempt_has_the_next_name_and_instance_type_and_the_same_checkpoint():
    given = CUSTOM_IMAGE | {
        "job_name": "job",
        "fallback_instance_types": ["ml.m5.2xlarge"],
        "checkpoint_config": {"S3Uri": "s3://b/c"},
    }
    result = submitted(given, Progress(names=1, instance=1))
    request = result["request"]
    assert request["TrainingJobName"] == "job-2"
    assert request["HyperParameters"]["sagemaker_job_name"] == '"job-2"'
    assert request["ResourceConfig"]["InstanceType"] == "ml.m5.2xlarge"
    assert request["CheckpointConfig"] == {"S3Uri": "s3://b/c"}
    assert result["attempt"]["job_name"] == "job-2"


def test_a_job_of_a_chosen_name_says_whose_it_is_and_one_of_a_default_name_does_by_its_name():
    own = {"environment": {"A": "1"}}
    assert "Environment" not in submitted(CUSTOM_IMAGE)["request"]
    assert submitted(CUSTOM_IMAGE | own)["request"]["Environment"] == own["environment"]
    for progress in (Progress(), Progress(names=1)):
        chosen = submitted(CUSTOM_IMAGE | own | {"job_name": "job"}, progress)["request"]
        assert chosen["Environment"] == {"A": "1", OWNER_VARIABLE: EXECUTION.arn}
    named = submitted(CUSTOM_IMAGE, argument_defaults={"job_name": "job"})["request"]
    assert named["Environment"] == {OWNER_VARIABLE: EXECUTION.arn}


@pytest.mark.parametrize(
    ("variables", "chosen", "said"),
    [
        (99, True, ""),
        (100, True, "got 100 variables; allowed: 99"),
        (100, False, ""),
        ([OWNER_VARIABLE], True, f"got the variable {OWNER_VARIABLE}"),
        ([OWNER_VARIABLE], False, f"got the variable {OWNER_VARIABLE}"),
    ],
)
def test_the_variable_that_says_whose_a_job_is_has_room_and_is_nobody_elses(
    variables, chosen, said
):
    names = variables if isinstance(variables, list) else [f"V{i}" for i in range(variables)]
    given = CUSTOM_IMAGE | {"environment": dict.fromkeys(names, "x")}
    result = submitted(given | ({"job_name": "job"} if chosen else {}))
    problems = json.loads(result["cause"])["problems"] if said else []
    assert result["decision"] == ("fail" if said else "create")
    assert [problem["argument"] for problem in problems] == ["environment"] * bool(said)
    assert said in "".join(problem["message"] for problem in problems)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"max_run": 3600}, 3600 + 14_400),
        ({"max_run": 3600, "max_wait_time": 90_000}, 3600 + 14_400),
        ({"max_run": 3600, "max_wait_time": 7200, "spot_instance": True}, 7200 + 14_400),
    ],
)
def test_the_tasks_timeout_follows_from_the_run_time(given, seconds):
    assert submitted(CUSTOM_IMAGE | given)["timeout_seconds"] == seconds


def test_the_key_that_a_parent_state_machine_adds_is_no_argument():
    assert submitted(CUSTOM_IMAGE | {STARTED_BY: "arn:x"}) == submitted(CUSTOM_IMAGE)


@pytest.mark.parametrize("given", [[], "text", None, 3, {"Comment": "Insert your JSON here"}])
def test_whatever_the_console_sends_is_explained(given):
    result = submitted(given)
    assert (result["decision"], result["error"]) == ("fail", "InvalidArguments")
    assert json.loads(result["cause"])["problems"]


def test_the_cause_fits_however_many_problems_there_are():
    wrong = {f"unknown_{number}_{'x' * 80}": 1 for number in range(2000)}
    cause = submitted(wrong)["cause"]
    assert len(cause) <= LONGEST_CAUSE
    assert json.loads(cause)["message"].startswith("20")


def test_a_request_that_step_functions_cannot_carry_is_refused():
    many = {f"k{number}": "v" * 2400 for number in range(93)}
    result = submitted(CUSTOM_IMAGE | {"hyperparameters": many})
    assert result["error"] == "InvalidArguments"
    (problem,) = json.loads(result["cause"])["problems"]
    assert str(LARGEST_REQUEST) in problem["message"]


def test_the_deployments_defaults_are_shown():
    result = submitted(CUSTOM_IMAGE, argument_defaults={"volume_size": 50, "max_run": 60})
    assert result["plan"]["defaults_applied"] == {"volume_size": 50, "max_run": 60}
    own = submitted(CUSTOM_IMAGE | {"max_run": 70}, argument_defaults={"max_run": 60})
    assert own["plan"]["defaults_applied"] == {}


def test_a_waiting_time_that_only_the_deployment_says_is_applied_and_told_with_spot_alone():
    lowered = {"argument_defaults": {"max_run": 300, "max_wait_time": 300}, "max_run_limit": 300}
    plan = submitted(CUSTOM_IMAGE, **lowered)["plan"]
    assert (plan["defaults_applied"], plan["notes"]) == ({"max_run": 300}, [])
    spot = submitted(CUSTOM_IMAGE | {"spot_instance": "true"}, **lowered)
    assert spot["plan"]["defaults_applied"] == {"max_run": 300, "max_wait_time": 300}
    assert spot["request"]["StoppingCondition"]["MaxWaitTimeInSeconds"] == 300
    given = submitted(CUSTOM_IMAGE | {"max_wait_time": 200}, **lowered)
    assert given["plan"]["notes"] == ["max_wait_time has no effect without spot_instance."]


def test_what_has_no_effect_is_noted():
    given = CUSTOM_IMAGE | {"toolkit": "ray", "max_wait_time": 90_000}
    notes = submitted(given)["plan"]["notes"]
    assert any("toolkit did not choose" in note for note in notes)
    assert any("max_wait_time has no effect" in note for note in notes)
    spot = submitted(CUSTOM_IMAGE | {"spot_instance": True})["plan"]["notes"]
    assert any("checkpoint_config" in note for note in spot)
    source = {"S3DataSource": {"S3Uri": "s3://b/x"}}
    packed = {"DataSource": source, "CompressionType": "Gzip", "RecordWrapperType": "None"}
    (note,) = submitted(CUSTOM_IMAGE | {"inputs": {"a": packed}})["plan"]["notes"]
    assert note == "inputs.a: CompressionType of a File channel: meant for Pipe."
    assert submitted(CUSTOM_IMAGE)["plan"]["notes"] == []


def test_the_handler_is_a_thin_edge():
    event = {
        "arguments": CUSTOM_IMAGE,
        "execution": {"arn": EXECUTION.arn, "started_at": EXECUTION.started_at, "redrives": 0},
        "progress": {},
        "now": NOW,
    }
    assert build_request.handler(event, None) == submitted(CUSTOM_IMAGE)


def test_each_problem_stands_once_in_a_cause():
    result = submitted(CUSTOM_IMAGE | {"instance_count": 0, "max_run": "soon"})
    cause = json.loads(result["cause"])
    assert cause["message"] == "2 argument problems; nothing was started."
    assert [problem["argument"] for problem in cause["problems"]] == ["instance_count", "max_run"]
    assert result["cause"].count("a whole number of at least 1") == 1


def test_problems_without_end_are_counted_and_the_first_are_told():
    result = submitted(CUSTOM_IMAGE | {f"unknown_{number}": 1 for number in range(5000)})
    cause = json.loads(result["cause"])
    assert len(result["cause"]) <= LONGEST_CAUSE
    told = len(cause["problems"])
    assert 100 < told < 5000
    assert cause["message"].startswith("5000 argument problems; nothing was started.")
    assert cause["message"].endswith(f"The first {told} follow.")
