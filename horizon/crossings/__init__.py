"""Crossings (croisements): reads that join rooms, one file per pair. No tables, no rule of their own."""
