"""Credentials of the job role, as SageMaker gives them to a job."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from ministack.core.responses import get_account_id
from ministack.services import sts


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of an assumed role."""

    access_key: str
    secret_key: str
    session_token: str

    def environment(self) -> dict[str, str]:
        """Return the variables AWS clients read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


def assume_job_role(role_arn: str) -> Credentials:
    """Return a session of the job role, named SageMaker as on AWS.

    With IAM enforced the local AWS checks each call of the job against this role.
    """
    account, role = get_account_id(), role_arn.rsplit("/", 1)[-1]
    credentials = Credentials(
        access_key=f"ASIA{secrets.token_hex(8).upper()}",
        secret_key=secrets.token_hex(20),
        session_token=secrets.token_hex(32),
    )
    sts.register_session(
        credentials.access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/SageMaker",
            "UserId": f"{role}:SageMaker",
            "AccountId": account,
            "SecretAccessKey": credentials.secret_key,
            "SessionToken": credentials.session_token,
        },
    )
    return credentials
