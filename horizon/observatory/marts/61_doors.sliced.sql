-- Doors and poles of one slice of the structures (see 60_doors). What is the same is read once: each distinct text, in it each
-- distinct word, then each profile, that is the rules met by the name and by the purpose, and the codes.
-- What serves one slice is temporary: it is not written into the file of a large run.
CREATE OR REPLACE TEMP TABLE int_structures AS
SELECT org_id, concat_ws(' ', name, array_to_string(other_names, ' ')) AS names, object, naf_rev2, rna_object1, rna_object2
FROM organizations WHERE in_perimeter AND in_slice(org_id);

CREATE OR REPLACE TEMP TABLE int_texts AS
SELECT DISTINCT text FROM (SELECT names AS text FROM int_structures UNION ALL SELECT object FROM int_structures) WHERE text IS NOT NULL;

-- A word as it is written may hold several folded ones (« l’école »): each may begin a rule.
CREATE OR REPLACE TEMP TABLE int_written_words AS
WITH written AS (SELECT DISTINCT word FROM (SELECT unnest(string_split(text, ' ')) AS word FROM int_texts)),
folded AS (SELECT word, unnest(string_split(fold_text(word), ' ')) AS folded FROM written)
SELECT DISTINCT word, gram, several FROM folded JOIN int_rule_words ON first_word = folded;

CREATE OR REPLACE TEMP TABLE int_signatures AS
WITH hits AS (
    SELECT DISTINCT text_id, gram, several
    FROM (SELECT rowid AS text_id, unnest(string_split(text, ' ')) AS word FROM int_texts) JOIN int_written_words USING (word)
),
-- rules of several words are looked for in the whole text
whole AS (
    SELECT rowid AS text_id, ' ' || fold_text(text) || ' ' AS folded FROM int_texts WHERE rowid IN (SELECT text_id FROM hits WHERE several)
),
grams AS (
    SELECT text_id, gram FROM hits WHERE NOT several
    UNION ALL
    SELECT text_id, gram FROM hits JOIN whole USING (text_id) WHERE several AND contains(folded, ' ' || gram || ' ')
)
SELECT text, string_agg(gram, '|' ORDER BY gram) AS grams FROM grams JOIN int_texts t ON t.rowid = text_id GROUP BY text;

CREATE OR REPLACE TEMP TABLE int_profiled AS
SELECT org_id, n.grams AS name_grams, o.grams AS object_grams, naf_rev2, rna_object1, rna_object2
FROM int_structures s LEFT JOIN int_signatures n ON n.text = s.names LEFT JOIN int_signatures o ON o.text = s.object
WHERE coalesce(n.grams, o.grams, naf_rev2, rna_object1, rna_object2) IS NOT NULL;

CREATE OR REPLACE TEMP TABLE int_profiles AS
SELECT DISTINCT name_grams, object_grams, naf_rev2, rna_object1, rna_object2 FROM int_profiled;

CREATE OR REPLACE TEMP TABLE int_grams AS
SELECT rowid AS profile, 1000 AS scale, 'le nom' AS place, unnest(string_split(name_grams, '|')) AS gram FROM int_profiles
UNION ALL
SELECT rowid, 600, 'l’objet', unnest(string_split(object_grams, '|')) FROM int_profiles;

CREATE OR REPLACE TEMP TABLE int_codes AS
SELECT rowid AS profile, 'naf' AS kind, naf_rev2 AS code FROM int_profiles WHERE naf_rev2 IS NOT NULL
UNION ALL
SELECT rowid, 'rna_object', lpad(rna_object1, 6, '0') FROM int_profiles WHERE rna_object1 IS NOT NULL
UNION ALL
SELECT rowid, 'rna_object', lpad(rna_object2, 6, '0') FROM int_profiles
WHERE rna_object2 IS NOT NULL AND rna_object2 <> coalesce(rna_object1, '');

