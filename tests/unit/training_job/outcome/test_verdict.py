"""The judge: one test for each row of docs/outcomes.md, and a property that it is total."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings.model import Settings
from lambdas import judge_attempt
from tests.support.evidence import (
    ARN,
    CREATED,
    JOB,
    MODEL,
    NO_SUCH_JOB,
    PLAN,
    STARTED,
    case,
    create_error,
    document,
    failure,
)
from training_job.attempt import Progress
from training_job.failure import Failure
from training_job.job_name import OWNER_VARIABLE
from training_job.outcome.create_call import MAX_CALLS, MAX_LOOKS, MAX_QUOTA_CALLS
from training_job.outcome.judge import MAX_DENIED_LOOKS, MAX_RULE_LOOKS, judge


class TestEnded:
    def test_completed_with_a_model_succeeds(self):
        metrics = [{"MetricName": "reward", "Value": 499.5, "Timestamp": CREATED}]
        transitions = [{"Status": "Training", "StartTime": CREATED, "StatusMessage": "m"}]
        doc = document(
            "Completed",
            ModelArtifacts=MODEL,
            FinalMetricDataList=metrics,
            SecondaryStatusTransitions=transitions,
            TrainingTimeInSeconds=60,
            BillableTimeInSeconds=20,
            TrainingEndTime="2026-01-31T10:30:00Z",
        )
        verdict = judge(case(doc))
        assert verdict.decision == "succeed"
        output = verdict.output
        assert output["job_name"] == JOB
        assert output["training_job_arn"].endswith(JOB)
        assert output["model_artifact_url"] == MODEL["S3ModelArtifacts"]
        assert output["training_image"] == "image:1"
        assert (output["status"], output["secondary_status"]) == ("Completed", "Completed")
        assert output["final_metrics"] == {"reward": 499.5}
        assert (output["training_seconds"], output["billable_seconds"]) == (60, 20)
        assert output["rule_evaluations"] == []
        assert output["attempts"] == [
            {
                "job_name": JOB,
                "instance_type": "ml.m5.xlarge",
                "status": "Completed",
                "secondary_status": "Completed",
                "started_at": CREATED,
                "ended_at": "2026-01-31T10:30:00.000Z",
            }
        ]
        assert set(output["links"]) == {"execution", "training_job", "logs"}
        assert output["notes"] == ["a note"]
        assert output["defaults_applied"] == {"volume_size": 50}
        assert output["timeline"][0]["status"] == "Training"

    def test_completed_without_a_model_fails(self):
        error, cause = failure(judge(case(document("Completed"))))
        assert error == Failure.TRAINING_JOB_FAILED
        assert "without a model" in cause["message"]

    @pytest.mark.parametrize("why", ["MaxRuntimeExceeded", "MaxWaitTimeExceeded"])
    def test_time_is_up_with_a_model_succeeds_and_says_so(self, why):
        verdict = judge(case(document("Stopped", why, ModelArtifacts=MODEL)))
        assert verdict.decision == "succeed"
        assert verdict.output["secondary_status"] == why
        assert "was reached" in verdict.output["notes"][-1]

    @pytest.mark.parametrize("why", ["MaxRuntimeExceeded", "MaxWaitTimeExceeded"])
    def test_time_is_up_without_a_model_fails(self, why):
        error, cause = failure(judge(case(document("Stopped", why))))
        assert error == Failure.TRAINING_JOB_STOPPED
        assert "without having saved a model" in cause["message"]

    def test_stopped_by_a_person_fails_even_with_a_model(self):
        error, _ = failure(judge(case(document("Stopped", ModelArtifacts=MODEL))))
        assert error == Failure.TRAINING_JOB_STOPPED

    @pytest.mark.parametrize("reason", ["AlgorithmError: boom", "ClientError: no data", "", "odd"])
    def test_the_scripts_fault_fails_at_once(self, reason):
        verdict = judge(case(document("Failed", FailureReason=reason)))
        error, cause = failure(verdict)
        assert error == Failure.TRAINING_JOB_FAILED
        assert reason in cause["message"]
        assert cause["links"]["logs"] in cause["message"]
        assert cause["job_name"] == JOB

    @pytest.mark.parametrize(
        ("reason", "setting"),
        [
            (
                "ClientError: Data download failed:Unable to download object s3://b/k "
                "(AccessDenied: Access Denied)",
                "job_read_locations",
            ),
            (
                "AlgorithmError: framework error: ... An error occurred (403) when calling the "
                "HeadObject operation: Forbidden",
                "job_read_locations",
            ),
            (
                "AlgorithmError: User: arn:aws:sts::1:assumed-role/r/SageMaker is not authorized "
                "to perform: s3:PutObject on resource: arn:aws:s3:::b/k; PutObject",
                "job_write_locations",
            ),
            (
                'ClientError: Artifact upload failed: AccessDenied: Access Denied (S3 URL "s3://b")',
                "job_write_locations",
            ),
        ],
    )
    def test_where_s3_denied_the_data_the_setting_is_named(self, reason, setting):
        _, cause = failure(judge(case(document("Failed", FailureReason=reason))))
        assert f"once the setting {setting} names the bucket" in cause["message"]
        assert setting in Settings.model_fields

    @pytest.mark.parametrize("reason", ["AlgorithmError: 403 steps", "ClientError: no data"])
    def test_where_nothing_was_denied_no_setting_is_named(self, reason):
        _, cause = failure(judge(case(document("Failed", FailureReason=reason))))
        assert "setting" not in cause["message"]

    def test_the_infrastructures_fault_is_tried_again_on_the_same_instance_type(self):
        doc = document("Failed", FailureReason="InternalServerError: We encountered an error")
        verdict = judge(case(doc))
        assert verdict.decision == "retry"
        assert (verdict.progress.names, verdict.progress.instance) == (1, 0)
        assert verdict.progress.jobs[0]["failure_reason"].startswith("InternalServerError")
        assert verdict.wait_seconds == 30
        assert judge(case(doc, progress=verdict.progress)).wait_seconds == 60

    def test_no_capacity_falls_back(self):
        doc = document("Failed", FailureReason="CapacityError: Unable to provision")
        verdict = judge(case(doc))
        assert (verdict.decision, verdict.progress.instance) == ("retry", 1)
        assert judge(case(doc, progress=verdict.progress)).progress.instance == 1

    @pytest.mark.parametrize(
        ("reason", "named"),
        [
            ("CapacityError: none", Failure.CAPACITY_UNAVAILABLE),
            ("InternalServerError: oops", Failure.TRAINING_JOB_FAILED),
        ],
    )
    def test_the_last_attempt_fails_with_all_of_them(self, reason, named):
        progress = Progress()
        for _ in range(2):
            verdict = judge(case(document("Failed", FailureReason=reason), progress=progress))
            assert verdict.decision == "retry"
            progress = verdict.progress
        error, cause = failure(
            judge(case(document("Failed", FailureReason=reason), progress=progress))
        )
        assert error == named
        assert len(cause["attempts"]) == 3
        assert "tried 3 times" in cause["message"]

    def test_one_attempt_is_not_repeated(self):
        doc = document("Failed", FailureReason="CapacityError: none")
        error, _ = failure(judge(case(doc, max_attempts=1)))
        assert error == Failure.CAPACITY_UNAVAILABLE

    def test_an_unknown_status_is_looked_at_again_and_then_fails(self):
        for status in ("Deleting", "Sleeping", None):
            assert judge(case(document(status))).decision == "wait"
            verdict = judge(case(document(status), progress=Progress(looks=MAX_LOOKS)))
            assert (verdict.decision, failure(verdict)[0]) == ("stop", Failure.TRAINING_JOB_FAILED)


class TestRunning:
    @pytest.mark.parametrize("status", ["InProgress", "Stopping"])
    @pytest.mark.parametrize(
        "error",
        [
            None,
            {"Error": "States.Timeout", "Cause": ""},
            create_error("Rate exceeded"),
            create_error("Training job names must be unique"),
            create_error("1 validation error detected"),
        ],
    )
    def test_is_waited_for_whatever_the_task_said(self, status, error):
        verdict = judge(case(document(status), error=error, owner=ARN))
        assert verdict.decision == "wait"
        assert verdict.wait_seconds == 179  # 5 % of the 3599 s since the attempt began

    @pytest.mark.parametrize("name", [None, "States.TaskFailed", "States.Timeout"])
    @pytest.mark.parametrize("created", ["2026-01-31T09:59:56Z", "2026-01-31T10:00:06Z", None])
    def test_a_job_whose_create_call_succeeded_is_ours_whatever_the_clocks_say(self, name, created):
        error = {"Error": name, "Cause": "{}"} if name else None
        doc = document("InProgress", CreationTime=created)
        assert judge(case(doc, error=error, name_chosen=True)).decision == "wait"


class TestRules:
    @staticmethod
    def job(*statuses):
        rules = [
            {"RuleConfigurationName": f"rule{number}", "RuleEvaluationStatus": status}
            for number, status in enumerate(statuses)
        ]
        return document("Completed", ModelArtifacts=MODEL, DebugRuleEvaluationStatuses=rules)

    def test_running_ones_are_waited_for(self):
        assert judge(case(self.job("InProgress", "NoIssuesFound"))).decision == "wait"
        assert judge(case(self.job("Stopping"))).decision == "wait"
        assert judge(case(self.job("Error", "InProgress"))).decision == "wait"

    def test_but_not_for_ever(self):
        late = Progress(looks=MAX_RULE_LOOKS)
        verdict = judge(case(self.job("InProgress"), progress=late))
        assert verdict.decision == "succeed"
        assert "still ran" in verdict.output["notes"][-1]
        strict = case(self.job("InProgress"), progress=late, fail_on_rule_issues=True)
        assert failure(judge(strict))[0] == Failure.RULE_EVALUATION_FAILED

    def test_no_issues_pass(self):
        verdict = judge(case(self.job("NoIssuesFound")))
        assert verdict.output["rule_evaluations"] == [
            {"name": "rule0", "status": "NoIssuesFound", "details": ""}
        ]
        assert verdict.output["notes"] == ["a note"]

    def test_issues_are_reported_or_fail(self):
        doc = self.job("IssuesFound", "NoIssuesFound")
        verdict = judge(case(doc))
        assert verdict.decision == "succeed"
        assert "rule0" in verdict.output["notes"][-1]
        error, cause = failure(judge(case(doc, fail_on_rule_issues=True)))
        assert error == Failure.RULE_EVALUATION_FAILED
        assert cause["rule_evaluations"][0]["status"] == "IssuesFound"

    def test_an_error_fails(self):
        error, _ = failure(judge(case(self.job("Error", "NoIssuesFound"))))
        assert error == Failure.RULE_EVALUATION_FAILED

    def test_stopped_ones_are_reported(self):
        assert "stopped" in judge(case(self.job("Stopped"))).output["notes"][-1]


class TestNoJob:
    @pytest.mark.parametrize(
        "words",
        [
            "Rate exceeded",
            "ThrottlingException",
            "Service Unavailable; Error Code: ServiceUnavailableException",
            "Status Code: 500",
        ],
    )
    def test_throttling_calls_again_with_the_same_name(self, words):
        progress = Progress()
        for call in range(MAX_CALLS - 1):
            verdict = judge(
                case(error=create_error(words), describe_error=NO_SUCH_JOB, progress=progress)
            )
            assert verdict.decision == "retry"
            assert verdict.progress.names == 0
            assert verdict.wait_seconds == min(5 * 2**call, 300)
            progress = verdict.progress
        last = case(error=create_error(words), describe_error=NO_SUCH_JOB, progress=progress)
        error, cause = failure(judge(last))
        assert error == Failure.REQUEST_REJECTED
        assert words in cause["message"]

    def test_a_quota_backs_off_longer_falls_back_and_gives_up(self):
        words = create_error("account limit", "SageMaker.ResourceLimitExceededException")
        progress, waits, types = Progress(), [], []
        while True:
            verdict = judge(case(error=words, describe_error=NO_SUCH_JOB, progress=progress))
            if verdict.decision != "retry":
                break
            waits.append(verdict.wait_seconds)
            types.append(verdict.progress.instance)
            progress = verdict.progress
        assert waits == [60, 300, 1, 60, 300]
        assert types == [0, 0, 1, 1, 1]
        assert len(waits) == 2 * MAX_QUOTA_CALLS - 1
        error, cause = failure(verdict)
        assert error == Failure.CAPACITY_UNAVAILABLE
        assert "ml.m5.xlarge, ml.m5.2xlarge" in cause["message"]

    @pytest.mark.parametrize(
        "words",
        [
            "1 validation error detected: Value 'x' at 'roleArn' failed",
            "Could not assume role arn:aws:iam::1:role/x",
            "Requested image not found. ResourceNotFound",
        ],
    )
    def test_a_rejection_fails_at_once_in_the_services_words(self, words):
        verdict = judge(case(error=create_error(words), describe_error=NO_SUCH_JOB))
        error, cause = failure(verdict)
        assert verdict.decision == "fail"
        assert error == Failure.REQUEST_REJECTED
        assert words in cause["message"]

    @pytest.mark.parametrize(
        "words",
        [
            "User: arn:aws:sts::1:assumed-role/machine/x is not authorized to perform: "
            "sts:AssumeRole on resource: arn:aws:iam::2:role/target",
            "The role arn:aws:iam::1:role/machine is not authorized to assume the task state's "
            "role, arn:aws:iam::2:role/target.",
        ],
    )
    def test_a_role_that_cannot_be_assumed_is_named_with_the_action(self, words):
        denied = {"Error": "States.TaskFailed", "Cause": words}
        error, cause = failure(judge(case(error=denied, describe_error=denied)))
        assert error == Failure.REQUEST_REJECTED
        assert "(denied: sts:AssumeRole on arn:aws:iam::2:role/target):" in cause["message"]

    def test_a_job_created_by_a_lost_call_is_adopted(self):
        """The next call finds what this one made: by its name, or by what the job was sent with."""
        lost = create_error("Read timed out")
        first = judge(case(error=lost, describe_error=NO_SUCH_JOB)).progress
        taken = create_error("names must be unique", "SageMaker.ResourceInUseException")
        found = {"doc": document("InProgress"), "error": taken, "progress": first}
        assert judge(case(**found)).decision == "wait"
        assert judge(case(**found, name_chosen=True, owner=ARN)).decision == "wait"
        assert judge(case(**found, name_chosen=True)).decision == "fail"

    def test_words_that_the_caller_chose_are_not_the_services(self):
        words = "Could not assume role arn:aws:iam::1:role/ThrottlingException of 'InternalServer'"
        verdict = judge(case(error=create_error(words), describe_error=NO_SUCH_JOB))
        assert failure(verdict)[0] == Failure.REQUEST_REJECTED


class TestSomebodyElsesJob:
    OLD = document("Completed", CreationTime="2026-01-31T09:00:00Z", ModelArtifacts=MODEL)
    TAKEN = create_error("names must be unique", "SageMaker.ResourceInUseException")

    def test_a_name_the_user_chose_is_a_clear_failure(self):
        error, cause = failure(judge(case(self.OLD, error=self.TAKEN, name_chosen=True)))
        assert error == Failure.REQUEST_REJECTED
        assert "2026-01-31T09:00:00" in cause["message"]
        assert "attempts" not in cause

    @pytest.mark.parametrize("owner", ["", f"{ARN}-other"])
    def test_one_made_at_the_same_moment_is_told_by_its_environment(self, owner):
        young = case(document("InProgress"), error=self.TAKEN, name_chosen=True, owner=owner)
        verdict = judge(young)
        error, cause = failure(verdict)
        assert (verdict.decision, error) == ("fail", Failure.REQUEST_REJECTED)
        assert "belongs to a training job created" in cause["message"]
        assert "attempts" not in cause

    @pytest.mark.parametrize("error", [TAKEN, create_error("Status Code: 500")])
    def test_is_never_stopped(self, error):
        """Nobody looked at the job: the name may be another's."""
        late = Progress(looks=MAX_LOOKS)
        throttled = {"Error": "e", "Cause": "Rate exceeded"}
        chosen = case(error=error, describe_error=throttled, progress=late, name_chosen=True)
        assert judge(chosen).decision == "fail"
        assert "was not stopped" in failure(judge(chosen))[1]["message"]
        ours = replace(chosen, plan=PLAN)
        assert judge(ours).decision == "stop"

    def test_a_default_name_is_nobody_elses(self):
        verdict = judge(case(self.OLD, error=self.TAKEN))
        assert (verdict.decision, verdict.output["job_name"]) == ("succeed", JOB)

    def test_a_later_attempts_name_gives_way_too(self):
        progress = Progress(names=1)
        verdict = judge(case(self.OLD, error=self.TAKEN, name_chosen=True, progress=progress))
        assert verdict.progress.names == 2

    def test_names_are_not_tried_for_ever(self):
        late = Progress(names=100)
        verdict = judge(case(self.OLD, error=self.TAKEN, progress=late, name_chosen=True))
        assert failure(verdict)[0] == Failure.REQUEST_REJECTED


