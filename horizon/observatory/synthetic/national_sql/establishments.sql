-- StockEtablissement, 54 columns in the order of INSEE: the sites of each unit, seat included, in the order of SIRET.
WITH expanded AS (
    SELECT *, CAST(unnest(range(1, sites + 1)) AS INTEGER) AS rank FROM units
), sited AS (
    SELECT *, hash(i, rank, getvariable('seed')) AS h5, hash(i, rank, getvariable('seed'), 6) AS h6 FROM expanded
), placed AS (
    SELECT *, rank = seat_rank AS is_seat,
        is_active AND (rank = seat_rank OR sites >= 5 AND draw(h5, 0) < 50000 OR draw(h5, 0) < 9000) AS is_open,
        CASE WHEN rank = seat_rank OR draw(h5, 1) < 45000 THEN slot
            ELSE CAST((h6 >> 16) % getvariable('slots') AS INTEGER) END AS site_slot
    FROM sited
), dated AS (
    SELECT * EXCLUDE (created, closed),
        created + CASE WHEN rank = 1 THEN 0 ELSE CAST((coalesce(closed, getvariable('last_day')) - created) * (draw(h5, 2) / 65536.0) AS INTEGER) END AS created,
        closed AS unit_closed
    FROM placed
), ended AS (
    SELECT *, CASE WHEN NOT is_open THEN greatest(created, coalesce(unit_closed, getvariable('last_day') - draw(h5, 3) % 3000)) END AS closed
    FROM dated
)
SELECT
    siren,
    lpad(CAST(rank AS VARCHAR), 4, '0') || CAST(check_siret(siren_number, rank) AS VARCHAR) AS nic,
    siren || lpad(CAST(rank AS VARCHAR), 4, '0') || CAST(check_siret(siren_number, rank) AS VARCHAR) AS siret,
    CASE WHEN is_partial THEN 'P' ELSE 'O' END AS "statutDiffusionEtablissement",
    created AS "dateCreationEtablissement",
    CASE WHEN is_open AND is_seat THEN band WHEN is_open AND band <> 'NN' THEN '01' ELSE 'NN' END AS "trancheEffectifsEtablissement",
    CASE WHEN is_open AND band <> 'NN' THEN CAST(2024 AS BIGINT) END AS "anneeEffectifsEtablissement",
    CASE WHEN is_person AND draw(h6, 0) < 8000 THEN '4332AD' END AS "activitePrincipaleRegistreMetiersEtablissement",
    CAST(getvariable('last_day') - draw(h5, 3) % 1400 AS TIMESTAMP) + to_seconds(draw(h6, 0)) AS "dateDernierTraitementEtablissement",
    is_seat AS "etablissementSiege",
    CAST(1 + draw(h5, 3) % 4 AS BIGINT) AS "nombrePeriodesEtablissement",
    CASE WHEN is_partial THEN '[ND]' WHEN is_person AND draw(h6, 1) < 4000 THEN 'CHEZ ' || getvariable('mark') WHEN draw(h6, 1) > 60000 THEN 'BATIMENT ' || chr(65 + draw(h6, 1) % 8) END AS "complementAdresseEtablissement",
    CASE WHEN is_partial THEN '[ND]' WHEN draw(h6, 2) < 60000 THEN CAST(1 + draw(h6, 2) % 140 AS VARCHAR) END AS "numeroVoieEtablissement",
    CASE WHEN draw(h6, 2) < 1800 THEN 'B' END AS "indiceRepetitionEtablissement",
    CAST(NULL AS VARCHAR) AS "dernierNumeroVoieEtablissement",
    CAST(NULL AS VARCHAR) AS "indiceRepetitionDernierNumeroVoieEtablissement",
    CASE WHEN is_partial THEN '[ND]' ELSE pick(getvariable('street_types'), draw(h6, 3)) END AS "typeVoieEtablissement",
    CASE WHEN is_partial THEN '[ND]' ELSE pick(getvariable('streets'), draw(h6, 0)) END AS "libelleVoieEtablissement",
    CASE WHEN is_partial THEN '[ND]' ELSE pick(postal_codes, draw(h6, 1)) END AS "codePostalEtablissement",
    label AS "libelleCommuneEtablissement",
    CAST(NULL AS VARCHAR) AS "libelleCommuneEtrangerEtablissement",
    CASE WHEN NOT is_partial AND draw(h6, 3) < 900 THEN 'BP ' || CAST(10 + draw(h6, 3) AS VARCHAR) END AS "distributionSpecialeEtablissement",
    code AS "codeCommuneEtablissement",
    CASE WHEN NOT is_partial AND draw(h6, 3) < 700 THEN pick(postal_codes, 0) END AS "codeCedexEtablissement",
    CASE WHEN NOT is_partial AND draw(h6, 3) < 700 THEN label || ' CEDEX' END AS "libelleCedexEtablissement",
    CAST(NULL AS VARCHAR) AS "codePaysEtrangerEtablissement",
    CAST(NULL AS VARCHAR) AS "libellePaysEtrangerEtablissement",
    CASE WHEN NOT is_partial AND draw(h5, 3) < 60000 THEN code || '_' || CAST(draw(h6, 0) AS VARCHAR) || '_' || lpad(CAST(1 + draw(h6, 2) % 140 AS VARCHAR), 5, '0') END AS "identifiantAdresseEtablissement",
    CASE WHEN is_partial THEN '[ND]' WHEN draw(h5, 3) < 60000 THEN CAST(CAST(x + (draw(h6, 2) - 32768) * spread AS DECIMAL(10, 2)) AS VARCHAR) END AS "coordonneeLambertAbscisseEtablissement",
    CASE WHEN is_partial THEN '[ND]' WHEN draw(h5, 3) < 60000 THEN CAST(CAST(y + (draw(h6, 3) - 32768) * spread AS DECIMAL(10, 2)) AS VARCHAR) END AS "coordonneeLambertOrdonneeEtablissement",
    CAST(NULL AS VARCHAR) AS "complementAdresse2Etablissement",
    CAST(NULL AS VARCHAR) AS "numeroVoie2Etablissement",
    CAST(NULL AS VARCHAR) AS "indiceRepetition2Etablissement",
    CAST(NULL AS VARCHAR) AS "typeVoie2Etablissement",
    CAST(NULL AS VARCHAR) AS "libelleVoie2Etablissement",
    CAST(NULL AS VARCHAR) AS "codePostal2Etablissement",
    CAST(NULL AS VARCHAR) AS "libelleCommune2Etablissement",
    CAST(NULL AS VARCHAR) AS "libelleCommuneEtranger2Etablissement",
    CAST(NULL AS VARCHAR) AS "distributionSpeciale2Etablissement",
    CAST(NULL AS VARCHAR) AS "codeCommune2Etablissement",
    CAST(NULL AS VARCHAR) AS "codeCedex2Etablissement",
    CAST(NULL AS VARCHAR) AS "libelleCedex2Etablissement",
    CAST(NULL AS VARCHAR) AS "codePaysEtranger2Etablissement",
    CAST(NULL AS VARCHAR) AS "libellePaysEtranger2Etablissement",
    coalesce(closed, created) AS "dateDebut",
    CASE WHEN is_open THEN 'A' ELSE 'F' END AS "etatAdministratifEtablissement",
    CASE WHEN is_partial THEN '[ND]' WHEN draw(h5, 1) < 7000 THEN pick(getvariable('second'), draw(h5, 0)) END AS "enseigne1Etablissement",
    CAST(NULL AS VARCHAR) AS "enseigne2Etablissement",
    CAST(NULL AS VARCHAR) AS "enseigne3Etablissement",
    CASE WHEN NOT is_person AND NOT is_partial AND draw(h5, 0) < 3000 THEN name END AS "denominationUsuelleEtablissement",
    naf AS "activitePrincipaleEtablissement",
    'NAFRev2' AS "nomenclatureActivitePrincipaleEtablissement",
    CASE WHEN is_open AND band NOT IN ('NN', '00') THEN 'O' ELSE 'N' END AS "caractereEmployeurEtablissement",
    naf25 AS "activitePrincipaleNAF25Etablissement"
FROM ended JOIN slots ON slots.slot = ended.site_slot JOIN places ON places.place = slots.place
