-- What ESS counts are compared with: all active establishments, by commune, division, employer and public sector.
CREATE OR REPLACE TABLE denominators AS
SELECT commune_code, coalesce(division, '') AS naf_division, is_employer, is_public, CAST(sum(establishments) AS BIGINT) AS establishments
FROM stg_denominators
GROUP BY ALL;
