"""The remarks in the `notes` of a training: what has no effect, or is risky, and is not wrong."""

from __future__ import annotations

from training_job.arguments.model import TrainingArguments


def remarks(arguments: TrainingArguments) -> list[str]:
    """Return a sentence for each argument that has no effect, or a risky one.

    Example:
        >>> from training_job import parse_arguments
        >>> given = {"region": "eu-west-1", "role": "arn:aws:iam::123456789012:role/Job",
        ...     "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rl:1",
        ...     "entry_point": "train.py", "model_artifact_path": "s3://bucket/models",
        ...     "instance_type": "ml.m5.large", "max_wait_time": 90_000}
        >>> remarks(parse_arguments(given))
        ['max_wait_time has no effect without spot_instance.']
    """
    found = []
    toolkit = [
        name
        for name in ("toolkit", "toolkit_version", "framework")
        if getattr(arguments, name) is not None
    ]
    if arguments.image and toolkit:
        found.append(f"`image` is given, so {', '.join(toolkit)} did not choose the image.")
    if arguments.spot_instance and arguments.checkpoint_config is None:
        found.append(
            "Spot training without checkpoint_config starts from the beginning after each "
            "interruption."
        )
    for name, channel in arguments.inputs.items():
        idle = [
            key
            for key in ("CompressionType", "RecordWrapperType")
            if getattr(channel, key) not in (None, "None")
        ]
        mode = channel.mode(arguments.training_input_mode)
        if idle and mode != "Pipe":
            found.append(
                f"inputs.{name}: {' and '.join(idle)} of a {mode} channel: meant for Pipe."
            )
    if not arguments.spot_instance and "max_wait_time" in arguments.model_fields_set:
        found.append("max_wait_time has no effect without spot_instance.")
    return found
