"""Running the pipeline on small registers."""

import pytest

from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import write_registers


@pytest.fixture
def run(tmp_path):
    """`run(units, …)` writes registers, observes them, and returns the marts."""
    opened = []

    def _run(*args, **kwargs):
        folder = write_registers(tmp_path / f"in{len(opened)}", *args, **kwargs)
        observe(folder, tmp_path / "marts")
        marts = Marts(tmp_path / "marts")
        opened.append(marts)
        return marts

    yield _run
    for marts in opened:
        marts.close()
