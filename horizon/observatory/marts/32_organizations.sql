-- The State's production rule: on the ESS France list OR flagged by INSEE (décret 2015-760, API Recherche d'entreprises).
CREATE OR REPLACE VIEW organizations_state_rule AS SELECT * FROM organizations WHERE state_rule AND active;
CREATE OR REPLACE VIEW organizations_active AS SELECT * FROM organizations WHERE active AND in_perimeter;

-- Later models read the marts and what 65_denominators counts; the rest makes room.
DROP TABLE stg_units;
DROP TABLE stg_rna;
