"""Made-up registers with the real headers: a demonstration territory, and whole countries for measuring.

`generate_demo` invents a population on the real communes of Grand Poitiers; `generate_national` fills registers
of any size. Both write SYNTHETIC.json beside the files, so that nothing downstream can take them for real.
"""

from horizon.observatory.synthetic.demo import generate_demo
from horizon.observatory.synthetic.national import generate_national

__all__ = ["generate_demo", "generate_national"]