class TestUndescribed:
    def test_is_looked_for_again_and_in_the_end_stopped(self):
        throttled = {"Error": "SageMaker.SageMakerException", "Cause": "Rate exceeded"}
        assert judge(case(describe_error=throttled)).decision == "wait"
        late = Progress(looks=MAX_LOOKS)
        verdict = judge(case(describe_error=throttled, progress=late))
        assert verdict.decision == "stop"
        assert failure(verdict)[0] == Failure.TRAINING_JOB_FAILED

    def test_a_forbidden_look_stops_the_job(self):
        words = "User: x is not authorized to perform: sagemaker:DescribeTrainingJob"
        denied = {"Error": "e", "Cause": words}
        assert judge(case(describe_error=denied)).decision == "wait"
        late = Progress(looks=MAX_DENIED_LOOKS)
        verdict = judge(case(describe_error=denied, progress=late))
        assert verdict.decision == "stop"
        error, cause = failure(verdict)
        assert error == Failure.REQUEST_REJECTED
        assert "sagemaker:DescribeTrainingJob" in cause["message"]

    def test_the_failure_of_a_job_is_no_rejected_call(self):
        failed = {"Error": "States.TaskFailed", "Cause": '{"FailureReason": "AlgorithmError: x"}'}
        denied = {"Error": "e", "Cause": "x is not authorized to perform: sagemaker:Describe"}
        assert judge(case(error=failed, describe_error=denied)).decision == "wait"

    def test_an_error_that_nobody_knows_stops_no_job_at_once(self):
        odd = {"Error": "States.QueryEvaluationError", "Cause": "what is this?"}
        late = Progress(looks=MAX_DENIED_LOOKS)
        assert judge(case(describe_error=odd, progress=late)).decision == "wait"

    @pytest.mark.parametrize(
        "error",
        [
            None,
            {"Error": "States.TaskFailed", "Cause": "{}"},
            {"Error": "States.TaskFailed", "Cause": "Rate exceeded"},
            {"Error": "States.Timeout", "Cause": ""},
            {"Error": "Nobody.KnowsIt", "Cause": "{"},
            {"Error": "", "Cause": None},
            create_error("x is not authorized to perform: sagemaker:DescribeTrainingJob"),
        ],
    )
    def test_a_job_that_is_not_there_yet_is_looked_for(self, error):
        """No error says that the create call failed, so a job may run."""
        unseen = case(error=error, describe_error=NO_SUCH_JOB)
        assert judge(unseen).decision == "wait"
        verdict = judge(replace(unseen, progress=Progress(looks=MAX_LOOKS)))
        assert (verdict.decision, failure(verdict)[0]) == ("stop", Failure.TRAINING_JOB_FAILED)

    def test_a_taken_name_that_is_never_described_is_stopped(self):
        taken = create_error("names must be unique", "SageMaker.ResourceInUseException")
        last = Progress(calls=MAX_CALLS - 1)
        unseen = case(error=taken, describe_error=NO_SUCH_JOB, progress=last)
        assert judge(unseen).decision == "stop"
        chosen = case(error=taken, describe_error=NO_SUCH_JOB, progress=last, name_chosen=True)
        assert "was not stopped" in failure(judge(chosen))[1]["message"]


