-- Which RNA number goes with which SIREN: only pairs where both sides point to one partner. RNA numbers are no keys.
CREATE OR REPLACE TABLE int_pairs AS
SELECT DISTINCT siren, rna, how FROM (
    SELECT u.siren, r.rna, 'sirene' AS how FROM stg_units u JOIN stg_rna r ON r.rna = u.rna WHERE NOT u.is_public
    UNION ALL
    SELECT u.siren, r.rna, 'rna' AS how FROM stg_rna r JOIN stg_units u ON u.siren = r.siren WHERE NOT u.is_public
);

CREATE OR REPLACE TABLE int_matches AS
WITH pairs AS (SELECT DISTINCT siren, rna FROM int_pairs),
counted AS (
    SELECT siren, rna, count(*) OVER (PARTITION BY siren) AS by_siren, count(*) OVER (PARTITION BY rna) AS by_rna FROM pairs
)
SELECT siren, rna, by_siren = 1 AND by_rna = 1 AS sure FROM counted;
