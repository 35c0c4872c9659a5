-- The small sources: ESS France list, approvals, declarations, confirmed places. A SIREN read as an integer lost its zeros.
CREATE OR REPLACE TABLE stg_ess_list AS
SELECT lpad(trim(SIREN), 9, '0') AS siren, count(*) AS occurrences
FROM raw_ess_france_list WHERE regexp_full_match(trim(SIREN), '[0-9]{1,9}') GROUP BY ALL;

CREATE OR REPLACE TABLE stg_approvals AS
SELECT DISTINCT lpad(trim(siren), 9, '0') AS siren, trim(approval) AS approval,
    clean_date(granted_on) AS granted_on, clean_date(expires_on) AS expires_on, trim(issuer) AS issuer
FROM raw_approvals
WHERE regexp_full_match(trim(siren), '[0-9]{1,9}')
    AND (clean_date(expires_on) IS NULL OR clean_date(expires_on) >= getvariable('vintage'));

CREATE OR REPLACE TABLE stg_declared AS
SELECT DISTINCT
    CASE WHEN regexp_full_match(trim(key), '[0-9]{9}') THEN trim(key) END AS siren,
    CASE WHEN regexp_full_match(upper(trim(key)), 'W[0-9][0-9A-Z][0-9]{7}') THEN upper(trim(key)) END AS rna
FROM raw_declared;

-- Confirmed public places (lieux publics confirmés): a SIREN, a SIRET or an RNA number that receives the public.
CREATE OR REPLACE TABLE stg_places AS SELECT DISTINCT upper(trim(key)) AS key FROM raw_places WHERE trim(key) <> '';
