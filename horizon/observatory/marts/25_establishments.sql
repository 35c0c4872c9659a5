-- Establishments with their point and, under the home rule (règle du domicile), without street, postal code or point:
-- an association not known to employ, and without a confirmed public place, is shown at its commune only.
-- int_points(siret, lat, lon) comes from the projections (lambert.py).
CREATE OR REPLACE TABLE int_points_inside AS
SELECT q.siret, q.lat, q.lon
FROM int_points q JOIN int_places p USING (siret)
WHERE CASE WHEN p.department LIKE '97%' THEN q.lon BETWEEN -64 AND 59 AND q.lat BETWEEN -22 AND 48
    ELSE q.lat BETWEEN 41 AND 51.6 AND q.lon BETWEEN -5.6 AND 10 END;

CREATE OR REPLACE TABLE establishments AS
WITH facts AS (
    SELECT
        e.*,
        p.lat, p.lon,
        coalesce(e.diffusion, 'O') = 'O' AND e.address IS NOT NULL AND (
            coalesce(u.family, 'societe') <> 'association'
            OR m.siren IS NOT NULL
            OR coalesce(e.siren IN (SELECT key FROM stg_places), false)
            OR coalesce(e.siret IN (SELECT key FROM stg_places), false)
            OR coalesce(u.rna IN (SELECT key FROM stg_places), false)
        ) AS public_address
    FROM stg_establishments e
    JOIN stg_units u USING (siren)
    LEFT JOIN int_employers m USING (siren)
    LEFT JOIN int_points_inside p USING (siret)
    WHERE regexp_full_match(e.siret, '[0-9]{14}')
)
SELECT
    siret, siren, 'siren:' || siren AS org_id, sign_name AS name, is_seat,
    CASE WHEN public_address THEN address END AS address,
    CASE WHEN public_address THEN postal_code END AS postal_code,
    commune_code,
    c.epci_code,
    CASE WHEN public_address THEN f.lat END AS lat,
    CASE WHEN public_address THEN f.lon END AS lon,
    naf_rev2, naf_2025, employees_band, is_employer, f.created_on,
    CASE WHEN NOT active THEN period_on END AS closed_on,
    active, public_address
FROM facts f
LEFT JOIN communes c ON c.code = f.commune_code AND c.kind = 'commune-actuelle';
