-- Exclusions are decided for the few codes in use, not for every structure.
CREATE OR REPLACE TABLE int_exclusions AS
WITH used(kind, code, compared) AS (
    SELECT DISTINCT 'legal_category', legal_category, legal_category FROM stg_units
    UNION SELECT 'legal_category', code, code FROM (VALUES ('9220'), ('9230')) rna(code)
    UNION SELECT DISTINCT 'naf', naf_rev2, naf_rev2 FROM stg_units
    UNION SELECT DISTINCT 'rna_object', rna_object1, lpad(rna_object1, 6, '0') FROM stg_rna
)
SELECT u.kind, u.code, list(DISTINCT x.exclusion ORDER BY x.exclusion) AS exclusions
FROM used u JOIN rule_exclusions x ON x.kind = u.kind AND starts_with(u.compared, x.prefix)
GROUP BY ALL;

CREATE OR REPLACE TABLE organizations (
    org_id VARCHAR, siren VARCHAR, rna VARCHAR, name VARCHAR, acronym VARCHAR, other_names VARCHAR[], legal_category VARCHAR,
    family VARCHAR, naf_rev2 VARCHAR, naf_2025 VARCHAR, employees_band VARCHAR, employees_year VARCHAR, is_employer BOOLEAN,
    created_on DATE, closed_on DATE, active BOOLEAN, ess_reasons VARCHAR[], ess_exclusions VARCHAR[], in_perimeter BOOLEAN,
    state_rule BOOLEAN, object VARCHAR, rna_object1 VARCHAR, rna_object2 VARCHAR, website VARCHAR, declared_on DATE,
    updated_on DATE, seat_siret VARCHAR, seat_commune VARCHAR, epci_code VARCHAR, department VARCHAR, region VARCHAR,
    sources VARCHAR[]
);
