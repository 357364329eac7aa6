"""What the embedded AWS does otherwise than AWS, put right; `table` lists everything.

ministack looks its functions up by their module's global names at every call, so that replacing
the name replaces the behaviour. Importing this package does not import ministack, whose modules
read the environment when they are imported.
"""


def check() -> list[str]:
    """Return the functions that ministack no longer has, as `module.name`."""
    from local_aws.corrections.table import CORRECTIONS  # noqa: PLC0415

    return [f"{row.module}.{row.name}" for row in CORRECTIONS if not row.exists()]


def install() -> None:
    """Put everything right. Call once, after ministack.app was imported and before it serves."""
    from local_aws.corrections.table import CORRECTIONS  # noqa: PLC0415

    for row in CORRECTIONS:
        row.install()
