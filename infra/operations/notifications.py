"""The SNS topic that hears of failed executions and of alarms.

The EventBridge rule sees what no Catch of the state machine sees: States.Runtime errors, a state
too large, an execution that timed out or was stopped.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ..settings.model import Settings
from ..workflow.ends import ends_of


class Notifications(Construct):
    """What is told of failures, and to whom.

    Attributes:
        topic: The topic; alarms publish to it too.
    """

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        machines: Sequence[sfn.IStateMachine],
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, "Notifications")
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=f"{settings.state_machine_name} failures",
            master_key=key,
            enforce_ssl=True,
        )
        # A topic with a policy has lost the default one, by which alarms of the account publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        for address in settings.notification_emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        events.Rule(
            self,
            "FailedExecutions",
            description=f"Executions of {settings.state_machine_name} that did not succeed, and "
            f"of {settings.sweep_state_machine_name}",
            event_pattern=ends_of(machines),
            targets=[targets.SnsTopic(self.topic)],
        )
