"""Amazon SageMaker training jobs, as a service of the embedded AWS.

:mod:`local_aws.sagemaker.api` is the Python side, :mod:`local_aws.sagemaker.api.service` the HTTP
side.
"""
