"""The pages made of the settings and of the permissions, and the settings that others show."""

import json
import re

import pytest

from infra.settings.context import read_settings
from infra.settings.model import Settings
from tests.support.deploying.deployment import ROOT
from tests.support.template import permissions_page
from tools import prices
from tools.costs_page import alarms
from tools.settings_page import settings_page


def test_permissions_page_is_fresh():
    assert permissions_page.PAGE.read_text() == permissions_page.render(), (
        "run python -m tests.support.template.permissions_page"
    )


def test_settings_page_has_every_setting():
    page = settings_page()
    assert all(f"| `{name}` |" in page for name in Settings.model_fields)


def test_figures_of_the_descriptions_are_those_of_the_costs_page():
    month = f"{alarms() * prices.ALARM_MONTH:.2f}"
    assert f"about {month} USD a month" in Settings.model_fields["alarms"].description
    month = f"{prices.DASHBOARD_MONTH:g}"
    assert f"up to {month} USD a month" in Settings.model_fields["dashboard"].description


GUIDE = (ROOT / "docs" / "deploy.md").read_text()
FILES = [
    json.loads(text)
    for text in re.findall(
        r"^(?:```json|cat > cdk.context.json <<'END')\n(\{.*?)^(?:```|END)",
        GUIDE,
        re.DOTALL | re.MULTILINE,
    )
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: next(iter(file)))
def test_settings_files_of_the_guide_are_right(file):
    assert read_settings(file)


def test_settings_that_the_guide_names_exist():
    named = set(re.findall(r"`\"?(\w+_\w+)\"?[=:]", GUIDE)) | {
        name for file in FILES for name in file
    }
    assert len(FILES) >= 6
    assert len(named) > 12
    assert named <= set(Settings.model_fields)
