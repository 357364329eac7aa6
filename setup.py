"""The packages of the wheel, which pyproject.toml cannot list: two have other names than folders.

`infra` and `lambdas` are names that any project may have. In the wheel they are `rl_training_cdk`
and `rl_training_cdk.lambdas`; their imports of themselves are relative. `local_aws` is this
project's own test bench and is not in the wheel.
"""

from setuptools import find_packages, setup

FOLDERS = {
    "kfp_component": "kfp_component",
    "rl_training_cdk": "infra",
    "rl_training_cdk.lambdas": "lambdas",
    "training_job": "training_job",
    "training_sweep": "training_sweep",
}

setup(
    package_dir=FOLDERS,
    packages=[
        package
        for name, folder in FOLDERS.items()
        for package in (name, *(f"{name}.{below}" for below in find_packages(folder)))
    ],
)
