"""A network of structures (réseau): groups, bridges, ways from one to another, and where to draw each.

A graph maps each node (an int) to its neighbours in ascending order; it has no direction and no double edge.
"""
