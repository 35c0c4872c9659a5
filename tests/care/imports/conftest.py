"""The small directory that tables come to."""

import pytest

from tests.care.imports.kit import known_registers
from tests.observatory.registers_kit import write_registers
from tests.published import TERRITORY


@pytest.fixture(scope="session")
def known_marts(tmp_path_factory):
    """The marts of sixty structures."""
    from horizon.observatory.pipeline import observe

    folder = tmp_path_factory.mktemp("known")
    write_registers(folder / "in", *known_registers())
    observe(folder / "in", folder / "marts")
    return folder / "marts"


@pytest.fixture
def known(db, known_marts):
    """The sixty structures, published."""
    from horizon.directory.services import publish_directory
    from horizon.observatory.read import Marts

    with Marts(known_marts) as marts:
        return publish_directory(marts, TERRITORY, actor="test")
