"""The tables of docs/verify-aws.md, written from the assumptions: `make generate`."""

from __future__ import annotations

from tools.verify_aws.not_settled import NOT_SETTLED
from tools.verify_aws.stages import STAGES


def asked() -> str:
    """Return what is asked, stage by stage, as a Markdown table."""
    lines = ["| stage | assumption | expected | if false, change |", "| --- | --- | --- | --- |"]
    for stage in STAGES:
        for each in stage.assumptions:
            link = f"[{each.page}](../{each.page})"
            lines.append(f"| {stage.name} | {each.statement} | {each.expected} | {link} |")
    return "\n".join(lines)


def not_settled() -> str:
    """Return what cannot be settled so, as a Markdown table."""
    lines = ["| stays assumed | why |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {each.what} | {each.why} |" for each in NOT_SETTLED)])
