"""`make bench`: every benchmark, at the sizes of a laptop; `python -m bench.observe 1` for the whole country."""

import os
from pathlib import Path

from bench.observe import run

run([0.01, 0.1], Path(os.environ.get("HORIZON_BENCH", "var/bench")))