class TestAfterAFailure:
    """What a redrive goes on with."""

    SPENT = Progress([{"job_name": "a"}], names=4, instance=1, calls=2, looks=0)

    def test_with_a_job_its_name_is_used_up_and_all_else_begins_anew(self):
        doc = document("Failed", FailureReason="AlgorithmError: x")
        verdict = judge(case(doc, progress=self.SPENT))
        attempts = failure(verdict)[1]["attempts"]
        assert verdict.progress == Progress(attempts, names=5, budget_from=2)
        assert [each["job_name"] for each in attempts] == ["a", JOB]
        assert verdict.progress.spent == 0

    def test_without_a_job_its_name_is_used_up_as_well(self):
        rejected = create_error("1 validation error detected")
        verdict = judge(case(error=rejected, describe_error=NO_SUCH_JOB, progress=self.SPENT))
        assert failure(verdict)[0] is Failure.REQUEST_REJECTED
        assert verdict.progress == Progress(self.SPENT.jobs, names=5, budget_from=1)

    def test_another_executions_job_is_not_counted(self):
        taken = create_error("names must be unique", "SageMaker.ResourceInUseException")
        doc = document("InProgress")
        theirs = case(doc, error=taken, owner=f"{ARN}-other", name_chosen=True)
        verdict = judge(theirs)
        assert failure(verdict)[0] is Failure.REQUEST_REJECTED
        assert verdict.progress == Progress(names=1)

    def test_a_job_that_is_stopped_first_is_counted(self):
        lost = case(document("Deleting"), progress=Progress(looks=MAX_LOOKS))
        verdict = judge(lost)
        assert verdict.decision == "stop"
        assert (verdict.progress.names, verdict.progress.spent) == (1, 0)
        assert [each["job_name"] for each in verdict.progress.jobs] == [JOB]


