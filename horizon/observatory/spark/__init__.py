"""The marts on Apache Spark (`observe --engine spark`): the same model files, said for Spark at run time.

`wording` says a model for Spark, on text alone; `engine` runs what it says. Neither pyspark nor sqlglot is needed, or
imported, by any other part of the pipeline.
"""
