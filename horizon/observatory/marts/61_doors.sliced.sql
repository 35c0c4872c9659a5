-- Doors and poles of one slice of the structures (see 60_doors). No filter on the folded text: it would be computed before
-- the slice is chosen.
CREATE OR REPLACE TABLE int_grams AS
WITH texts AS (
    SELECT org_id, 1000 AS scale, 'le nom' AS place, fold_text(concat_ws(' ', name, array_to_string(other_names, ' '))) AS text
    FROM organizations WHERE in_perimeter AND in_slice(org_id)
    UNION ALL
    SELECT org_id, 600, 'l’objet', fold_text(object)
    FROM organizations WHERE in_perimeter AND object IS NOT NULL AND in_slice(org_id)
),
words AS (
    SELECT org_id, scale, place, text, unnest(list_distinct(string_split(text, ' '))) AS word FROM texts
)
SELECT org_id, scale, place, gram
FROM words JOIN int_rule_words ON first_word = word
WHERE NOT several OR contains(' ' || text || ' ', ' ' || gram || ' ');

CREATE OR REPLACE TABLE int_codes AS
WITH sliced AS (SELECT org_id, naf_rev2, rna_object1, rna_object2 FROM organizations WHERE in_perimeter AND in_slice(org_id))
SELECT org_id, 'naf' AS kind, naf_rev2 AS code FROM sliced WHERE naf_rev2 IS NOT NULL
UNION ALL
SELECT org_id, 'rna_object', lpad(rna_object1, 6, '0') FROM sliced WHERE rna_object1 IS NOT NULL
UNION ALL
SELECT org_id, 'rna_object', lpad(rna_object2, 6, '0') FROM sliced
WHERE rna_object2 IS NOT NULL AND rna_object2 <> coalesce(rna_object1, '');

CREATE OR REPLACE TABLE int_door_evidence AS
SELECT c.org_id, d.door, d.points,
    CASE c.kind WHEN 'naf' THEN 'activité ' || c.code ELSE 'objet social ' || c.code || ' du RNA' END AS said, 0 AS kind_order
FROM int_codes c JOIN int_code_doors d ON d.kind = c.kind AND d.code = c.code
UNION ALL
SELECT g.org_id, r.door, CAST(r.points * g.scale // 1000 AS BIGINT), '« ' || g.gram || ' » dans ' || g.place, 1
FROM int_grams g JOIN rule_doors r ON r.kind = 'word' AND r.value = g.gram;

INSERT INTO doors
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
FROM kept WHERE rank <= 3;

INSERT INTO poles
WITH evidence AS (
    SELECT d.org_id, r.pole, r.points // d.rank AS points, 'porte « ' || d.door || ' »' AS said FROM doors d
    JOIN rule_poles r ON r.kind = 'door' AND r.value = d.door AND in_slice(d.org_id)
    UNION ALL
    SELECT c.org_id, m.pole, m.points, 'activité ou objet social ' || c.code
    FROM int_codes c JOIN int_code_poles m ON m.kind = c.kind AND m.code = c.code
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
    FROM compared s WHERE points >= 700 AND points * 100 >= best * 70 AND org_id IN (SELECT org_id FROM doors WHERE in_slice(org_id))
)
SELECT org_id, CAST(rank AS INTEGER) AS rank, pole,
    CAST(least(round(1 - exp(-points / 1000.0), 2), 0.99) AS DECIMAL(3, 2)) AS confidence, said AS reason
FROM kept WHERE rank <= 2;

DROP TABLE int_grams;
DROP TABLE int_codes;
DROP TABLE int_door_evidence;
