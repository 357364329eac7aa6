"""CloudFormation on the local AWS: Pod Identity associations."""

import pytest
from test_corrections_stacks import Stack

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::000000000000:role/launcher"


def association(namespace):
    properties = {
        "ClusterName": "ml",
        "Namespace": namespace,
        "ServiceAccount": "pipeline-runner",
        "RoleArn": ROLE,
    }
    return {"Pod": {"Type": "AWS::EKS::PodIdentityAssociation", "Properties": properties}}


def test_stack_with_a_pod_identity_association(local_aws):
    eks, stack = local_aws.client("eks"), Stack(local_aws)
    assert stack.put(association("kubeflow"))[0] == "ROLLBACK_COMPLETE"
    assert "No cluster found for name: ml" in stack.reasons()
    stack.delete()

    eks.create_cluster(name="ml", roleArn=ROLE, resourcesVpcConfig={})
    stack = Stack(local_aws)
    outputs = {"Arn": {"Fn::GetAtt": ["Pod", "AssociationArn"]}}
    status, found = stack.put(association("kubeflow"), outputs)
    assert (status, found["Arn"].split(":")[2]) == ("CREATE_COMPLETE", "eks")
    assert stack.put(association("team-a"), update=True)[0] == "UPDATE_COMPLETE"
    (listed,) = eks.list_pod_identity_associations(clusterName="ml")["associations"]
    assert listed["namespace"] == "team-a"
    stack.delete()
    assert eks.list_pod_identity_associations(clusterName="ml")["associations"] == []
    eks.delete_cluster(name="ml")
