-- RNA "waldec", 39 columns, text in plain ASCII so that ISO-8859-1 holds it. The three departments without a RNA
-- (Moselle, Bas-Rhin, Haut-Rhin) stay out.
WITH hashed_again AS (
    SELECT *, hash(i, number, getvariable('seed')) AS h7 FROM association_rows
)
SELECT
    rna_prefix || number AS id,
    CASE WHEN created < DATE '2008-01-01' THEN '0' || left(code, 2) || '0' || lpad(CAST(draw(h7, 0) AS VARCHAR), 6, '0') END AS id_ex,
    siret,
    CAST(NULL AS VARCHAR) AS rup_mi,
    left(code, 2) || '1P' AS gestion,
    created AS date_creat,
    greatest(created, getvariable('last_day') - CAST(7300 * (draw(h7, 1) / 65536.0) AS INTEGER)) AS date_decla,
    least(created + 7 + draw(h7, 2) % 40, getvariable('last_day')) AS date_publi,
    coalesce(closed, DATE '0001-01-01') AS date_disso,
    CASE WHEN draw(h7, 0) < 900 THEN 'U' ELSE 'D' END AS nature,
    CASE WHEN draw(h7, 1) < 1300 THEN 'F' WHEN draw(h7, 1) < 2000 THEN 'U' ELSE 'S' END AS groupement,
    coalesce(name, 'ASSOCIATION ' || number) AS titre,
    CASE WHEN draw(h7, 2) < 16000 THEN left(name, 38) END AS titre_court,
    CASE WHEN draw(h7, 3) < 63000 THEN pick(getvariable('purposes'), draw(h7, 3)) END AS objet,
    pick(getvariable('social_objects'), draw(h7, 3)) AS objet_social1,
    CASE WHEN draw(h7, 0) < 12000 THEN pick(getvariable('social_objects'), draw(h7, 0)) ELSE '000000' END AS objet_social2,
    CASE WHEN draw(h7, 1) < 14000 THEN 'CHEZ ' || getvariable('mark') WHEN draw(h7, 1) < 26000 THEN 'MAIRIE' END AS adrs_complement,
    CASE WHEN draw(h7, 2) < 56000 THEN CAST(1 + draw(h7, 2) % 140 AS VARCHAR) END AS adrs_numvoie,
    CAST(NULL AS VARCHAR) AS adrs_repetition,
    pick(getvariable('street_types_short'), draw(h7, 1)) AS adrs_typevoie,
    pick(getvariable('streets'), draw(h7, 2)) AS adrs_libvoie,
    CAST(NULL AS VARCHAR) AS adrs_distrib,
    CASE WHEN draw(h7, 0) < 63800 THEN code END AS adrs_codeinsee,
    pick(postal_codes, draw(h7, 2)) AS adrs_codepostal,
    CASE WHEN draw(h7, 3) < 40000 THEN label ELSE replace(label, '-', ' ') END AS adrs_libcommune,
    CASE WHEN draw(h7, 1) < 20000 THEN getvariable('mark') || ' DECLARANT' END AS adrg_declarant,
    CAST(NULL AS VARCHAR) AS adrg_complemid,
    CAST(NULL AS VARCHAR) AS adrg_complemgeo,
    pick(getvariable('street_types'), draw(h7, 1)) || ' ' || pick(getvariable('streets'), draw(h7, 2)) AS adrg_libvoie,
    CAST(NULL AS VARCHAR) AS adrg_distrib,
    pick(postal_codes, draw(h7, 2)) AS adrg_codepostal,
    label AS adrg_achemine,
    'FRANCE' AS adrg_pays,
    CASE WHEN draw(h7, 2) < 32000 THEN 'PM' ELSE 'PF' END AS dir_civilite,
    CASE WHEN draw(h7, 0) > 59000 THEN 'https://asso-' || number || '.example' END AS siteweb,
    CASE WHEN draw(h7, 0) > 40000 THEN '1' ELSE '0' END AS publiweb,
    CAST(NULL AS VARCHAR) AS observation,
    CASE WHEN closed IS NULL THEN 'A' ELSE 'D' END AS position,
    CAST(getvariable('last_day') - CAST(7300 * (draw(h7, 1) / 65536.0) AS INTEGER) AS TIMESTAMP) + to_seconds(draw(h7, 3)) AS maj_time
FROM hashed_again JOIN slots ON slots.slot = hashed_again.slot JOIN places ON places.place = slots.place
WHERE rna_prefix IS NOT NULL
