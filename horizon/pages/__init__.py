"""Pages (textes à lire): the guided path of associations (D-D3) and examples from elsewhere (D-E10).

It ships texts with their sources, keeps the versions that operators write over them, and paths that people keep by a link. It
refuses a fact without a source and a date, and to ask who follows a path.
"""
