"""The pages made of the settings and of the permissions are as their sources are."""

from infra import generate_settings
from infra.settings import Settings
from tests.deployment import ROOT
from tests.infra import permissions_page


def test_permissions_page_is_fresh():
    assert permissions_page.PAGE.read_text() == permissions_page.render(), (
        "run python -m tests.infra.permissions_page"
    )


def test_settings_page_is_fresh_and_has_every_setting():
    page = (ROOT / "docs" / "settings.md").read_text()
    assert page == generate_settings.render(), "run make generate"
    assert all(f"| `{name}` |" in page for name in Settings.model_fields)
