"""What every test may use: the folder of real data, and a memory wiped between tests."""

import os
from pathlib import Path

import pytest

from tests.databases import forget_templates


def pytest_configure():
    """Tests compare words: pages keep the ordinary spaces of their source, but in tests/kernel/test_spaces.py and the running sites."""
    from django.conf import settings

    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if name != "horizon.kernel.spaces.FrenchSpacesMiddleware"
    ]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder named by HORIZON_REAL_DATA; the test is skipped, with the reason, when it is not set."""
    folder = os.environ.get("HORIZON_REAL_DATA")
    if not folder:
        pytest.skip("HORIZON_REAL_DATA is not set: tests on real public data need the folder it names")
    return Path(folder)


@pytest.fixture(autouse=True)
def _forget_catalogue():
    """Catalogues are kept by publication id, and two tests reuse the same ids; so are the counts of what one place does."""
    yield
    from django.core.cache import cache, caches

    from horizon.directory import services

    services.forget()
    cache.clear()
    caches["documents"].clear()


@pytest.fixture(scope="session")
def small_marts(tmp_path_factory) -> Path:
    """The marts of a small hand-written territory."""
    from tests.published import build_marts

    return build_marts(tmp_path_factory.mktemp("small"))


@pytest.fixture
def published(db, small_marts):
    """The small territory, published in the test database."""
    from horizon.directory.services import publish_directory
    from horizon.observatory.read import Marts
    from tests.published import TERRITORY

    with Marts(small_marts) as marts:
        return publish_directory(marts, TERRITORY, actor="test")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With HORIZON_NO_SKIP (set by .ci/run where the real data are), a skipped test is a failed one."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("HORIZON_NO_SKIP") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although nothing may be: {report.longrepr}"


def pytest_sessionfinish(session):
    """The last to leave removes the databases that tests were copied from."""
    if not hasattr(session.config, "workerinput"):
        forget_templates()