class TestRedriven:
    @pytest.mark.parametrize("status", ["Stopped", "Failed"])
    def test_what_ended_before_is_followed_by_a_new_name_and_a_new_budget(self, status):
        spent = Progress(jobs=[{"job_name": "a"}, {"job_name": "b"}], names=2)
        taken = create_error("names must be unique", "SageMaker.ResourceInUseException")
        doc = document(status, FailureReason="AlgorithmError: x")
        redriven = case(doc, error=taken, progress=spent, redrives=1, name_chosen=True, owner=ARN)
        verdict = judge(redriven)
        assert verdict.decision == "retry"
        assert verdict.progress.names == 3
        assert verdict.progress.spent == 0
        assert len(verdict.progress.jobs) == 3

    def test_what_completed_before_is_taken(self):
        doc = document("Completed", ModelArtifacts=MODEL)
        assert judge(case(doc, redrives=1)).decision == "succeed"


def test_a_cause_never_exceeds_what_step_functions_keeps():
    jobs = [{"job_name": "j", "failure_reason": "x" * 500} for _ in range(100)]
    doc = document("Failed", FailureReason="AlgorithmError: " + "y" * 40_000)
    verdict = judge(case(doc, progress=Progress(jobs=jobs)))
    assert len(verdict.cause) < 32_768
    assert failure(verdict)[1]["job_name"] == JOB


words = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "{}",
            "[]",
            "null",
            '{"errorMessage": 3}',
            "Rate exceeded",
            "ResourceInUse",
            "x" * 32_768,
        ]
    ),
)
errors = st.one_of(
    st.just({}),
    st.fixed_dictionaries({}, optional={"Error": words, "Cause": st.one_of(words, st.none())}),
)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
descriptions = st.one_of(
    st.just({}),
    junk,
    st.fixed_dictionaries(
        {},
        optional={
            "TrainingJobStatus": st.one_of(
                st.sampled_from(["Completed", "Failed", "Stopped", "InProgress", "Deleting"]), junk
            ),
            "SecondaryStatus": st.one_of(st.sampled_from(["MaxRuntimeExceeded", "Stopped"]), junk),
            "FailureReason": st.one_of(words, st.just("CapacityError: x"), junk),
            "CreationTime": st.one_of(st.sampled_from([CREATED, 1769853602500]), junk),
            "TrainingEndTime": junk,
            "ModelArtifacts": st.one_of(st.just(MODEL), junk),
            "Environment": st.one_of(
                junk, st.dictionaries(st.just(OWNER_VARIABLE), st.one_of(junk, st.just(ARN)))
            ),
            "FinalMetricDataList": junk,
            "SecondaryStatusTransitions": junk,
            "DebugRuleEvaluationStatuses": st.one_of(
                st.just({"RuleEvaluationStatus": "Error"}), junk
            ),
            "AlgorithmSpecification": junk,
            "TrainingTimeInSeconds": junk,
            "BillableTimeInSeconds": junk,
        },
    ),
)


@given(
    errors,
    descriptions,
    errors,
    st.booleans(),
    st.integers(0, 200),
    st.integers(0, 1),
    st.one_of(words, junk),
)
def test_the_judge_is_total(error, description, describe_error, chosen, looks, redrives, now):
    verdict = judge_attempt.handler(
        {
            "execution": {"arn": ARN, "started_at": STARTED, "redrives": redrives},
            "plan": PLAN.__dict__ | {"name_chosen": chosen},
            "attempt": {
                "job_name": JOB,
                "instance_type": "ml.m5.xlarge",
                "started_at": STARTED,
                "redrives": 0,
            },
            "progress": Progress(looks=looks).to_json(),
            "error": error,
            "description": description,
            "describe_error": describe_error,
            "now": now,
        },
        None,
    )
    assert verdict["decision"] in ("succeed", "retry", "wait", "stop", "fail")
    json.dumps(verdict, allow_nan=False)
    if verdict["decision"] in ("fail", "stop"):
        assert Failure(verdict["error"])
        assert json.loads(verdict["cause"])["message"]
    if verdict["decision"] in ("wait", "retry"):
        assert 0 < verdict["wait_seconds"] <= 1800
