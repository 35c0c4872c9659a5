-- What ESS counts are compared with: all active establishments, by commune, division, employer and public sector.
CREATE OR REPLACE TABLE denominators AS
WITH everyone AS (
    SELECT current AS commune_code, naf_division, is_employer, CAST(sum(establishments) AS BIGINT) AS establishments
    FROM stg_everyone JOIN former_codes USING (code) GROUP BY ALL
),
counted AS (
    SELECT commune_code, naf_division, is_employer, true AS is_public, establishments FROM stg_public
    UNION ALL
    SELECT e.commune_code, e.naf_division, e.is_employer, false, e.establishments - coalesce(p.establishments, 0)
    FROM everyone e
    LEFT JOIN stg_public p ON p.commune_code = e.commune_code AND p.naf_division = e.naf_division AND p.is_employer = e.is_employer
    WHERE e.establishments > coalesce(p.establishments, 0)
)
SELECT commune_code, naf_division, is_employer, is_public, establishments FROM counted
ORDER BY commune_code, naf_division, is_employer, is_public;
