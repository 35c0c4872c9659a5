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

-- So are the reasons and the sources: few combinations exist.
CREATE OR REPLACE TABLE int_reasons AS
WITH either(yes) AS (VALUES (true), (false))
SELECT s.yes AS in_sirene, r.yes AS in_rna, f.yes AS ess_flag, l.yes AS ess_listed, c.yes AS category_reason, a.yes AS approved,
    d.yes AS declared,
    list_filter([
        CASE WHEN f.yes THEN 'insee_flag' END, CASE WHEN l.yes THEN 'ess_france_list' END, CASE WHEN c.yes THEN 'legal_category' END,
        CASE WHEN a.yes THEN 'approval' END, CASE WHEN d.yes THEN 'declared' END
    ], lambda x: x IS NOT NULL) AS ess_reasons,
    list_filter([
        CASE WHEN s.yes THEN 'sirene' END, CASE WHEN r.yes THEN 'rna' END, CASE WHEN l.yes THEN 'ess_france_list' END,
        CASE WHEN a.yes THEN 'approvals' END, CASE WHEN d.yes THEN 'declared' END
    ], lambda x: x IS NOT NULL) AS sources
FROM either s, either r, either f, either l, either c, either a, either d;

CREATE OR REPLACE TABLE organizations (
    org_id VARCHAR, siren VARCHAR, rna VARCHAR, name VARCHAR, acronym VARCHAR, other_names VARCHAR[], legal_category VARCHAR,
    family VARCHAR, naf_rev2 VARCHAR, naf_2025 VARCHAR, employees_band VARCHAR, employees_year VARCHAR, is_employer BOOLEAN,
    created_on DATE, closed_on DATE, active BOOLEAN, ess_reasons VARCHAR[], ess_exclusions VARCHAR[], in_perimeter BOOLEAN,
    state_rule BOOLEAN, object VARCHAR, rna_object1 VARCHAR, rna_object2 VARCHAR, website VARCHAR, declared_on DATE,
    updated_on DATE, seat_siret VARCHAR, seat_commune VARCHAR, epci_code VARCHAR, department VARCHAR, region VARCHAR,
    sources VARCHAR[]
);
