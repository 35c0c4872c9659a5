"""What every test may use: the folder of real data, and a memory wiped between tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder named by HORIZON_REAL_DATA; the test is skipped, with the reason, when it is not set."""
    folder = os.environ.get("HORIZON_REAL_DATA")
    if not folder:
        pytest.skip("HORIZON_REAL_DATA is not set: tests on real public data need the folder it names")
    return Path(folder)


@pytest.fixture(autouse=True)
def _forget_catalogue():
    """Catalogues are kept by publication id, and two tests reuse the same ids."""
    yield
    from horizon.directory import catalogue

    catalogue.forget()
