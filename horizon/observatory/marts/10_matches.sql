-- Which RNA number goes with which SIREN: only pairs where both sides point to one partner. RNA numbers are no keys.
CREATE OR REPLACE TABLE int_pairs AS
SELECT siren, rna FROM (
    SELECT u.siren, r.rna FROM stg_units u JOIN stg_rna r ON r.rna = u.rna WHERE NOT u.is_public
    UNION ALL
    SELECT u.siren, r.rna FROM stg_rna r JOIN stg_units u ON u.siren = r.siren WHERE NOT u.is_public
) GROUP BY siren, rna;

CREATE OR REPLACE TABLE int_matches AS
SELECT p.siren, p.rna, s.partners = 1 AND r.partners = 1 AS sure
FROM int_pairs p
JOIN (SELECT siren, count(*) AS partners FROM int_pairs GROUP BY siren) s ON s.siren = p.siren
JOIN (SELECT rna, count(*) AS partners FROM int_pairs GROUP BY rna) r ON r.rna = p.rna;
