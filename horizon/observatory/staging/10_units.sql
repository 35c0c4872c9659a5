-- Legal units in scope: every legal person that an ESS reason, an exclusion or the public sector may concern.
-- Natural persons (legal category 1xxx) never leave the register. Most units are out of scope: the scan itself sets them aside,
-- by their category or flag, and by the lists in a second look at two columns.
SET VARIABLE scope = (SELECT '|' || string_agg(legal_category, '|') || '|' FROM rule_legal_categories WHERE family <> 'societe');
CREATE OR REPLACE MACRO in_scope(category, flag) AS coalesce(flag = 'O', false) OR coalesce(
    contains(getvariable('scope'), '|' || category || '|') OR category LIKE '7%' OR category LIKE '84%', false);

CREATE OR REPLACE TABLE stg_units AS
WITH listed AS (
    SELECT siren FROM stg_ess_list UNION SELECT siren FROM stg_approvals UNION SELECT siren FROM stg_declared WHERE siren IS NOT NULL
),
legal_persons AS NOT MATERIALIZED (
    SELECT * FROM raw_sirene_units WHERE categorieJuridiqueUniteLegale IS NULL OR categorieJuridiqueUniteLegale NOT LIKE '1%'
),
read_units AS (
    SELECT * FROM legal_persons WHERE in_scope(categorieJuridiqueUniteLegale, economieSocialeSolidaireUniteLegale)
    UNION ALL
    SELECT * FROM legal_persons WHERE NOT in_scope(categorieJuridiqueUniteLegale, economieSocialeSolidaireUniteLegale)
        AND siren IN (SELECT siren FROM listed)
)
SELECT
    u.siren,
    u.categorieJuridiqueUniteLegale AS legal_category,
    nullif(u.statutDiffusionUniteLegale, '') AS diffusion,
    coalesce(u.economieSocialeSolidaireUniteLegale = 'O', false) AS ess_flag,
    coalesce(u.etatAdministratifUniteLegale = 'A', false) AS active,
    l.siren IS NOT NULL AS ess_listed,
    a.siren IS NOT NULL AS approved,
    c.family,
    coalesce(c.reason, false) AS category_reason,
    u.categorieJuridiqueUniteLegale LIKE '7%' AS is_public,
    clean_text(u.denominationUniteLegale) AS name,
    clean_text(u.sigleUniteLegale) AS acronym,
    list_filter(
        [clean_text(u.denominationUsuelle1UniteLegale), clean_text(u.denominationUsuelle2UniteLegale),
         clean_text(u.denominationUsuelle3UniteLegale)],
        lambda x: x IS NOT NULL
    ) AS other_names,
    CASE WHEN u.nomenclatureActivitePrincipaleUniteLegale IS NULL OR u.nomenclatureActivitePrincipaleUniteLegale = 'NAFRev2'
        THEN clean_code(u.activitePrincipaleUniteLegale) END AS naf_rev2,
    clean_code(u.activitePrincipaleNAF25UniteLegale) AS naf_2025,
    clean_band(u.trancheEffectifsUniteLegale) AS employees_band,
    clean_code(u.anneeEffectifsUniteLegale) AS employees_year,
    employer_flag(u.caractereEmployeurUniteLegale, u.trancheEffectifsUniteLegale) AS is_employer,
    nullif(upper(trim(u.identifiantAssociationUniteLegale)), '') AS rna,
    u.siren || u.nicSiegeUniteLegale AS seat_siret,
    clean_date(u.dateCreationUniteLegale) AS created_on,
    clean_date(u.dateDebut) AS period_on,
    u.dateCreationUniteLegale AS raw_created
FROM read_units u
LEFT JOIN rule_legal_categories c ON c.legal_category = u.categorieJuridiqueUniteLegale
LEFT JOIN (SELECT DISTINCT siren FROM stg_ess_list) l ON l.siren = u.siren
LEFT JOIN (SELECT DISTINCT siren FROM stg_approvals) a ON a.siren = u.siren;

-- Set aside: no SIREN, and no legal category (it may be a person: its SIREN is not even said).
CREATE OR REPLACE TABLE stg_units_aside AS
SELECT CASE WHEN legal_category IS NULL OR siren IS NULL THEN '' ELSE siren END AS siren, legal_category IS NULL AS uncategorised
FROM stg_units WHERE legal_category IS NULL OR siren IS NULL OR NOT regexp_full_match(siren, '[0-9]{9}');
DELETE FROM stg_units WHERE legal_category IS NULL OR siren IS NULL OR NOT regexp_full_match(siren, '[0-9]{9}');

-- A SIREN on several lines: the open one, then the latest, is kept.
CREATE OR REPLACE TABLE stg_units_repeated AS SELECT siren FROM stg_units GROUP BY siren HAVING count(*) > 1;
CREATE OR REPLACE TABLE stg_units_chosen AS
SELECT * FROM stg_units WHERE siren IN (SELECT siren FROM stg_units_repeated)
QUALIFY row_number() OVER (PARTITION BY siren ORDER BY active DESC, period_on DESC NULLS LAST, name, raw_created) = 1;
DELETE FROM stg_units WHERE siren IN (SELECT siren FROM stg_units_repeated);
INSERT INTO stg_units SELECT * FROM stg_units_chosen;
