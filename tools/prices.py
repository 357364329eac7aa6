"""AWS's public prices in us-east-1, in US dollars; the documents' figures come from these."""

TRANSITION = 0.025 / 1_000
"""Source: https://aws.amazon.com/step-functions/pricing/."""
FUNCTION_CALL = 0.20 / 1_000_000
FUNCTION_GB_SECOND = 0.0000133334
"""On arm64. https://aws.amazon.com/lambda/pricing/"""
ALARM_MONTH = 0.10
DASHBOARD_MONTH = 3.00
"""The first three of an account are free."""
LOG_GB = 0.50
"""Taken in. https://aws.amazon.com/cloudwatch/pricing/"""
KEY_MONTH = 1.00
"""Source: https://aws.amazon.com/kms/pricing/."""
ENDPOINT_HOUR = 0.01
"""An interface endpoint in one zone. https://aws.amazon.com/privatelink/pricing/"""
ENDPOINT_GB = 0.01
HOURS_A_MONTH = 730


def endpoints_month(count: int, zones: int = 2) -> float:
    """Return what so many interface endpoints cost a month."""
    return count * zones * ENDPOINT_HOUR * HOURS_A_MONTH
