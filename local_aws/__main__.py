"""`python -m local_aws --port N`: serve the embedded AWS until it is stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from local_aws.server import Options, StartError, run

STOP_GRACE_SECONDS = 10.0
"""Default seconds a training job has between SIGTERM and SIGKILL; on AWS it has 120."""


def parse(arguments: Sequence[str]) -> Options:
    """Return the options of a command line; exits with code 2 and a usage line for a bad one."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=4566, help="TCP port on 127.0.0.1; 0 picks a free one (4566)"
    )
    parser.add_argument(
        "--iam", action="store_true", help="check callers and roles against IAM policies"
    )
    parser.add_argument(
        "--stop-grace",
        type=float,
        default=STOP_GRACE_SECONDS,
        metavar="SECONDS",
        help="time between SIGTERM and SIGKILL for a training job that is stopped "
        f"({STOP_GRACE_SECONDS:g}; AWS gives 120)",
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error(f"argument --port: must be from 0 to 65535; got {options.port}")
    if options.stop_grace < 0:
        parser.error(f"argument --stop-grace: must not be negative; got {options.stop_grace:g}")
    return Options(port=options.port, iam=options.iam, stop_grace=options.stop_grace)


def main() -> int:
    """Run the server; return 1 if it cannot start."""
    try:
        run(parse(sys.argv[1:]))
    except StartError as error:
        print(f"local_aws: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
