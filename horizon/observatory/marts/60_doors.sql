-- Doors of daily life (portes) and poles (pôles): points from the activity, the RNA social object and the words of the
-- name and the purpose. Tables `rule_doors` and `rule_poles` come from rules/*.csv, dated and editable. Only integers:
-- the same answer on any number of threads. confidence = 1 − e^(−points / 1000). Under the threshold: « à préciser ».
-- Here, what the rules say of the words and of the codes in use; the structures meet it slice by slice in 61_doors.
CREATE OR REPLACE TABLE int_rule_words AS
SELECT DISTINCT value AS gram, split_part(value, ' ', 1) AS first_word, contains(value, ' ') AS several
FROM (SELECT value FROM rule_doors WHERE kind = 'word' UNION SELECT value FROM rule_poles WHERE kind = 'word');

CREATE OR REPLACE TABLE int_codes_used AS
SELECT DISTINCT 'naf' AS kind, naf_rev2 AS code FROM organizations WHERE in_perimeter AND naf_rev2 IS NOT NULL
UNION
SELECT DISTINCT 'rna_object', lpad(code, 6, '0')
FROM (SELECT rna_object1 AS code, in_perimeter FROM organizations UNION SELECT rna_object2, in_perimeter FROM organizations)
WHERE in_perimeter AND code IS NOT NULL;

-- the longest rule that begins a code decides
CREATE OR REPLACE TABLE int_code_doors AS
WITH matched AS (
    SELECT c.kind, c.code, r.door, r.points, len(r.value) AS precise, max(len(r.value)) OVER (PARTITION BY c.kind, c.code) AS best
    FROM int_codes_used c JOIN rule_doors r ON r.kind = c.kind AND starts_with(c.code, r.value)
)
SELECT kind, code, door, points FROM matched WHERE precise = best AND points <> 0;

CREATE OR REPLACE TABLE int_code_poles AS
WITH matched AS (
    SELECT c.kind, c.code, r.pole, r.points, len(r.value) AS precise, max(len(r.value)) OVER (PARTITION BY c.kind, c.code) AS best
    FROM int_codes_used c JOIN rule_poles r ON r.kind = c.kind AND starts_with(c.code, r.value)
)
SELECT kind, code, pole, points FROM matched WHERE precise = best;

CREATE OR REPLACE TABLE doors (org_id VARCHAR, rank INTEGER, door VARCHAR, confidence DECIMAL(3, 2), reason VARCHAR);
CREATE OR REPLACE TABLE poles (org_id VARCHAR, rank INTEGER, pole VARCHAR, confidence DECIMAL(3, 2), reason VARCHAR);
