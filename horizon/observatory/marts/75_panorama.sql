-- What the panorama of a large territory would count again in every structure of the perimeter, at each reading.
CREATE OR REPLACE TABLE employers AS
SELECT e.siret, e.siren, e.commune_code, e.naf_rev2, e.employees_band, o.family
FROM establishments e JOIN organizations o USING (org_id)
WHERE e.active AND e.is_employer AND e.commune_code IS NOT NULL AND o.in_perimeter
ORDER BY siret;

CREATE OR REPLACE TABLE structure_profiles AS
SELECT region, department, family, employees_band, is_employer, active, state_rule, naf_rev2 IS NULL AS no_activity,
    object IS NULL AS no_object, ess_reasons, count(*) AS structures
FROM organizations WHERE in_perimeter AND seat_commune IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE TABLE structure_years AS
WITH dated AS (
    SELECT region, department, family, active, 'created' AS event, year(created_on) AS year, count(*) AS structures
    FROM organizations WHERE in_perimeter AND seat_commune IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT region, department, family, active, 'closed', year(closed_on), count(*)
    FROM organizations WHERE in_perimeter AND seat_commune IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT region, department, family, active, 'updated', year(updated_on), count(*)
    FROM organizations WHERE in_perimeter AND seat_commune IS NOT NULL GROUP BY ALL
)
SELECT region, department, family, active, event, CAST(year AS INTEGER) AS year, structures FROM dated;
