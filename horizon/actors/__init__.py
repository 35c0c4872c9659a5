"""Actors: who exists, under one permanent identity. What we know about them is the directory's business."""