CREATE OR REPLACE TEMP TABLE int_profile_doors AS
WITH evidence AS (
    SELECT c.profile, d.door, d.points,
        CASE c.kind WHEN 'naf' THEN 'activité ' || c.code ELSE 'objet social ' || c.code || ' du RNA' END AS said, 0 AS kind_order
    FROM int_codes c JOIN int_code_doors d ON d.kind = c.kind AND d.code = c.code
    UNION ALL
    SELECT g.profile, r.door, CAST(r.points * g.scale // 1000 AS BIGINT), '« ' || g.gram || ' » dans ' || g.place, 1
    FROM int_grams g JOIN rule_doors r ON r.kind = 'word' AND r.value = g.gram
),
summed AS (
    SELECT profile, door,
        coalesce(sum(points) FILTER (WHERE kind_order = 0), 0) + least(coalesce(sum(points) FILTER (WHERE kind_order = 1), 0), 2000) AS points,
        array_to_string(list_slice(list(said ORDER BY points DESC, said) FILTER (WHERE points > 0), 1, 3), ' ; ') AS said
    FROM evidence GROUP BY profile, door
),
compared AS (SELECT *, max(points) OVER (PARTITION BY profile) AS best FROM summed),
kept AS (
    SELECT *, row_number() OVER (PARTITION BY profile ORDER BY points DESC, door) AS rank
    FROM compared WHERE points >= 500 AND points * 100 >= best * 55
)
SELECT profile, CAST(rank AS INTEGER) AS rank, door,
    CAST(least(round(1 - exp(-points / 1000.0), 2), 0.99) AS DECIMAL(3, 2)) AS confidence, said AS reason
FROM kept WHERE rank <= 3;

CREATE OR REPLACE TEMP TABLE int_profile_poles AS
WITH evidence AS (
    SELECT d.profile, r.pole, r.points // d.rank AS points, 'porte « ' || d.door || ' »' AS said FROM int_profile_doors d
    JOIN rule_poles r ON r.kind = 'door' AND r.value = d.door
    UNION ALL
    SELECT c.profile, m.pole, m.points, 'activité ou objet social ' || c.code
    FROM int_codes c JOIN int_code_poles m ON m.kind = c.kind AND m.code = c.code
    UNION ALL
    SELECT g.profile, r.pole, CAST(r.points * g.scale // 1000 AS BIGINT), '« ' || g.gram || ' » dans ' || g.place
    FROM int_grams g JOIN rule_poles r ON r.kind = 'word' AND r.value = g.gram
),
summed AS (
    SELECT profile, pole, least(sum(points), 4000) AS points,
        array_to_string(list_slice(list(said ORDER BY points DESC, said), 1, 3), ' ; ') AS said
    FROM evidence WHERE profile IN (SELECT profile FROM int_profile_doors) GROUP BY profile, pole
),
compared AS (SELECT *, max(points) OVER (PARTITION BY profile) AS best FROM summed),
kept AS (
    SELECT *, row_number() OVER (PARTITION BY profile ORDER BY points DESC, pole) AS rank
    FROM compared WHERE points >= 700 AND points * 100 >= best * 70
)
SELECT profile, CAST(rank AS INTEGER) AS rank, pole,
    CAST(least(round(1 - exp(-points / 1000.0), 2), 0.99) AS DECIMAL(3, 2)) AS confidence, said AS reason
FROM kept WHERE rank <= 2;

CREATE OR REPLACE TEMP TABLE int_structure_profiles AS
SELECT s.org_id, p.rowid AS profile FROM int_profiled s
JOIN int_profiles p ON p.name_grams IS NOT DISTINCT FROM s.name_grams AND p.object_grams IS NOT DISTINCT FROM s.object_grams
    AND p.naf_rev2 IS NOT DISTINCT FROM s.naf_rev2 AND p.rna_object1 IS NOT DISTINCT FROM s.rna_object1
    AND p.rna_object2 IS NOT DISTINCT FROM s.rna_object2;

INSERT INTO doors SELECT org_id, rank, door, confidence, reason FROM int_structure_profiles JOIN int_profile_doors USING (profile);
INSERT INTO poles SELECT org_id, rank, pole, confidence, reason FROM int_structure_profiles JOIN int_profile_poles USING (profile);

DROP TABLE int_structures;
DROP TABLE int_texts;
DROP TABLE int_written_words;
DROP TABLE int_signatures;
DROP TABLE int_profiled;
DROP TABLE int_profiles;
DROP TABLE int_grams;
DROP TABLE int_codes;
DROP TABLE int_profile_doors;
DROP TABLE int_profile_poles;
DROP TABLE int_structure_profiles;
