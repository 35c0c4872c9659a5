"""The perimeter written three times, in SQL, with Polars and with pandas, from one set of registers."""

from bench import perimeter
from horizon.observatory.pipeline import observe
from horizon.observatory.synthetic import generate_national


def test_polars_and_pandas_find_the_figures_of_the_marts(tmp_path):
    """They are compared in `make bench`: a comparison is fair only between equal answers."""
    registers = tmp_path / "registers"
    generate_national(registers, scale=0.0005, seed=3, threads=1)
    observe(registers, tmp_path / "marts", threads=1)
    found = perimeter.ours(tmp_path / "marts" / "current")
    assert found["figures"] > 1000
    assert perimeter.polars(registers) == found
    assert perimeter.pandas(registers) == found
