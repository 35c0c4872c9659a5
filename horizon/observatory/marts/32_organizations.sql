-- Later models read the marts and what 65_denominators counts; the rest makes room.
DROP TABLE stg_units;
DROP TABLE stg_rna;
