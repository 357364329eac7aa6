"""The pictures of the README: the report of a real run, light and dark (`make pictures`).

Runs the demo and photographs its report with Chromium; `CHROMIUM` names another browser that takes
its options.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1100, 900
"""Pixels; the summary and the learning curves of a report are above the lower edge."""
LARGEST = 200_000
"""Bytes of a picture: whoever opens the README loads it."""

_SCHEMES = {"dark": 0, "light": 1}
"""What Blink calls the colour schemes that a page may be asked for."""
_SECONDS = 120


def main() -> int:
    """Write the pictures; return 1 after saying what is missing."""
    browser = _browser()
    if browser is None:
        print("make pictures: needs Chromium on the PATH (or CHROMIUM=...)", file=sys.stderr)
        return 1
    report = _report()
    PICTURES.mkdir(exist_ok=True)
    for scheme in _SCHEMES:
        picture = PICTURES / f"report-{scheme}.png"
        photograph(browser, report, picture, scheme)
        size = picture.stat().st_size
        print(f"{picture.relative_to(ROOT)}: {size:,} bytes")
        if size > LARGEST:
            print(f"make pictures: allowed are {LARGEST:,} bytes", file=sys.stderr)
            return 1
    return 0


def photograph(browser: str, page: Path, picture: Path, scheme: str) -> None:
    """Write a picture of the upper part of a page.

    Args:
        browser: The program.
        page: An HTML file.
        picture: The PNG file to write.
        scheme: `light` or `dark`, as the reader's system would say.

    Raises:
        subprocess.CalledProcessError: The browser failed.
    """
    command = [browser, "--headless=new", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}"]
    command += [f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}"]
    if os.geteuid() == 0:
        command.append("--no-sandbox")  # as root there is none
    with tempfile.TemporaryDirectory() as profile:
        command += [f"--user-data-dir={profile}", page.as_uri()]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=_SECONDS)


def _browser() -> str | None:
    named = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in named if name and (found := shutil.which(name))), None)


def _report() -> Path:
    """Run the demo and return the report that it left."""
    command = [sys.executable, "-m", "examples.demo"]
    run = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: list[str] = re.findall(r"^ +Report +(\S+)$", run.stdout, re.MULTILINE)
    return ROOT / found[-1]


if __name__ == "__main__":
    sys.exit(main())
