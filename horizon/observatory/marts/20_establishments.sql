-- Establishments with their point and, under the home rule (règle du domicile), without street, postal code or point:
-- an association not known to employ, and without a confirmed public place, is shown at its commune only.
CREATE OR REPLACE TABLE int_places AS
WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY siret ORDER BY active DESC, is_seat DESC, created_on, address) AS line
    FROM stg_establishments
)
SELECT
    e.*,
    c.department,
    TRY_CAST(nullif(e.raw_x, '[ND]') AS DOUBLE) AS x,
    TRY_CAST(nullif(e.raw_y, '[ND]') AS DOUBLE) AS y
FROM ranked e
LEFT JOIN communes c ON c.code = e.commune_code AND c.kind = 'commune-actuelle'
WHERE line = 1 AND regexp_full_match(e.siret, '[0-9]{14}');

CREATE OR REPLACE TABLE int_employers AS
SELECT u.siren, bool_or(coalesce(u.is_employer, false) OR coalesce(e.is_employer, false)) AS employs
FROM stg_units u LEFT JOIN int_places e ON e.siren = u.siren AND e.active
WHERE NOT u.is_public
GROUP BY u.siren;
