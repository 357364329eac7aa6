"""The CDK CLI deploys each kind of deployment, runs train on it, and destroy leaves what it should.

python -m pytest tests/e2e/deployment/test_deploy_cli.py -m slow
"""

import pytest

from tests.support.deploying.cdk_cli import CdkCli, CdkFailed
from tests.support.deploying.deployment import HOST_FUNCTIONS, STACK, synthesize
from tests.support.deploying.local_aws_process import start_local_aws
from tests.support.step.launched_run import Launcher
from tests.support.template.deployments import ENDPOINTS, EVERYTHING, IRSA, POD_IDENTITY

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def aws():
    server = start_local_aws("--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def cli(aws, tmp_path_factory):
    """The CLI, with the account bootstrapped by it."""
    cli = CdkCli(aws.endpoint_url, tmp_path_factory.mktemp("home"))
    cli.bootstrap()
    return cli


@pytest.fixture(scope="module")
def existing(aws):
    """A VPC of the account, and an EKS cluster."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.30.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    pods = ec2.create_security_group(GroupName="pods", Description="pods", VpcId=vpc)["GroupId"]
    aws.client("eks").create_cluster(
        name="ml", roleArn="arn:aws:iam::000000000000:role/eks", resourcesVpcConfig={}
    )
    return {
        "network": "existing",
        "vpc_id": vpc,
        "subnet_ids": subnets,
        "route_table_ids": [table],
        "launcher_security_groups": [pods],
        "endpoints": ENDPOINTS,
    }


WITHIN_GUARD_RAILS = {"tags": {"team": "ml"}}


def kept(aws):
    """What of a stack outlives it: buckets, log groups, keys and everything that costs money."""
    assets = "cdk-hnb659fds"
    buckets = [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]]
    logs = aws.client("logs").describe_log_groups()["logGroups"]
    ec2 = aws.client("ec2")
    roles = aws.client("iam").list_roles()["Roles"]
    return {
        "buckets": [name for name in buckets if not name.startswith(assets)],
        "logs": sorted(
            each["logGroupName"].rsplit("-", 1)[0]
            for each in logs
            if STACK in each["logGroupName"] and "Function" not in each["logGroupName"]
        ),
        "machines": aws.client("stepfunctions").list_state_machines()["stateMachines"],
        "functions": [
            each["FunctionName"] for each in aws.client("lambda").list_functions()["Functions"]
        ],
        "endpoints": ec2.describe_vpc_endpoints()["VpcEndpoints"],
        "roles": [each["RoleName"] for each in roles if each["RoleName"].startswith(STACK)],
        "alarms": aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "topics": aws.client("sns").list_topics()["Topics"],
    }


LEFT = ("buckets", "logs", "machines", "functions", "endpoints", "roles", "alarms", "topics")
NOTHING: dict[str, list] = {kind: [] for kind in LEFT}
LOGS = [
    f"/aws/lambda/{STACK}-BuildRequest",
    f"/aws/lambda/{STACK}-JudgeAttempt",
    f"/aws/lambda/{STACK}-StopOrphans",
    f"/aws/vendedlogs/states/{STACK}",
]


def clean(aws):
    """Delete what a destroyed stack retained."""
    s3, logs = aws.client("s3"), aws.client("logs")
    for name in kept(aws)["buckets"]:
        versions = s3.list_object_versions(Bucket=name)
        for each in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
        s3.delete_bucket(Bucket=name)
    for group in logs.describe_log_groups()["logGroups"]:
        if STACK in group["logGroupName"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])


def deploy_and_run(cli, aws, context, **arguments):
    assembly = synthesize({**HOST_FUNCTIONS, **context})
    outputs, _ = cli.deploy(assembly)
    assert Launcher(outputs, aws.client).run(**arguments)["status"] == "Completed"
    again, printed = cli.deploy(assembly)
    assert "no changes" in printed
    assert again == outputs
    return assembly, outputs


def test_default_deploys_updates_in_place_and_retains_data(cli, aws):
    assembly, outputs = deploy_and_run(cli, aws, {})
    changed = {"log_retention_days": 30, "termination_protection": True, "max_run_limit": 700}
    updated, _ = cli.deploy(synthesize({**HOST_FUNCTIONS, **changed}))
    assert updated == outputs
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/vendedlogs")
    assert [each["retentionInDays"] for each in groups["logGroups"]] == [30]
    assert Launcher(outputs, aws.client).run()["status"] == "Completed"
    with pytest.raises(CdkFailed, match=r"(?i)termination ?protection"):
        cli.destroy(assembly)
    cli.deploy(assembly)
    cli.destroy(assembly)
    assert kept(aws) == {**NOTHING, "buckets": [outputs["ArtifactBucketName"]], "logs": LOGS}
    clean(aws)


def test_everything_in_a_created_vpc_leaves_nothing(cli, aws, existing):
    context = {**EVERYTHING, "termination_protection": False}
    assembly, outputs = deploy_and_run(cli, aws, context, **WITHIN_GUARD_RAILS)
    ec2 = aws.client("ec2")
    made = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert {each["ServiceName"] for each in made} == {
        f"com.amazonaws.us-east-1.{name}" for name in ENDPOINTS
    }
    assert {each["VpcId"] for each in made} == {outputs["VpcId"]}
    assert ".states." in outputs["StatesEndpointDns"]
    jobs = aws.client("sagemaker").list_training_jobs(SortBy="CreationTime", SortOrder="Descending")
    job = aws.client("sagemaker").describe_training_job(
        TrainingJobName=jobs["TrainingJobSummaries"][0]["TrainingJobName"]
    )
    assert job["OutputDataConfig"]["KmsKeyId"] == EVERYTHING["required_encryption_key"]
    assert job["VpcConfig"] == {
        "SecurityGroupIds": [outputs["SecurityGroupId"]],
        "Subnets": outputs["SubnetIds"].split(","),
    }
    cli.destroy(assembly)
    assert kept(aws) == NOTHING


def test_an_existing_vpc_gets_the_endpoints(cli, aws, existing):
    assembly, outputs = deploy_and_run(cli, aws, existing)
    assert "VpcId" not in outputs
    ec2 = aws.client("ec2")
    made = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert {each["VpcId"] for each in made} == {existing["vpc_id"]}
    assert len(made) == len(ENDPOINTS)
    cli.destroy(assembly)
    assert kept(aws)["endpoints"] == []
    clean(aws)


@pytest.mark.parametrize("trust", [POD_IDENTITY, IRSA], ids=["pod-identity", "irsa"])
def test_trust_of_a_cluster_deploys(cli, aws, existing, trust):
    assembly, _ = deploy_and_run(cli, aws, trust)
    eks = aws.client("eks")
    associated = eks.list_pod_identity_associations(clusterName="ml")["associations"]
    expected = POD_IDENTITY["launcher_service_accounts"] if trust is POD_IDENTITY else []
    found = [f"{each['namespace']}/{each['serviceAccount']}" for each in associated]
    assert sorted(found) == sorted(expected)
    cli.destroy(assembly)
    assert eks.list_pod_identity_associations(clusterName="ml")["associations"] == []
    clean(aws)
