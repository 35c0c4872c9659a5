-- What establishments tell before they are published: their projected point, and whether their unit employs somewhere.
CREATE OR REPLACE TABLE int_places AS
SELECT e.siret, c.department, TRY_CAST(e.raw_x AS DOUBLE) AS x, TRY_CAST(e.raw_y AS DOUBLE) AS y
FROM stg_establishments e
JOIN communes c ON c.code = e.commune_code AND c.kind = 'commune-actuelle'
WHERE e.raw_x <> '[ND]' AND e.raw_x <> '';

CREATE OR REPLACE TABLE int_employers AS
SELECT siren FROM stg_units WHERE is_employer AND NOT is_public
UNION
SELECT siren FROM stg_establishments WHERE is_employer AND active;
