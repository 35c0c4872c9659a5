"""A site of its own for the tests of a module that change what others look at: import these fixtures there."""

import pytest

from tests.browser.conftest import Mailbox, environment_of, peopled_site


@pytest.fixture(scope="module")
def site_folder(tmp_path_factory):
    """The folder where this site keeps its things."""
    return tmp_path_factory.mktemp("own-site")


@pytest.fixture(scope="module")
def site_environment(small_marts, site_folder):
    """The environment of this site."""
    return environment_of(site_folder, small_marts)


@pytest.fixture(scope="module")
def site(small_marts, site_folder, site_environment):
    """The address of this site."""
    with peopled_site(site_folder, small_marts, site_environment) as address:
        yield address


@pytest.fixture(scope="module")
def mailbox(site, site_folder):
    """What this site wrote to people."""
    return Mailbox(site_folder / "mail")


@pytest.fixture(scope="module")
def entered():
    """The cookies of those who entered it."""
    return {}
