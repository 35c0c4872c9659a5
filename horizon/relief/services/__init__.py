"""Writes of relief."""
