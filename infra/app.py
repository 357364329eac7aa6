"""The CDK app: `cdk.json` runs it as `python3 -m infra.app`.

It alone hands the CDK context on; `settings.context` reads settings from it.
"""

from __future__ import annotations

import os
import sys

from aws_cdk import App

from .settings.context import read_settings
from .settings.problems import InvalidSettings
from .settings.region import in_region
from .stack import RULES, RlTrainingStack
from .workflow.bundle import BundlingFailed


def main() -> int:
    """Synthesize the stack; return 1 after saying what is wrong with the settings."""
    # The CDK's own check of templates takes longer than all the rest of a synth; the tests run it
    # on every kind of deployment (tests/support/template/nag_app.py), with cdk-nag and cfn-lint.
    app = App(builtin_cloud_formation_validation=False)
    try:
        # The CDK CLI says where it would deploy to; the template itself fits every region.
        region = os.environ.get("CDK_DEFAULT_REGION")
        rules = (*RULES, *in_region(region)) if region else RULES
        settings = read_settings(app.node.get_all_context(), rules)
        RlTrainingStack(app, settings)
        app.synth()
    except (InvalidSettings, BundlingFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
