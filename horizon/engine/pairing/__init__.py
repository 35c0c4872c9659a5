"""Pairing (mise en relation): which offers answer an ask, why, what is missing, and when nobody does."""
