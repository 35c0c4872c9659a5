-- Legal units in scope: every legal person that an ESS reason, an exclusion or the public sector may concern.
-- Natural persons (legal category 1xxx) never leave the register. Most units are out of scope: the scan itself sets them aside,
-- by their flag and by the few categories in use, compared as the register writes them (text or number).
CREATE OR REPLACE TABLE int_categories AS
WITH used AS (SELECT DISTINCT categorieJuridiqueUniteLegale AS code FROM raw_sirene_units)
SELECT code, CAST(code AS VARCHAR) AS legal_category, r.family, coalesce(r.reason, false) AS category_reason,
    coalesce(r.family <> 'societe', false) OR CAST(code AS VARCHAR) LIKE '7%' OR CAST(code AS VARCHAR) LIKE '84%' AS in_scope
FROM used LEFT JOIN rule_legal_categories r ON r.legal_category = CAST(code AS VARCHAR)
WHERE CAST(code AS VARCHAR) NOT LIKE '1%';

CREATE OR REPLACE TABLE int_units AS
SELECT * EXCLUDE (dateDernierTraitementUniteLegale) FROM raw_sirene_units
WHERE categorieJuridiqueUniteLegale IN (SELECT code FROM int_categories WHERE in_scope)
    OR (economieSocialeSolidaireUniteLegale = 'O'
        AND (categorieJuridiqueUniteLegale IS NULL OR categorieJuridiqueUniteLegale IN (SELECT code FROM int_categories)));

-- Listed ones are found in a second look, among exactly the lines that the first one left: a SIREN on two lines keeps both.
CREATE OR REPLACE TABLE int_listed AS
SELECT siren FROM stg_ess_list UNION SELECT siren FROM stg_approvals UNION SELECT siren FROM stg_declared WHERE siren IS NOT NULL;
INSERT INTO int_units
SELECT * EXCLUDE (dateDernierTraitementUniteLegale) FROM raw_sirene_units WHERE siren IN (SELECT siren FROM int_listed)
    AND (categorieJuridiqueUniteLegale IS NULL OR categorieJuridiqueUniteLegale IN (SELECT code FROM int_categories WHERE NOT in_scope))
    AND economieSocialeSolidaireUniteLegale IS DISTINCT FROM 'O';

CREATE OR REPLACE TABLE stg_units AS
SELECT
    u.siren,
    k.legal_category,
    nullif(u.statutDiffusionUniteLegale, '') AS diffusion,
    coalesce(u.economieSocialeSolidaireUniteLegale = 'O', false) AS ess_flag,
    coalesce(u.etatAdministratifUniteLegale = 'A', false) AS active,
    l.siren IS NOT NULL AS ess_listed,
    a.siren IS NOT NULL AS approved,
    k.family,
    coalesce(k.category_reason, false) AS category_reason,
    k.legal_category LIKE '7%' AS is_public,
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
FROM int_units u
LEFT JOIN int_categories k ON k.code = u.categorieJuridiqueUniteLegale
LEFT JOIN (SELECT DISTINCT siren FROM stg_ess_list) l ON l.siren = u.siren
LEFT JOIN (SELECT DISTINCT siren FROM stg_approvals) a ON a.siren = u.siren;
DROP TABLE int_units;

-- Set aside: no SIREN, and no legal category (it may be a person: its SIREN is not even said).
CREATE OR REPLACE TABLE stg_units_aside AS
SELECT CASE WHEN legal_category IS NULL OR siren IS NULL THEN '' ELSE siren END AS siren, legal_category IS NULL AS uncategorised
FROM stg_units WHERE legal_category IS NULL OR siren IS NULL OR NOT regexp_full_match(siren, '[0-9]{9}');
DELETE FROM stg_units WHERE legal_category IS NULL OR siren IS NULL OR NOT regexp_full_match(siren, '[0-9]{9}');

-- A SIREN on several lines: the open one, then the latest, is kept; the whole line settles, never the order of reading.
CREATE OR REPLACE TABLE stg_units_repeated AS SELECT siren FROM stg_units GROUP BY siren HAVING count(*) > 1;
CREATE OR REPLACE TABLE stg_units_chosen AS
SELECT * FROM stg_units WHERE siren IN (SELECT siren FROM stg_units_repeated)
QUALIFY row_number() OVER (PARTITION BY siren ORDER BY active DESC, period_on DESC NULLS LAST, name, raw_created, stg_units) = 1;
DELETE FROM stg_units WHERE siren IN (SELECT siren FROM stg_units_repeated);
INSERT INTO stg_units SELECT * FROM stg_units_chosen;
