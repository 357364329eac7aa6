"""EKS Pod Identity associations in CloudFormation; ministack has them in its EKS service only.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-eks-podidentityassociation.html
"""

from ministack.services import eks

from local_aws.corrections.cloudformation.resource import (
    Created,
    Properties,
    answer,
    replaced_on_update,
)


def _create_association(_logical_id: str, props: Properties, _stack_name: str) -> Created:
    body = {
        "namespace": props.get("Namespace"),
        "serviceAccount": props.get("ServiceAccount"),
        "roleArn": props.get("RoleArn"),
        "tags": {tag["Key"]: tag["Value"] for tag in props.get("Tags", [])},
    }
    response = eks._create_pod_identity_association(props["ClusterName"], body)
    association = answer(response)["association"]
    arn, association_id = association["associationArn"], association["associationId"]
    return association_id, {"AssociationArn": arn, "AssociationId": association_id}


def _delete_association(association_id: str, props: Properties) -> None:
    eks._delete_pod_identity_association(props["ClusterName"], association_id)


POD_IDENTITY_ASSOCIATION = replaced_on_update(_create_association, _delete_association)
