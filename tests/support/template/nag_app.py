"""Synthesize many deployments in one process, each checked by the CDK and cdk-nag's AwsSolutions.

    python -m tests.support.template.nag_app '{"OUTPUT DIRECTORY": {CONTEXT}, ...}' UNSAFE_DIRECTORY

Findings are in each directory's validation-report.json; UNSAFE_DIRECTORY gets those of a bucket
that breaks rules, which shows that the rules ran.
"""

import json
import sys

from aws_cdk import App, Stack, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from infra.settings.context import read_settings
from infra.stack import RlTrainingStack


def synthesize(app: App) -> None:
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as failure:
        if "ValidationFailed" not in str(failure):
            raise


for directory, context in json.loads(sys.argv[1]).items():
    app = App(outdir=directory, context=context, analytics_reporting=False)
    RlTrainingStack(app, read_settings(context))
    synthesize(app)

app = App(outdir=sys.argv[2], analytics_reporting=False)
s3.Bucket(Stack(app, "Unsafe"), "Bucket")
synthesize(app)
