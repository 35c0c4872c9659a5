-- The small sources: ESS France list, approvals, declarations, confirmed places. A SIREN read as an integer lost its zeros.
CREATE OR REPLACE TABLE stg_ess_list AS
SELECT lpad(trim(SIREN), 9, '0') AS siren, count(*) AS occurrences
FROM raw_ess_france_list WHERE regexp_full_match(trim(SIREN), '[0-9]{1,9}') GROUP BY ALL;

-- An end that nobody can read leaves the line out: nobody can say whether the approval still holds.
CREATE OR REPLACE TABLE stg_approvals_read AS
SELECT lpad(trim(siren), 9, '0') AS siren, trim(approval) AS approval, sound_date(list_date(granted_on)) AS granted_on,
    list_date(expires_on) AS expires_on, trim(issuer) AS issuer,
    nullif(trim(granted_on), '') AS raw_granted, nullif(trim(expires_on), '') AS raw_expires
FROM raw_approvals WHERE regexp_full_match(trim(siren), '[0-9]{1,9}');

CREATE OR REPLACE TABLE stg_approvals AS
SELECT DISTINCT siren, approval, granted_on, expires_on, issuer FROM stg_approvals_read
WHERE raw_expires IS NULL OR expires_on >= getvariable('vintage');

-- Declarations (déclarations): a SIREN, a SIRET of the structure, or an RNA number.
CREATE OR REPLACE TABLE stg_declared AS
SELECT DISTINCT CASE WHEN key NOT LIKE 'W%' THEN left(key, 9) END AS siren, CASE WHEN key LIKE 'W%' THEN key END AS rna
FROM (SELECT register_key(key) AS key FROM raw_declared) WHERE key IS NOT NULL;

-- Confirmed public places (lieux publics confirmés): a SIREN, a SIRET or an RNA number that receives the public.
CREATE OR REPLACE TABLE stg_places AS
SELECT DISTINCT key FROM (SELECT register_key(key) AS key FROM raw_places) WHERE key IS NOT NULL;
