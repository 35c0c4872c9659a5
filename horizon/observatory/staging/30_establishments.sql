-- The establishments of the units in scope; those of the public sector stay only to be counted below.
CREATE OR REPLACE TABLE stg_establishments AS
SELECT
    e.siret,
    u.siren,
    lower(e.etablissementSiege) IN ('true', 't', '1', 'oui') AS is_seat,
    -- partial when either says so: the seat of a unit that asked to be hidden is hidden
    CASE WHEN u.diffusion <> 'O' THEN u.diffusion ELSE e.statutDiffusionEtablissement END AS diffusion,
    e.etatAdministratifEtablissement = 'A' AS active,
    clean_text(concat_ws(' ', e.numeroVoieEtablissement, e.indiceRepetitionEtablissement, e.typeVoieEtablissement,
        e.libelleVoieEtablissement)) AS address,
    clean_code(e.codePostalEtablissement) AS postal_code,
    clean_code(e.codeCommuneEtablissement) AS raw_commune,
    nullif(trim(e.codePaysEtrangerEtablissement), '') AS country,
    f.current AS commune_code,
    e.coordonneeLambertAbscisseEtablissement AS raw_x,
    e.coordonneeLambertOrdonneeEtablissement AS raw_y,
    clean_code(e.activitePrincipaleEtablissement) AS naf_rev2,
    clean_code(e.activitePrincipaleNAF25Etablissement) AS naf_2025,
    clean_band(e.trancheEffectifsEtablissement) AS employees_band,
    employer_flag(e.caractereEmployeurEtablissement, e.trancheEffectifsEtablissement) AS is_employer,
    clean_text(coalesce(e.enseigne1Etablissement, e.denominationUsuelleEtablissement)) AS sign_name,
    clean_date(e.dateCreationEtablissement) AS created_on,
    clean_date(e.dateDebut) AS period_on,
    e.dateCreationEtablissement AS raw_created,
    u.is_public,
    CASE WHEN u.is_public THEN left(e.activitePrincipaleEtablissement, 2) END AS public_division,
    u.is_public AND coalesce(employer_flag(e.caractereEmployeurEtablissement, e.trancheEffectifsEtablissement), false) AS public_employer
FROM raw_sirene_establishments e
JOIN stg_units u ON u.siren = e.siren
LEFT JOIN former_codes f ON f.code = e.codeCommuneEtablissement;

-- Every active establishment of France counted by code of commune, division and employer; natural persons are only ever
-- counted here. The scan joins nothing: it counts all, the public sector is then taken from the rest (65_denominators).
CREATE OR REPLACE TABLE stg_everyone AS
SELECT codeCommuneEtablissement AS code, coalesce(left(activitePrincipaleEtablissement, 2), '') AS naf_division,
    coalesce(employer_flag(caractereEmployeurEtablissement, trancheEffectifsEtablissement), false) AS is_employer, count(*) AS establishments
FROM raw_sirene_establishments WHERE etatAdministratifEtablissement = 'A' GROUP BY ALL;

CREATE OR REPLACE TABLE stg_public AS
SELECT commune_code, coalesce(public_division, '') AS naf_division, public_employer AS is_employer, count(*) AS establishments
FROM stg_establishments WHERE is_public AND active AND commune_code IS NOT NULL GROUP BY ALL;
DELETE FROM stg_establishments WHERE is_public;

-- A SIRET on several lines: the open one, then the seat, is kept; the whole line settles.
CREATE OR REPLACE TABLE stg_establishments_repeated AS SELECT siret FROM stg_establishments
WHERE siret IS NOT NULL GROUP BY siret HAVING count(*) > 1;
CREATE OR REPLACE TABLE stg_establishments_chosen AS
SELECT * FROM stg_establishments WHERE siret IN (SELECT siret FROM stg_establishments_repeated)
QUALIFY row_number() OVER (
    PARTITION BY siret ORDER BY active DESC, is_seat DESC, created_on, address, siren, raw_commune, raw_x, raw_y, stg_establishments
) = 1;
DELETE FROM stg_establishments WHERE siret IN (SELECT siret FROM stg_establishments_repeated);
INSERT INTO stg_establishments SELECT * FROM stg_establishments_chosen;
