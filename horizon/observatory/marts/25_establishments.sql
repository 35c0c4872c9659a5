-- int_points(siret, lat, lon) comes from the projections (lambert.py).
CREATE OR REPLACE TABLE establishments AS
WITH facts AS (
    SELECT
        e.*,
        p.lat AS found_lat, p.lon AS found_lon,
        p.siret IS NOT NULL AND (
            (e.department LIKE '97%' AND p.lon BETWEEN -64 AND 59 AND p.lat BETWEEN -22 AND 48)
            OR (e.department NOT LIKE '97%' AND p.lat BETWEEN 41 AND 51.6 AND p.lon BETWEEN -5.6 AND 10)
        ) AS inside,
        coalesce(e.diffusion, 'O') = 'O' AND e.address IS NOT NULL AND (
            coalesce(u.family, 'societe') <> 'association'
            OR m.employs
            OR pl.key IS NOT NULL
        ) AS public_address
    FROM int_places e
    JOIN stg_units u USING (siren)
    JOIN int_employers m USING (siren)
    LEFT JOIN int_points p USING (siret)
    LEFT JOIN stg_places pl ON pl.key IN (e.siren, e.siret, u.rna)
)
SELECT
    siret, siren, 'siren:' || siren AS org_id, sign_name AS name, is_seat,
    CASE WHEN public_address THEN address END AS address,
    CASE WHEN public_address THEN postal_code END AS postal_code,
    commune_code,
    c.epci_code,
    CASE WHEN public_address AND inside THEN found_lat END AS lat,
    CASE WHEN public_address AND inside THEN found_lon END AS lon,
    naf_rev2, naf_2025, employees_band, is_employer, f.created_on,
    CASE WHEN NOT active THEN period_on END AS closed_on,
    active, public_address
FROM facts f
LEFT JOIN communes c ON c.code = f.commune_code AND c.kind = 'commune-actuelle'
QUALIFY row_number() OVER (PARTITION BY siret) = 1
ORDER BY siret;
