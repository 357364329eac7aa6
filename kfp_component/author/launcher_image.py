"""Which image the launcher's pod runs."""

import os
from typing import Any

from kfp.dsl.pipeline_channel import extract_pipeline_channels_from_any

VARIABLE = "SAGEMAKER_RL_LAUNCHER_IMAGE"
"""The environment variable that names the image for every pipeline compiled on a machine."""


def choose_launcher_image(named: Any) -> str:
    """Return the image to run: the one that is named, or else the environment's.

    No image is published, so there is none to fall back on: a pod without one would wait in
    ImagePullBackOff for as long as the run may last.

    Args:
        named: A registry path, a pipeline parameter that holds one, or None.

    Returns:
        A registry path, or a parameter's placeholder.

    Raises:
        ValueError: No image is named, it is not one word, or a parameter is only a part of it.

    Example:
        >>> choose_launcher_image("registry.example.com/launcher:1")
        'registry.example.com/launcher:1'
    """
    image = named or os.environ.get(VARIABLE)
    if not image:
        raise ValueError(
            "No image is named for the launcher, the container of this task. Build one from the "
            "project's Dockerfile, push it to a registry that your cluster can reach, and name it: "
            'train_rl_model(launcher_image="REGISTRY/launcher:TAG", ...), which may also be a '
            f"pipeline parameter; or the environment variable {VARIABLE} where pipelines are "
            "compiled; or use your site's own component, which `make component IMAGE=...` writes."
        )
    image = str(image)
    if any(channel.pattern != image for channel in extract_pipeline_channels_from_any(image)):
        # resolvePodSpecInputRuntimeParameter in KFP's backend/src/v2/driver
        raise ValueError(
            f"launcher_image is {image!r}: Kubeflow Pipelines would run an image named by the "
            "parameter alone and drop the text around it. Make the whole image one parameter."
        )
    if image.split() != [image]:
        raise ValueError(
            f"launcher_image is {image!r}; it must be a registry path without spaces, such as "
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/launcher:0.1.0"
        )
    return image
