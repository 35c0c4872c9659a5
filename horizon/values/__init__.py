"""Values (valeurs): how a structure says that it lives the principles of the social economy, whatever its legal form.

Owns self-assessments with their versions, and peers' visits. Refuses any score, total or ranking. Knows nothing of the legal
perimeter: a crossing shows it beside.
"""
