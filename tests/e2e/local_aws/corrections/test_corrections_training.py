"""The SageMaker integrations of Step Functions on the local AWS."""

import json
import time

import pytest

from tests.support.runs.machines import SDK, Machines, Training, training_machine

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def machines(local_aws):
    return Machines(local_aws)


@pytest.fixture(scope="module")
def training(local_aws):
    return Training(local_aws)


def test_sync_waits_for_the_job_and_describes_it_and_a_used_name_is_an_error(machines, training):
    request = training.request(Tags=[{"Key": "team", "Value": "a"}])
    execution = machines.start(machines.create(training_machine()), request)
    output = json.loads(machines.end(execution)["output"])
    assert output["TrainingJobStatus"] == "Completed"
    assert output["TrainingEndTime"] > 1e12  # epoch milliseconds
    assert output["Tags"] == {
        "team": "a",
        "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS",
        "AWS_STEP_FUNCTIONS_EXECUTION_ARN": execution,
    }
    kept = training.sagemaker.list_tags(ResourceArn=output["TrainingJobArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in kept} == output["Tags"]
    assert machines.types(execution)[3:] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    scheduled = machines.events(execution)[4]["taskScheduledEventDetails"]
    assert scheduled["resourceType"] == "sagemaker"
    assert scheduled["resource"] == "createTrainingJob.sync"
    assert scheduled["region"] == "us-east-1"
    assert json.loads(scheduled["parameters"]) == request
    again = machines.run(training_machine(), request)
    assert again["error"] == "SageMaker.ResourceInUseException"
    assert "Error Code: ResourceInUse;" in again["cause"]


def test_a_failed_job_fails_the_task_with_its_description(machines, training):
    description = machines.run(training_machine(), training.request(fail=3))
    assert description["error"] == "States.TaskFailed"
    cause = json.loads(description["cause"])
    assert cause["TrainingJobStatus"] == "Failed"
    assert "ExitCode 3" in cause["FailureReason"]


def test_stop_execution_stops_the_training_job(machines, training):
    request = training.request(seconds=600)
    execution = machines.start(machines.create(training_machine()), request)
    machines.reach(execution, "TaskSubmitted")
    machines.states.stop_execution(executionArn=execution, error="Person", cause="enough")
    description = machines.end(execution)
    assert (description["status"], description["error"]) == ("ABORTED", "Person")
    assert training.stopped(request["TrainingJobName"])
    time.sleep(0.2)  # a late failure of the task must not overwrite the end
    assert machines.end(execution)["status"] == "ABORTED"
    last = machines.events(execution)[-1]
    assert (last["type"], last["previousEventId"]) == ("ExecutionAborted", 0)
    assert "TaskFailed" not in machines.types(execution)


def test_a_task_timeout_stops_the_job_and_can_be_caught(machines, training):
    request = training.request(seconds=600)
    states = training_machine(
        TimeoutSeconds="{% $limit %}",
        Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Late", "Output": "{% $states %}"}],
    )
    states["Prepare"]["Assign"]["limit"] = 1
    states["Late"] = {"Type": "Pass", "Output": "{% $states.input.errorOutput %}", "End": True}
    execution = machines.start(machines.create(states), request)
    output = json.loads(machines.end(execution)["output"])
    assert output == {"Error": "States.Timeout", "Cause": ""}
    assert "TaskTimedOut" in machines.types(execution)
    scheduled = next(e for e in machines.events(execution) if e["type"] == "TaskScheduled")
    assert scheduled["taskScheduledEventDetails"]["timeoutInSeconds"] == 1
    assert training.stopped(request["TrainingJobName"])


def test_an_execution_times_out(machines, training):
    request = training.request(seconds=600)
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Train"}]
    machine = machines.create(training_machine(Catch=catch), TimeoutSeconds=1)
    execution = machines.start(machine, request)
    assert machines.end(execution)["status"] == "TIMED_OUT"
    assert machines.types(execution)[-1] == "ExecutionTimedOut"
    assert training.stopped(request["TrainingJobName"])


def test_an_unknown_field_ends_the_execution_whatever_it_catches(machines, training):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Train"}]
    request = training.request(ResourceConfig={"instanceType": "ml.m5.large"})
    description = machines.run(training_machine(Catch=catch), request)
    assert description["error"] == "States.Runtime"
    assert 'The field "instanceType" is not supported by Step Functions' in description["cause"]


def test_a_refused_request_has_the_error_of_the_optimized_integration(machines, training):
    request = training.request(VpcConfig={"SecurityGroupIds": ["sg-none"], "Subnets": ["none"]})
    description = machines.run(training_machine(), request)
    assert description["error"] == "SageMaker.AmazonSageMakerException"
    assert (
        "(Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException;"
        in (description["cause"])
    )


def test_aws_sdk_and_the_form_that_does_not_wait(machines, training):
    request = training.request(seconds=600)

    def call(resource, arguments):
        task = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}
        return machines.run({"Call": task})

    created = call("arn:aws:states:::sagemaker:createTrainingJob", request)
    assert json.loads(created["output"])["TrainingJobArn"].endswith(request["TrainingJobName"])
    name = {"TrainingJobName": request["TrainingJobName"]}
    described = json.loads(call(f"{SDK}describeTrainingJob", name)["output"])
    assert described["TrainingJobStatus"] == "InProgress"
    assert described["CreationTime"].endswith("Z")
    assert call(f"{SDK}stopTrainingJob", name)["status"] == "SUCCEEDED"
    assert training.stopped(name["TrainingJobName"])
    missing = call(f"{SDK}describeTrainingJob", {"TrainingJobName": "none"})
    assert missing["error"] == "SageMaker.SageMakerException"
    assert "(Service: SageMaker, Status Code: 400, Request ID: " in missing["cause"]


def test_a_redrive_takes_the_task_up_again(machines, training):
    request = training.request(seconds=600)
    again = "$states.context.Execution.RedriveCount"
    states = training_machine(
        Arguments="{% $merge([$request, {"
        f"'TrainingJobName': $request.TrainingJobName & '-' & $string({again}), "
        f"'HyperParameters': $merge([$request.HyperParameters, "
        f"{again} > 0 ? {{'seconds': '0'}} : {{}}])"
        "}]) %}"
    )
    execution = machines.start(machines.create(states), request)
    machines.reach(execution, "TaskSubmitted")
    machines.states.stop_execution(executionArn=execution)
    machines.end(execution)
    machines.states.redrive_execution(executionArn=execution)
    description = machines.end(execution)
    assert (description["status"], description["redriveCount"]) == ("SUCCEEDED", 1)
    assert json.loads(description["output"])["TrainingJobName"].endswith("-1")
    entered = [e for e in machines.events(execution) if e["type"] == "PassStateEntered"]
    assert len(entered) == 1  # what succeeded is not done again
