-- What establishments tell before they are published: who employs, whose addresses are public, and projected points.
CREATE OR REPLACE TABLE int_employers AS
SELECT siren FROM stg_units WHERE is_employer AND NOT is_public
UNION
SELECT siren FROM stg_establishments WHERE is_employer AND active;

-- The home rule (règle du domicile): an association not known to employ, and without a confirmed public place, is
-- shown at its commune only. Every other unit may show its addresses.
CREATE OR REPLACE TABLE int_shown AS
SELECT siren FROM stg_units WHERE NOT is_public AND coalesce(family, 'societe') <> 'association'
UNION SELECT siren FROM int_employers
UNION SELECT siren FROM stg_units WHERE rna IN (SELECT key FROM stg_places)
UNION SELECT siren FROM int_matches WHERE sure AND rna IN (SELECT key FROM stg_places)
UNION SELECT key FROM stg_places WHERE regexp_full_match(key, '[0-9]{9}');

CREATE OR REPLACE TABLE int_places AS
SELECT e.siret, c.department, TRY_CAST(e.raw_x AS DOUBLE) AS x, TRY_CAST(e.raw_y AS DOUBLE) AS y
FROM stg_establishments e
JOIN communes c ON c.code = e.commune_code AND c.kind = 'commune-actuelle'
WHERE e.raw_x <> '[ND]' AND e.raw_x <> '' AND e.siret IS NOT NULL;
