-- Establishments with their point and, under the home rule, without street, postal code or point.
-- int_points(siret, department, lat, lon) comes from the projections (lambert.py).
CREATE OR REPLACE MACRO inside_france(department, lat, lon) AS
    CASE WHEN department LIKE '97%' THEN lon BETWEEN -64 AND 59 AND lat BETWEEN -22 AND 48
        ELSE lat BETWEEN 41 AND 51.6 AND lon BETWEEN -5.6 AND 10 END;

CREATE OR REPLACE TABLE int_points_outside AS
SELECT siret FROM int_points WHERE NOT coalesce(inside_france(department, lat, lon), false);

CREATE OR REPLACE TABLE establishments AS
WITH facts AS (
    SELECT *,
        (
            siren IN (SELECT siren FROM int_shown) OR siret IN (SELECT key FROM stg_places WHERE length(key) = 14)
        ) AS shown
    FROM stg_establishments
    WHERE regexp_full_match(siret, '[0-9]{14}')
),
explained AS (
    SELECT *, coalesce(diffusion, 'O') = 'O' AND address IS NOT NULL AND shown AS public_address,
        CASE WHEN coalesce(diffusion, 'O') <> 'O' THEN 'diffusion' WHEN NOT shown THEN 'home' WHEN address IS NULL THEN 'unknown' END
            AS hidden_why
    FROM facts
),
points AS (
    SELECT siret, lat, lon FROM int_points
    WHERE inside_france(department, lat, lon)
        AND (left(siret, 9) IN (SELECT siren FROM int_shown) OR siret IN (SELECT key FROM stg_places WHERE length(key) = 14))
)
SELECT
    f.siret, siren, 'siren:' || siren AS org_id, sign_name AS name, is_seat,
    CASE WHEN public_address THEN address END AS address,
    CASE WHEN public_address THEN postal_code END AS postal_code,
    commune_code,
    c.epci_code,
    CASE WHEN public_address THEN p.lat END AS lat,
    CASE WHEN public_address THEN p.lon END AS lon,
    naf_rev2, naf_2025, employees_band, is_employer, f.created_on,
    CASE WHEN NOT active THEN period_on END AS closed_on,
    active, public_address, hidden_why
FROM explained f
LEFT JOIN points p ON f.public_address AND p.siret = f.siret
LEFT JOIN communes c ON c.code = f.commune_code AND c.kind = 'commune-actuelle';
