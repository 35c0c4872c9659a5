-- Doors of daily life (portes) and poles (pôles): points from the activity, the RNA social object and the words of the
-- name and the purpose. Tables `rule_doors` and `rule_poles` come from rules/*.csv, dated and editable. Only integers:
-- the same answer on any number of threads. confidence = 1 − e^(−points / 1000). Under the threshold: « à préciser ».
CREATE OR REPLACE TABLE int_texts AS
SELECT org_id, 1000 AS scale, 'le nom' AS place, fold_text(concat_ws(' ', name, array_to_string(other_names, ' '))) AS text
FROM organizations WHERE in_perimeter
UNION ALL
SELECT org_id, 600, 'l’objet', fold_text(object) FROM organizations WHERE in_perimeter AND object IS NOT NULL;

CREATE OR REPLACE TABLE int_grams AS
WITH words AS (SELECT org_id, scale, place, string_split(text, ' ') AS w FROM int_texts WHERE text <> ''),
starts AS (SELECT *, unnest(range(1, len(w) + 1)) AS i FROM words),
grams AS (SELECT org_id, scale, place, i, unnest(range(1, 5)) AS n, w FROM starts)
SELECT org_id, scale, place, min(i) AS first_at, array_to_string(w[i : i + n - 1], ' ') AS gram
FROM grams
WHERE i + n - 1 <= len(w)
    AND array_to_string(w[i : i + n - 1], ' ') IN (SELECT value FROM rule_doors WHERE kind = 'word' UNION SELECT value FROM rule_poles WHERE kind = 'word')
GROUP BY ALL;

CREATE OR REPLACE TABLE int_codes AS
SELECT org_id, 'naf' AS kind, naf_rev2 AS code FROM organizations WHERE in_perimeter AND naf_rev2 IS NOT NULL
UNION ALL
SELECT org_id, 'rna_object', lpad(rna_object1, 6, '0') FROM organizations WHERE in_perimeter AND rna_object1 IS NOT NULL
UNION ALL
SELECT org_id, 'rna_object', lpad(rna_object2, 6, '0') FROM organizations
WHERE in_perimeter AND rna_object2 IS NOT NULL AND rna_object2 <> coalesce(rna_object1, '');

-- the longest rule that begins a code decides
CREATE OR REPLACE TABLE int_code_doors AS
WITH codes AS (SELECT DISTINCT kind, code FROM int_codes),
matched AS (
    SELECT c.kind, c.code, r.door, r.points, len(r.value) AS precise, max(len(r.value)) OVER (PARTITION BY c.kind, c.code) AS best
    FROM codes c JOIN rule_doors r ON r.kind = c.kind AND starts_with(c.code, r.value)
)
SELECT kind, code, door, points FROM matched WHERE precise = best AND points <> 0;

CREATE OR REPLACE TABLE int_door_evidence AS
SELECT c.org_id, d.door, d.points,
    CASE c.kind WHEN 'naf' THEN 'activité ' || c.code ELSE 'objet social ' || c.code || ' du RNA' END AS said, 0 AS kind_order
FROM int_codes c JOIN int_code_doors d ON d.kind = c.kind AND d.code = c.code
UNION ALL
SELECT g.org_id, r.door, CAST(r.points * g.scale // 1000 AS BIGINT), '« ' || g.gram || ' » dans ' || g.place, 1
FROM int_grams g JOIN rule_doors r ON r.kind = 'word' AND r.value = g.gram;

CREATE OR REPLACE TABLE doors AS
WITH summed AS (
    SELECT org_id, door,
        coalesce(sum(points) FILTER (WHERE kind_order = 0), 0) + least(coalesce(sum(points) FILTER (WHERE kind_order = 1), 0), 2000) AS points,
        array_to_string(list_slice(list(said ORDER BY points DESC, said) FILTER (WHERE points > 0), 1, 3), ' ; ') AS said
    FROM int_door_evidence GROUP BY org_id, door
),
compared AS (SELECT *, max(points) OVER (PARTITION BY org_id) AS best FROM summed),
kept AS (
    SELECT *, row_number() OVER (PARTITION BY org_id ORDER BY points DESC, door) AS rank
    FROM compared WHERE points >= 500 AND points * 100 >= best * 55
)
SELECT org_id, CAST(rank AS INTEGER) AS rank, door,
    CAST(least(round(1 - exp(-points / 1000.0), 2), 0.99) AS DECIMAL(3, 2)) AS confidence, said AS reason
FROM kept WHERE rank <= 3
ORDER BY org_id, rank;

CREATE OR REPLACE TABLE poles AS
WITH codes AS (SELECT DISTINCT kind, code FROM int_codes),
matched AS (
    SELECT c.kind, c.code, r.pole, r.points, len(r.value) AS precise, max(len(r.value)) OVER (PARTITION BY c.kind, c.code) AS best
    FROM codes c JOIN rule_poles r ON r.kind = c.kind AND starts_with(c.code, r.value)
),
evidence AS (
    SELECT d.org_id, r.pole, r.points // d.rank AS points, 'porte « ' || d.door || ' »' AS said FROM doors d
    JOIN rule_poles r ON r.kind = 'door' AND r.value = d.door
    UNION ALL
    SELECT c.org_id, m.pole, m.points, 'activité ou objet social ' || c.code
    FROM int_codes c JOIN matched m ON m.kind = c.kind AND m.code = c.code AND m.precise = m.best
    UNION ALL
    SELECT g.org_id, r.pole, CAST(r.points * g.scale // 1000 AS BIGINT), '« ' || g.gram || ' » dans ' || g.place
    FROM int_grams g JOIN rule_poles r ON r.kind = 'word' AND r.value = g.gram
),
summed AS (
    SELECT org_id, pole, least(sum(points), 4000) AS points,
        array_to_string(list_slice(list(said ORDER BY points DESC, said), 1, 3), ' ; ') AS said
    FROM evidence GROUP BY org_id, pole
),
compared AS (SELECT *, max(points) OVER (PARTITION BY org_id) AS best FROM summed),
kept AS (
    SELECT s.*, row_number() OVER (PARTITION BY s.org_id ORDER BY points DESC, pole) AS rank
    FROM compared s WHERE points >= 700 AND points * 100 >= best * 70 AND org_id IN (SELECT org_id FROM doors)
)
SELECT org_id, CAST(rank AS INTEGER) AS rank, pole,
    CAST(least(round(1 - exp(-points / 1000.0), 2), 0.99) AS DECIMAL(3, 2)) AS confidence, said AS reason
FROM kept WHERE rank <= 2
ORDER BY org_id, rank;
