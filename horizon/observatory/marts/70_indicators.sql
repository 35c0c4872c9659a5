-- Counts by territory. Open structures of the perimeter, at every level, with grouping sets; integers only.
-- An establishment counts where it stands; a structure counts where its seat stands.
CREATE OR REPLACE TABLE int_levels AS
SELECT code AS commune_code, unnest([
    'FR', 'region:' || region, 'department:' || department, CASE WHEN epci_code IS NOT NULL THEN 'epci:' || epci_code END,
    'commune:' || code
]) AS territory
FROM communes WHERE kind = 'commune-actuelle';

CREATE OR REPLACE TABLE int_by_commune AS
SELECT seat_commune AS commune_code, family, count(*) AS structures,
    count(*) FILTER (WHERE is_employer) AS employers,
    count(*) FILTER (WHERE created_on > getvariable('vintage') - INTERVAL 1 YEAR) AS created
FROM organizations WHERE active AND in_perimeter AND seat_commune IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE TABLE int_ess_establishments AS
SELECT e.commune_code, o.family, count(*) AS establishments, count(*) FILTER (WHERE e.is_employer) AS employers
FROM establishments e JOIN organizations o USING (org_id)
WHERE e.active AND o.active AND o.in_perimeter AND e.commune_code IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE TABLE int_all_establishments AS
SELECT commune_code, sum(establishments) AS establishments,
    sum(establishments) FILTER (WHERE is_employer AND NOT is_public) AS private_employers
FROM stg_denominators GROUP BY ALL;

CREATE OR REPLACE TABLE int_themes AS
SELECT o.seat_commune AS commune_code, t.indicator, t.code, count(*) AS structures
FROM (
    SELECT org_id, 'door' AS indicator, door AS code FROM doors
    UNION ALL SELECT org_id, 'any_door', '' FROM doors WHERE rank = 1
    UNION ALL SELECT org_id, 'pole', pole FROM poles
) t
JOIN organizations o USING (org_id)
WHERE o.active AND o.in_perimeter AND o.seat_commune IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TABLE indicators AS
WITH counted AS (
    SELECT territory, 'ess_structures' AS indicator, family, sum(structures) AS value, 'structures' AS unit,
        'SIRENE et RNA' AS source, 'structures ouvertes du périmètre, au siège' AS method
    FROM int_by_commune JOIN int_levels USING (commune_code) GROUP BY GROUPING SETS ((territory), (territory, family))
    UNION ALL
    SELECT territory, 'ess_employers', family, sum(employers), 'structures', 'SIRENE',
        'structures ouvertes du périmètre qui emploient, au siège'
    FROM int_by_commune JOIN int_levels USING (commune_code) GROUP BY GROUPING SETS ((territory), (territory, family))
    UNION ALL
    SELECT territory, 'ess_created_last_year', family, sum(created), 'structures', 'SIRENE et RNA',
        'structures ouvertes créées dans les douze mois avant le millésime'
    FROM int_by_commune JOIN int_levels USING (commune_code) GROUP BY GROUPING SETS ((territory), (territory, family))
    UNION ALL
    SELECT territory, 'ess_establishments', family, sum(establishments), 'établissements', 'SIRENE',
        'établissements ouverts de structures du périmètre, à leur adresse'
    FROM int_ess_establishments JOIN int_levels USING (commune_code) GROUP BY GROUPING SETS ((territory), (territory, family))
    UNION ALL
    SELECT territory, 'ess_employer_establishments', family, sum(employers), 'établissements', 'SIRENE',
        'établissements employeurs ouverts de structures du périmètre, à leur adresse'
    FROM int_ess_establishments JOIN int_levels USING (commune_code) GROUP BY GROUPING SETS ((territory), (territory, family))
    UNION ALL
    SELECT territory, 'all_establishments', NULL, sum(establishments), 'établissements', 'SIRENE',
        'tous les établissements ouverts, entreprises individuelles comprises'
    FROM int_all_establishments JOIN int_levels USING (commune_code) GROUP BY territory
    UNION ALL
    SELECT territory, 'private_employer_establishments', NULL, sum(private_employers), 'établissements', 'SIRENE',
        'établissements employeurs ouverts, hors catégories juridiques 7xxx'
    FROM int_all_establishments JOIN int_levels USING (commune_code) GROUP BY territory
),
named AS (
    SELECT territory, indicator, CASE WHEN family IS NULL THEN '{}' ELSE '{"family": "' || family || '"}' END AS dimensions,
        value, unit, source, method
    FROM counted
    UNION ALL
    SELECT territory, 'ess_structures_by_' || indicator, CASE WHEN code = '' THEN '{}' ELSE '{"' || indicator || '": "' || code || '"}' END,
        sum(structures), 'structures', 'SIRENE et RNA',
        'structures ouvertes du périmètre, au siège ; une structure peut avoir plusieurs portes et pôles'
    FROM int_themes JOIN int_levels USING (commune_code) GROUP BY territory, indicator, code
)
SELECT territory, indicator, dimensions, CAST(coalesce(value, 0) AS DECIMAL(18, 4)) AS value, unit,
    strftime(getvariable('vintage'), '%Y-%m-%d') AS vintage, source, method
FROM named WHERE territory IS NOT NULL;
