"""Pages of the AWS console, as its address bar has them."""

import pytest

from training_job.links import LOG_GROUP, links


def test_the_pages_of_an_execution_its_job_and_its_logs():
    assert links("arn:aws:states:us-east-1:123456789012:execution:RlTraining:run", "agent-2") == {
        "execution": "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1"
        "#/v2/executions/details/arn:aws:states:us-east-1:123456789012:execution:RlTraining:run",
        "training_job": "https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1"
        "#/jobs/agent-2",
        "logs": "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        "#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FTrainingJobs"
        "$3FlogStreamNameFilter$3Dagent-2$252F",
    }


def test_before_it_has_a_name_a_job_has_no_page():
    arn = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
    assert set(links(arn, None)) == {"execution"}


@pytest.mark.parametrize(
    ("partition", "region", "console"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ("aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
    ],
)
def test_each_partition_has_a_console_of_its_own(partition, region, console):
    arn = f"arn:{partition}:states:{region}:123456789012:execution:RlTraining:run"
    for page in links(arn, "agent").values():
        assert page.startswith(console)
        assert f"/home?region={region}#" in page


def test_the_log_group_is_the_one_that_sagemaker_documents():
    """Source: https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html."""
    assert LOG_GROUP == "/aws/sagemaker/TrainingJobs"
