-- Declared associations (RNA). Streets, complements and the declarant are not read. The latest line of a number wins,
-- the others go to the rejects.
CREATE OR REPLACE TABLE stg_rna AS
SELECT
    upper(trim(id)) AS rna,
    CASE WHEN regexp_full_match(trim(siret), '[0-9]{14}') THEN left(trim(siret), 9) END AS siren,
    clean_text(titre) AS name,
    clean_text(titre_court) AS acronym,
    clean_text(objet) AS object,
    clean_code(objet_social1) AS rna_object1,
    clean_code(objet_social2) AS rna_object2,
    clean_date(date_creat) AS created_on,
    clean_date(date_decla) AS declared_on,
    clean_date(date_disso) AS dissolved_on,
    date_creat AS raw_created, date_decla AS raw_declared,
    nullif(trim(nature), '') AS nature,
    position IS NULL OR position = 'A' AS active,
    clean_code(adrs_codeinsee) AS raw_commune,
    clean_code(adrs_codepostal) AS postal_code,
    clean_text(adrs_libcommune) AS commune_label,
    clean_website(siteweb) AS website,
    maj_time
FROM raw_rna
WHERE regexp_full_match(upper(trim(id)), 'W[0-9][0-9A-Z][0-9]{7}');

CREATE OR REPLACE TABLE stg_rna_repeated AS SELECT rna, count(*) AS lines FROM stg_rna GROUP BY rna HAVING count(*) > 1;
CREATE OR REPLACE TABLE stg_rna_chosen AS
SELECT * FROM stg_rna WHERE rna IN (SELECT rna FROM stg_rna_repeated)
QUALIFY row_number() OVER (
    PARTITION BY rna ORDER BY maj_time DESC NULLS LAST, raw_declared DESC NULLS LAST, name, object, raw_commune, siren, stg_rna
) = 1;
DELETE FROM stg_rna WHERE rna IN (SELECT rna FROM stg_rna_repeated);
INSERT INTO stg_rna SELECT * FROM stg_rna_chosen;
