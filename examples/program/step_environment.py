"""What a lightweight step of the examples runs in: this environment's own Python and packages.

On a cluster the step installs the packages into its container; where they are there already, as in
this project's environment, pip does nothing and needs no network. Which versions those are depends
on the Python: numpy's newest needs a newer one than the oldest that this project supports.
"""

import sys
from importlib.metadata import version

BASE_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}"


def installed(*names: str) -> list[str]:
    """Return the requirements that pin packages to the versions installed here.

    Args:
        names: Of distributions, such as `numpy`.

    Raises:
        importlib.metadata.PackageNotFoundError: One of them is not installed.
    """
    return [f"{name}=={version(name)}" for name in names]
