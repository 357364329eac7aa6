"""The pages made of the settings and of the permissions are as their sources are."""

from infra.settings import page as generate_settings
from infra.settings.model import Settings
from tests.support.deploying.deployment import ROOT
from tests.support.template import permissions_page


def test_permissions_page_is_fresh():
    assert permissions_page.PAGE.read_text() == permissions_page.render(), (
        "run python -m tests.support.template.permissions_page"
    )


def test_settings_page_is_fresh_and_has_every_setting():
    page = (ROOT / "docs" / "settings.md").read_text()
    assert page == generate_settings.render(), "run make generate"
    assert all(f"| `{name}` |" in page for name in Settings.model_fields)
