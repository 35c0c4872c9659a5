-- Counts by territory. Open structures of the perimeter, at every level; integers only.
-- An establishment counts where it stands; a structure counts where its seat stands.
-- Territories and measures are numbered in the order of their texts: groups and order are those of two small numbers, and the
-- texts come back at the end.
CREATE OR REPLACE TABLE int_territories AS
WITH levels AS (
    SELECT code AS commune_code, unnest([
        'FR', 'region:' || region, 'department:' || department, 'epci:' || epci_code, 'commune:' || code
    ]) AS territory
    FROM communes WHERE kind = 'commune-actuelle'
),
numbered AS (
    SELECT territory, CAST(row_number() OVER (ORDER BY territory) AS INTEGER) AS place
    FROM (SELECT DISTINCT territory FROM levels WHERE territory IS NOT NULL)
)
SELECT commune_code, territory, place, territory = 'commune:' || commune_code AS is_commune FROM levels JOIN numbered USING (territory);

-- What is counted in each commune: code is a family, a door or a pole; NULL stands for all of them.
CREATE OR REPLACE TABLE int_counted AS
WITH structures AS (
    SELECT seat_commune AS commune_code, family AS code, count(*) AS structures,
        count(*) FILTER (WHERE is_employer) AS employers,
        count(*) FILTER (WHERE created_on > getvariable('vintage') - INTERVAL 1 YEAR) AS created,
        count(*) FILTER (WHERE state_rule) AS kept_by_state,
        count(*) FILTER (WHERE s.org_id IS NOT NULL) AS spread
    FROM organizations o LEFT JOIN (
        SELECT org_id FROM establishments WHERE active AND commune_code IS NOT NULL
        GROUP BY org_id HAVING count(DISTINCT commune_code) > 1
    ) s ON s.org_id = o.org_id
    WHERE active AND in_perimeter AND seat_commune IS NOT NULL GROUP BY ALL
),
standing AS (
    SELECT e.commune_code, o.family AS code, count(*) AS establishments, count(*) FILTER (WHERE e.is_employer) AS employers
    FROM establishments e JOIN organizations o USING (org_id)
    WHERE e.active AND o.active AND o.in_perimeter AND e.commune_code IS NOT NULL GROUP BY ALL
),
everyone AS (
    SELECT commune_code, sum(establishments) AS establishments,
        coalesce(sum(establishments) FILTER (WHERE is_employer AND NOT is_public), 0) AS private_employers
    FROM denominators GROUP BY ALL
),
themes AS (
    SELECT o.seat_commune AS commune_code, t.indicator, t.code, count(*) AS structures,
        count(*) FILTER (WHERE o.is_employer) AS employers
    FROM (
        SELECT org_id, 'ess_structures_by_door' AS indicator, door AS code FROM doors
        UNION ALL SELECT org_id, 'ess_structures_by_any_door', NULL FROM doors WHERE rank = 1
        UNION ALL SELECT org_id, 'ess_structures_by_pole', pole FROM poles
    ) t
    JOIN organizations o USING (org_id)
    WHERE o.active AND o.in_perimeter AND o.seat_commune IS NOT NULL GROUP BY ALL
),
by_family AS (
    SELECT commune_code, 'ess_structures' AS indicator, code, structures AS value FROM structures
    UNION ALL SELECT commune_code, 'ess_employers', code, employers FROM structures
    UNION ALL SELECT commune_code, 'ess_created_last_year', code, created FROM structures
    UNION ALL SELECT commune_code, 'ess_state_rule', code, kept_by_state FROM structures
    UNION ALL SELECT commune_code, 'ess_several_communes', code, spread FROM structures
    UNION ALL SELECT commune_code, 'ess_establishments', code, establishments FROM standing
    UNION ALL SELECT commune_code, 'ess_employer_establishments', code, employers FROM standing
)
SELECT commune_code, indicator, code, CAST(value AS BIGINT) AS value FROM by_family
UNION ALL SELECT commune_code, indicator, NULL, CAST(sum(value) AS BIGINT) FROM by_family GROUP BY commune_code, indicator
UNION ALL SELECT commune_code, 'all_establishments', NULL, CAST(establishments AS BIGINT) FROM everyone
UNION ALL SELECT commune_code, 'private_employer_establishments', NULL, CAST(private_employers AS BIGINT) FROM everyone
UNION ALL SELECT commune_code, indicator, code, structures FROM themes
UNION ALL SELECT commune_code, 'ess_employers_by_door', code, employers FROM themes
WHERE indicator = 'ess_structures_by_door' AND employers > 0;

