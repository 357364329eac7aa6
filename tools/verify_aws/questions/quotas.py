"""How many instances of a type the account's training jobs may use at once.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
"""

from __future__ import annotations

from tools.verify_aws.account.scene import Scene
from tools.verify_aws.assumption import Answer

USE = " for training job usage"
"""How SageMaker names these quotas: `ml.m5.large for training job usage`, as its
ResourceLimitExceeded errors say."""


def training_quotas(scene: Scene) -> Answer:
    """Return the quota of each instance type; None where the account has none of that name."""
    pages = scene.aws.client("service-quotas").get_paginator("list_service_quotas")
    quotas = {
        each["QuotaName"]: each["Value"]
        for page in pages.paginate(ServiceCode="sagemaker")
        for each in page["Quotas"]
    }
    return {"quotas": {each: quotas.get(each + USE) for each in scene.instance_types}}
