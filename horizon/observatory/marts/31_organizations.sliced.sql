-- Who exists: legal units in scope, then the declared associations that have no SIREN. Run once for each slice of the
-- structures, so that the joins fit in memory at the size of the country.
INSERT INTO organizations BY NAME
WITH seats AS (
    -- the seat, else an open establishment, else any; the smallest SIRET settles
    SELECT siren, min({'rank': CASE WHEN is_seat THEN 0 ELSE 1 END, 'shut': NOT active, 'siret': siret, 'commune': commune_code}) AS seat
    FROM establishments WHERE in_slice(siren) GROUP BY siren
),
declarations AS (
    SELECT m.siren, r.* EXCLUDE (siren) FROM stg_rna r JOIN int_matches m ON m.rna = r.rna AND m.sure AND in_slice(m.siren)
),
from_sirene AS (
    SELECT
        'siren:' || u.siren AS org_id, u.siren, r.rna,
        -- the same name with its accents and small letters is easier to read than SIRENE's capitals
        CASE WHEN u.name IS NULL OR (same_name(u.name, r.name) AND r.name <> upper(r.name)) THEN r.name ELSE u.name END AS name,
        coalesce(u.acronym, r.acronym) AS acronym,
        CASE WHEN r.name IS NOT NULL AND NOT same_name(u.name, r.name) THEN list_append(u.other_names, r.name)
            ELSE u.other_names END AS other_names,
        u.legal_category, coalesce(u.family, 'autre') AS family, u.naf_rev2, u.naf_2025, u.employees_band, u.employees_year,
        e.siren IS NOT NULL OR u.is_employer AS is_employer,
        coalesce(u.created_on, r.created_on) AS created_on,
        CASE WHEN NOT u.active THEN u.period_on END AS closed_on,
        u.active, r.object, r.rna_object1, r.rna_object2, r.website, r.declared_on,
        CASE WHEN u.period_on > u.created_on OR u.created_on IS NULL THEN u.period_on ELSE u.created_on END AS updated_on,
        s.seat.siret AS seat_siret, s.seat.commune AS seat_commune,
        u.ess_flag, u.ess_listed, u.approved, u.category_reason,
        d.siren IS NOT NULL AS declared,
        CASE WHEN r.rna IS NULL THEN ['sirene'] ELSE ['sirene', 'rna'] END AS base_sources
    FROM stg_units u
    LEFT JOIN int_employers e ON e.siren = u.siren
    LEFT JOIN declarations r ON r.siren = u.siren
    LEFT JOIN seats s ON s.siren = u.siren
    LEFT JOIN (SELECT DISTINCT siren FROM stg_declared WHERE siren IS NOT NULL) d ON d.siren = u.siren
    WHERE NOT u.is_public AND in_slice(u.siren)
),
from_rna AS (
    SELECT
        'rna:' || r.rna AS org_id, NULL AS siren, r.rna, r.name, r.acronym, CAST([] AS VARCHAR[]) AS other_names,
        CASE WHEN r.nature = 'R' THEN '9230' ELSE '9220' END AS legal_category, 'association' AS family,
        NULL AS naf_rev2, NULL AS naf_2025, NULL AS employees_band, NULL AS employees_year, CAST(NULL AS BOOLEAN) AS is_employer,
        r.created_on, CASE WHEN NOT r.active THEN r.dissolved_on END AS closed_on, r.active AND r.dissolved_on IS NULL AS active,
        r.object, r.rna_object1, r.rna_object2, r.website, r.declared_on,
        coalesce(r.declared_on, r.created_on) AS updated_on,
        NULL AS seat_siret, w.code AS seat_commune,
        false AS ess_flag, false AS ess_listed, false AS approved, true AS category_reason,
        d.rna IS NOT NULL AS declared, ['rna'] AS base_sources
    FROM stg_rna r
    LEFT JOIN (SELECT * FROM int_rna_communes WHERE in_slice(rna)) w ON w.rna = r.rna
    LEFT JOIN (SELECT rna FROM int_matches WHERE sure AND in_slice(rna)) m ON m.rna = r.rna
    LEFT JOIN (SELECT DISTINCT rna FROM stg_declared WHERE rna IS NOT NULL) d ON d.rna = r.rna
    WHERE m.rna IS NULL AND in_slice(r.rna)
),
reasoned AS (
    SELECT o.*,
        CASE WHEN l.exclusions IS NULL AND n.exclusions IS NULL AND x.exclusions IS NULL THEN CAST([] AS VARCHAR[])
            ELSE list_sort(list_distinct(list_concat(list_concat(l.exclusions, n.exclusions), x.exclusions))) END AS ess_exclusions,
        list_filter([
            CASE WHEN ess_flag THEN 'insee_flag' END, CASE WHEN ess_listed THEN 'ess_france_list' END,
            CASE WHEN category_reason THEN 'legal_category' END, CASE WHEN approved THEN 'approval' END,
            CASE WHEN declared THEN 'declared' END
        ], lambda x: x IS NOT NULL) AS ess_reasons
    FROM (SELECT * FROM from_sirene UNION ALL SELECT * FROM from_rna) o
    LEFT JOIN int_exclusions l ON l.kind = 'legal_category' AND l.code = o.legal_category
    LEFT JOIN int_exclusions n ON n.kind = 'naf' AND n.code = o.naf_rev2
    LEFT JOIN int_exclusions x ON x.kind = 'rna_object' AND x.code = o.rna_object1
)
SELECT
    org_id, siren, rna, coalesce(r.name, 'Nom non diffusé') AS name, acronym, other_names, legal_category, family,
    naf_rev2, naf_2025, employees_band, employees_year, is_employer, r.created_on, r.closed_on, active,
    ess_reasons, ess_exclusions, len(ess_reasons) > 0 AND len(ess_exclusions) = 0 AS in_perimeter,
    ess_flag OR ess_listed AS state_rule,
    object, rna_object1, rna_object2, website, declared_on, updated_on, seat_siret, seat_commune,
    c.epci_code, c.department, c.region,
    list_concat(base_sources, list_filter([
        CASE WHEN ess_listed THEN 'ess_france_list' END, CASE WHEN approved THEN 'approvals' END,
        CASE WHEN declared THEN 'declared' END], lambda x: x IS NOT NULL)) AS sources
FROM reasoned r
LEFT JOIN communes c ON c.code = r.seat_commune AND c.kind = 'commune-actuelle'
WHERE len(ess_reasons) > 0 OR len(ess_exclusions) > 0 OR family <> 'societe';
