"""The pages made of the settings and of the permissions are as their sources are."""

from infra.settings.model import Settings
from tests.support.template import permissions_page
from tools.settings_page import settings_page


def test_permissions_page_is_fresh():
    assert permissions_page.PAGE.read_text() == permissions_page.render(), (
        "run python -m tests.support.template.permissions_page"
    )


def test_settings_page_has_every_setting():
    page = settings_page()
    assert all(f"| `{name}` |" in page for name in Settings.model_fields)
