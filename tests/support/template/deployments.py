"""The deployments that tests look at: by name, what their context has over cdk.json's."""

ACCOUNT = "123456789012"

ENDPOINTS = "states,logs,sts,eks-auth,ecr.api,ecr.dkr,s3,sagemaker.api,monitoring,kms".split(",")

GUARD_RAILS = {
    "allowed_job_roles": [f"arn:aws:iam::{ACCOUNT}:role/trainer"],
    "assumable_roles": ["arn:aws:iam::210987654321:role/submitter"],
    "allowed_instance_types": ["ml.m5.large", "ml.m5.xlarge"],
    "max_instance_count": 4,
    "max_keep_alive": 600,
    "max_trials": 100,
    "max_sweep_parallel": 8,
    "max_run_limit": 3600,
    "required_tags": ["team"],
    "required_encryption_key": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/"
    "11111111-2222-3333-4444-555555555555",
}

IRSA = {
    "launcher_oidc_provider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/"
    "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF",
    "launcher_service_accounts": ["kubeflow/pipeline-runner", "team-a/default-editor"],
}

POD_IDENTITY = {
    "launcher_eks_cluster": "ml",
    "launcher_service_accounts": ["kubeflow/pipeline-runner", "team-a/default-editor"],
}

EVERYTHING = {
    **GUARD_RAILS,
    **POD_IDENTITY,
    "network": "create",
    "endpoints": ENDPOINTS,
    "kms_key": "create",
    "retain_data": False,
    "dashboard": True,
    "execution_data_in_logs": True,
    "image_repositories": ["rl"],
    "job_read_locations": ["datasets", "shared/rl"],
    "job_write_locations": ["results/rl"],
    "launcher_s3_locations": ["pipelines/runs"],
    "launcher_principals": [f"arn:aws:iam::{ACCOUNT}:role/engineer"],
    "notification_emails": ["ml@example.com"],
    "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "resource_tags": {"team": "ml"},
    "termination_protection": True,
}

EXISTING_VPC = {
    **IRSA,
    "network": "existing",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "route_table_ids": ["rtb-0123456789abcdef0"],
    "launcher_security_groups": ["sg-0123456789abcdef0"],
    "endpoints": ["states", "logs", "sts", "s3"],
    "kms_key": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/66666666-7777-8888-9999-000000000000",
    "max_instance_count": 1,
    "alarms": False,
}

DEPLOYMENTS = {"default": {}, "everything": EVERYTHING, "existing-vpc": EXISTING_VPC}
