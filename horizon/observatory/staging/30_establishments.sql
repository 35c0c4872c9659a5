-- Denominators: every active establishment of France counted by commune, section, employer and public sector; natural
-- persons are only ever counted here. Then the establishments of the units in scope.
CREATE OR REPLACE TABLE stg_denominators AS
SELECT
    f.current AS commune_code,
    left(e.activitePrincipaleEtablissement, 2) AS division,
    coalesce(e.caractereEmployeurEtablissement = 'O', false) AS is_employer,
    p.siren IS NOT NULL AS is_public,
    count(*) AS establishments
FROM raw_sirene_establishments e
JOIN former_codes f ON f.code = e.codeCommuneEtablissement
LEFT JOIN (SELECT siren FROM stg_units WHERE is_public) p ON p.siren = e.siren
WHERE e.etatAdministratifEtablissement = 'A'
GROUP BY ALL;

CREATE OR REPLACE TABLE stg_establishments AS
SELECT
    e.siret,
    u.siren,
    lower(e.etablissementSiege) IN ('true', 't', '1', 'oui') AS is_seat,
    e.statutDiffusionEtablissement AS diffusion,
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
    e.dateCreationEtablissement AS raw_created
FROM raw_sirene_establishments e
JOIN stg_units u ON u.siren = e.siren AND NOT u.is_public
LEFT JOIN former_codes f ON f.code = e.codeCommuneEtablissement;

-- A SIRET on several lines: the open one, then the seat, is kept.
CREATE OR REPLACE TABLE stg_establishments_repeated AS SELECT siret FROM stg_establishments
WHERE siret IS NOT NULL GROUP BY siret HAVING count(*) > 1;
CREATE OR REPLACE TABLE stg_establishments_chosen AS
SELECT * FROM stg_establishments WHERE siret IN (SELECT siret FROM stg_establishments_repeated)
QUALIFY row_number() OVER (
    PARTITION BY siret ORDER BY active DESC, is_seat DESC, created_on, address, siren, raw_commune, raw_x, raw_y
) = 1;
DELETE FROM stg_establishments WHERE siret IN (SELECT siret FROM stg_establishments_repeated);
INSERT INTO stg_establishments SELECT * FROM stg_establishments_chosen;
