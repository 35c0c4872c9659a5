"""Horizon Commun."""

import os

# Vectors are short: threads of BLAS cost more than they bring, and would take the processors of other visitors.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