CREATE OR REPLACE TABLE int_measures AS
WITH said(indicator, dimension, unit, source, method) AS (VALUES
    ('ess_structures', 'family', 'structures', 'SIRENE et RNA', 'structures ouvertes du périmètre, au siège'),
    ('ess_employers', 'family', 'structures', 'SIRENE', 'structures ouvertes du périmètre qui emploient, au siège'),
    ('ess_created_last_year', 'family', 'structures', 'SIRENE et RNA',
        'structures ouvertes créées dans les douze mois avant le millésime'),
    ('ess_state_rule', 'family', 'structures', 'liste ESS France et SIRENE',
        'structures ouvertes du périmètre que retient la règle de l’État, au siège'),
    ('ess_several_communes', 'family', 'structures', 'SIRENE',
        'structures ouvertes du périmètre qui ont un établissement ouvert dans plusieurs communes, au siège'),
    ('ess_employers_by_door', 'door', 'structures', 'SIRENE et RNA',
        'structures ouvertes du périmètre qui emploient, au siège ; une structure peut avoir plusieurs portes'),
    ('ess_establishments', 'family', 'établissements', 'SIRENE',
        'établissements ouverts de structures du périmètre, à leur adresse'),
    ('ess_employer_establishments', 'family', 'établissements', 'SIRENE',
        'établissements employeurs ouverts de structures du périmètre, à leur adresse'),
    ('all_establishments', NULL, 'établissements', 'SIRENE',
        'tous les établissements ouverts, entreprises individuelles comprises'),
    ('private_employer_establishments', NULL, 'établissements', 'SIRENE',
        'établissements employeurs ouverts, hors catégories juridiques 7xxx'),
    ('ess_structures_by_door', 'door', 'structures', 'SIRENE et RNA',
        'structures ouvertes du périmètre, au siège ; une structure peut avoir plusieurs portes et pôles'),
    ('ess_structures_by_any_door', NULL, 'structures', 'SIRENE et RNA',
        'structures ouvertes du périmètre, au siège ; une structure peut avoir plusieurs portes et pôles'),
    ('ess_structures_by_pole', 'pole', 'structures', 'SIRENE et RNA',
        'structures ouvertes du périmètre, au siège ; une structure peut avoir plusieurs portes et pôles')
),
used AS (
    SELECT indicator, code, CASE WHEN code IS NULL THEN '{}' ELSE '{"' || dimension || '": "' || code || '"}' END AS dimensions,
        unit, source, method
    FROM (SELECT DISTINCT indicator, code FROM int_counted) JOIN said USING (indicator)
)
SELECT *, CAST(row_number() OVER (ORDER BY indicator, dimensions) AS INTEGER) AS measure FROM used;

CREATE OR REPLACE TABLE int_summed AS
WITH measured AS (
    SELECT c.commune_code, m.measure, c.value
    FROM int_counted c JOIN int_measures m ON m.indicator = c.indicator AND coalesce(m.code, '') = coalesce(c.code, '')
),
summed AS (
    SELECT place, measure, value FROM measured JOIN int_territories USING (commune_code) WHERE is_commune
    UNION ALL
    SELECT place, measure, CAST(sum(value) AS BIGINT) FROM measured JOIN int_territories USING (commune_code) WHERE NOT is_commune
    GROUP BY place, measure
)
SELECT * FROM summed;

CREATE OR REPLACE TABLE indicators AS
SELECT territory, indicator, dimensions, CAST(value AS DECIMAL(18, 4)) AS value, unit,
    strftime(getvariable('vintage'), '%Y-%m-%d') AS vintage, source, method
FROM int_summed
JOIN (SELECT DISTINCT place, territory FROM int_territories) USING (place)
JOIN int_measures USING (measure)
ORDER BY place, measure;
