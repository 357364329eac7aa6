"""The task that trains, for pipelines.

Written by `make generate` from kfp_component/author/interface.py; do not edit.
"""

from typing import Any

from kfp.dsl import PipelineTask

from kfp_component.author.component import bare_component
from kfp_component.author.tasks.long_task import long_task


def train_rl_model(
    *,
    state_machine_arn: str,
    region: str,
    entry_point: str,
    endpoint_url: str | None = None,
    assume_role: str | None = None,
    job_name: str | None = None,
    role: str | None = None,
    image: str | None = None,
    source_dir: str | None = None,
    toolkit: str | None = None,
    toolkit_version: str | None = None,
    framework: str | None = None,
    metric_definitions: dict[str, Any] | None = None,
    training_input_mode: str | None = None,
    hyperparameters: dict[str, Any] | None = None,
    instance_type: str | None = None,
    instance_count: int | None = None,
    volume_size: int | None = None,
    max_run: int | None = None,
    model_artifact_path: str | None = None,
    output_encryption_key: str | None = None,
    vpc_security_group_ids: str | None = None,
    vpc_subnets: str | None = None,
    spot_instance: bool | None = None,
    max_wait_time: int | None = None,
    checkpoint_config: dict[str, Any] | None = None,
    debug_hook_config: dict[str, Any] | None = None,
    debug_rule_config: list[Any] | None = None,
    tags: dict[str, Any] | None = None,
    network_isolation: bool | None = None,
    traffic_encryption: bool | None = None,
    environment: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
    initial_model: str | None = None,
    instance_groups: list[Any] | None = None,
    keep_alive: int | None = None,
    tensorboard_path: str | None = None,
    capacity_wait: int | None = None,
    fallback_instance_types: list[Any] | None = None,
    max_attempts: int | None = None,
    fail_on_rule_issues: bool | None = None,
    dry_run: bool | None = None,
    stop_on_sigterm: bool | None = None,
    launcher_image: str | None = None,
    retries: int = 5,
    cache: bool = False,
) -> PipelineTask:
    """Train a reinforcement-learning model on Amazon SageMaker.

    Starts an execution of the state machine that trains, shows it, and hands its results on. A pod
    that replaces another joins the execution that runs.

    Call it inside a `@dsl.pipeline`. The task has what a long training needs: retries
    that join the training, a command that stops it when a person terminates the run, no caching, a
    small pod. What KFP makes of them differs between its versions: docs/kfp-step.md has the table.
    Every input may be a pipeline parameter or another task's output; None counts as not given.

    Args:
        state_machine_arn: The state machine that trains: output StateMachineArn of the deployed
            stack RlTraining.
        region: Region of the training job; must be the state machine's own. Allowed: a region name
            such as us-east-1.
        entry_point: Script to run, as a path within `source_dir` (or within the image's code
            directory when there is none). Allowed: a relative path such as train.py or
            code/train.py: letters, digits and ._+- in each part, no part beginning with a dot.
        endpoint_url: Endpoint of Step Functions for the launcher, such as a VPC endpoint's.
            Default: the region's public endpoint, which private DNS may lead to a VPC endpoint.
            Allowed: an https URL of the region's Step Functions, or a loopback URL such as
            http://127.0.0.1:4566.
        assume_role: Role that the state machine assumes to create the training job, such as one in
            another account. Default: the state machine's own role creates it. Allowed: the ARN of
            an IAM role that the deployment lists as assumable.
        job_name: Name of the training job, which can be used once in an account and region.
            Default: `TrainingJob-[datetime]-[random id]`, the same for the same execution. Allowed:
            1 to 63 letters, digits and inner hyphens.
        role: The job role: SageMaker assumes it to read the code and write the model. Allowed: the
            ARN of an IAM role, such as arn:aws:iam::123456789012:role/NAME.
        image: Registry path of the training image. Default: the prebuilt image of `toolkit`,
            `toolkit_version` and `framework`. Allowed: a registry path of at most 255 characters,
            without spaces.
        source_dir: S3 URI of the gzipped tar of the training code. Default: the code that is in
            `image`. Allowed: an S3 URI s3://BUCKET/KEY.tar.gz.
        toolkit: RL toolkit of the prebuilt image; has no effect with `image`. Allowed: coach or
            ray.
        toolkit_version: Version of the toolkit, exactly as AWS names it; has no effect with
            `image`. Allowed: a version that has an image, such as 1.6.0.
        framework: Framework beneath the toolkit; has no effect with `image`. Allowed: MXNet,
            TensorFlow or PyTorch, in upper or lower case.
        metric_definitions: Metrics and the regular expressions that find them in the log. Default:
            RLEstimator's for the toolkit; none with `image`. Allowed: at most 40: a map of name to
            expression, or a list of {Name, Regex}.
        training_input_mode: How SageMaker hands input data to the job. Allowed: File, Pipe or
            FastFile. Default: "File".
        hyperparameters: Hyperparameters of the script. Each value may be any JSON value and is
            JSON-encoded, as the SageMaker SDK does. Allowed: a map of at most 93 names to JSON
            values; names of at most 256 characters that do not begin with sagemaker_, values of at
            most 2500 characters as JSON. Default: {}.
        instance_type: Instance type of the training job. Allowed: one of SageMaker's training
            instance types. Default: "ml.m4.xlarge".
        instance_count: Number of instances. Allowed: a whole number of at least 1. Default: 1.
        volume_size: Size of the storage volume of each instance, in GB. Allowed: a whole number of
            GB, at least 1. Default: 30.
        max_run: Longest run time, in seconds; then SageMaker stops the job and keeps what it saved.
            Allowed: a whole number of seconds from 1 to the deployment's limit (432000, 5 days,
            unless it says otherwise; SageMaker's own is 2419200, 28 days). Default: 86400.
        model_artifact_path: S3 URI below which the model is stored, as
            JOB_NAME/output/model.tar.gz. Allowed: an S3 URI s3://BUCKET or s3://BUCKET/PREFIX.
        output_encryption_key: KMS key that encrypts the model. Default: the deployment's own key,
            if it has one (`kms_key`); else the account's default key for S3, whatever the bucket's
            is. Allowed: a KMS key id, key ARN, alias (alias/NAME) or alias ARN.
        vpc_security_group_ids: Security groups of the training job, in the form sg-xxxxxxxx; needs
            `vpc_subnets`. Default: the job runs outside your VPC. Allowed: at most 5 ids: a
            comma-delimited list, or a JSON list.
        vpc_subnets: Subnets of the training job; needs `vpc_security_group_ids`. Default: the job
            runs outside your VPC. Allowed: at most 16 ids: a comma-delimited list, or a JSON list.
        spot_instance: Use managed spot training. Allowed: true or false. Default: false.
        max_wait_time: Longest time to wait for a spot job to complete, run time included, in
            seconds; at least `max_run`. Used with `spot_instance` only. Allowed: a whole number of
            seconds from 1 to the deployment's limit (432000, 5 days, unless it says otherwise), and
            with spot at least max_run. Default: 86400.
        checkpoint_config: Where checkpoints are kept, so that an interrupted or repeated job
            resumes. Default: nowhere. Allowed: a map with S3Uri and, if wanted, LocalPath.
        debug_hook_config: What Amazon SageMaker Debugger saves. Default: Debugger is not used (AWS
            has closed it to new customers). Allowed: a map with S3OutputPath (model_artifact_path
            unless given), LocalPath, HookParameters and CollectionConfigurations.
        debug_rule_config: Rules that Amazon SageMaker Debugger evaluates. Default: none. Allowed: a
            list of at most 20 maps with RuleConfigurationName, RuleEvaluatorImage and, if wanted,
            InstanceType, VolumeSizeInGB, LocalPath, S3OutputPath and RuleParameters.
        tags: Tags of the training job. Allowed: at most 48, as a map or a list of {Key, Value}:
            keys of 1 to 128 and values of at most 256 letters, digits, spaces and _.:/=+-@; no key
            beginning with aws:. Default: {}.
        network_isolation: Cut the training containers off from every network, S3 included. Allowed:
            true or false. Default: false.
        traffic_encryption: Encrypt the traffic between the instances of the job. Allowed: true or
            false. Default: false.
        environment: Environment variables of the training containers. Not for secrets. Allowed: a
            map of at most 100 names to text of at most 512 characters; 99 with `job_name`. Default:
            {}.
        inputs: Input channels: the container finds the data of channel NAME in
            /opt/ml/input/data/NAME. Allowed: a map of at most 20 channel names (letters, digits and
            .-_; not code or model) to an S3 URI, or to a Channel with AWS's own keys. Default: {}.
        initial_model: S3 URI of a model archive to continue from; the container finds it in
            /opt/ml/input/data/model. Default: training starts afresh. Allowed: an S3 URI such as
            another run's model_artifact_url.
        instance_groups: Groups of instances of different types (a heterogeneous cluster), instead
            of `instance_type` and `instance_count`. Default: one type for all. Allowed: at most 5
            maps of InstanceGroupName, InstanceType and InstanceCount, of different names.
        keep_alive: Seconds to keep the instances for the next job after this one (a warm pool).
            They are billed while they are kept. Allowed: a whole number of seconds from 0 to 3600,
            within the deployment's limit; not with spot_instance or instance_groups. Default: 0.
        tensorboard_path: S3 URI below which SageMaker keeps the TensorBoard files that the script
            writes to /opt/ml/output/tensorboard, as JOB_NAME/tensorboard-output. Default: they are
            not kept. Allowed: an S3 URI s3://BUCKET or s3://BUCKET/PREFIX.
        capacity_wait: Seconds to wait for capacity or quota when every instance type is exhausted,
            before giving up. Such waits use up no attempt. Allowed: a whole number of seconds from
            0 to 432000 (5 days). Default: 0.
        fallback_instance_types: Instance types to try in turn when SageMaker has no capacity for
            `instance_type`. Default: only `instance_type` is tried. Allowed: at most 10 of
            SageMaker's training instance types.
        max_attempts: Training jobs that may be tried when the infrastructure fails (capacity,
            internal errors). An error of the script is never tried again. Allowed: a whole number
            from 1 to 10. Default: 3.
        fail_on_rule_issues: Fail when a debugger rule finds issues, instead of reporting them.
            Allowed: true or false. Default: false.
        dry_run: Return the CreateTrainingJob request and start nothing. Allowed: true or false.
            Default: false.
        stop_on_sigterm: Whether the training stops when the pod is told to end. False lets it
            outlive an eviction and be joined by the task's retry. Default: true.
        launcher_image: The launcher's image in a registry that the cluster can reach, or a pipeline
            parameter that names it. Default: the environment variable SAGEMAKER_RL_LAUNCHER_IMAGE
            where the pipeline is compiled.
        retries: How often KFP may replace a lost pod. The new pod joins the training that runs, and
            does not repeat one that failed of itself. With retries, `stop_on_sigterm` is false
            unless given: an evicted pod must not stop the training that its replacement joins.
        cache: Whether KFP may skip the training and hand on the outputs of an earlier run with the
            same arguments. It looks neither into the source archive nor whether the model still
            exists.

    Returns:
        The task, to be configured further. Its outputs:
        model_artifact_url: S3 URL of the model archive, model.tar.gz.
        job_name: The training job that made the model.
        training_image: Registry path of the image it ran.
        execution_arn: The execution of the state machine.
        model: A manifest of the model; its metadata has the S3 URL as s3_uri, the job and each
            final metric as metric_NAME.
        metrics: Final metrics, training and billable seconds, and what spot instances saved.
        report: Summary, timeline and learning curves of the training.

    Raises:
        ValueError: No image is named, `retries` is negative, or the task uses a field of an outer
            loop's item.

    Example:
        >>> @dsl.pipeline
        ... def pipeline(state_machine_arn: str, role: str, source_dir: str, models: str):
        ...     training = train_rl_model(
        ...         state_machine_arn=state_machine_arn,
        ...         region="us-east-1",
        ...         role=role,
        ...         entry_point="train.py",
        ...         source_dir=source_dir,
        ...         model_artifact_path=models,
        ...         toolkit="ray",
        ...         toolkit_version="1.6.0",
        ...         framework="tensorflow",
        ...         hyperparameters={"lr": 0.0001},
        ...         launcher_image="registry.example.com/launcher:0.1.0",
        ...     )
        ...     deploy(model_url=training.outputs["model_artifact_url"])
    """
    return long_task(bare_component, **locals())
