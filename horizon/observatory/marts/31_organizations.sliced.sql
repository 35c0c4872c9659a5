-- Who exists: the declared associations that have no SIREN, then legal units in scope: the order of org_id. Run once for each
-- slice of the structures, so that the joins fit in memory at the size of the country.
INSERT INTO organizations BY NAME
WITH seats AS (
    -- the seat, else an open establishment, else any; the smallest SIRET settles
    SELECT siren, min((CASE WHEN is_seat THEN '0' ELSE '1' END) || (CASE WHEN active THEN '0' ELSE '1' END) || siret
        || coalesce(commune_code, '')) AS seat
    FROM establishments WHERE in_slice(siren) GROUP BY siren
),
declarations AS (
    SELECT m.siren, r.rna, r.name, r.acronym, r.object, r.rna_object1, r.rna_object2, r.website, r.declared_on, r.created_on
    FROM stg_rna r JOIN int_matches m ON m.rna = r.rna AND m.sure AND in_slice(m.siren)
),
from_sirene AS (
    SELECT
        'siren:' || u.siren AS org_id, u.siren, r.rna, u.name, r.name AS rna_name, same_name(u.name, r.name) AS same,
        coalesce(u.acronym, r.acronym) AS acronym, u.other_names,
        u.legal_category, coalesce(u.family, 'autre') AS family, u.naf_rev2, u.naf_2025, u.employees_band, u.employees_year,
        e.siren IS NOT NULL OR u.is_employer AS is_employer,
        coalesce(u.created_on, r.created_on) AS created_on,
        CASE WHEN NOT u.active THEN u.period_on END AS closed_on,
        u.active, r.object, r.rna_object1, r.rna_object2, r.website, r.declared_on,
        CASE WHEN u.period_on > u.created_on OR u.created_on IS NULL THEN u.period_on ELSE u.created_on END AS updated_on,
        substr(s.seat, 3, 14) AS seat_siret, nullif(substr(s.seat, 17), '') AS seat_commune,
        true AS in_sirene, r.rna IS NOT NULL AS in_rna, u.ess_flag, u.ess_listed, u.approved, u.category_reason,
        d.siren IS NOT NULL OR n.rna IS NOT NULL AS declared
    FROM stg_units u
    LEFT JOIN int_employers e ON e.siren = u.siren
    LEFT JOIN declarations r ON r.siren = u.siren
    LEFT JOIN seats s ON s.siren = u.siren
    LEFT JOIN (SELECT DISTINCT siren FROM stg_declared WHERE siren IS NOT NULL) d ON d.siren = u.siren
    LEFT JOIN (SELECT DISTINCT rna FROM stg_declared WHERE rna IS NOT NULL) n ON n.rna = r.rna
    WHERE NOT u.is_public AND in_slice(u.siren)
),
from_rna AS (
    SELECT
        'rna:' || r.rna AS org_id, NULL AS siren, r.rna, r.name, NULL AS rna_name, true AS same,
        r.acronym, CAST([] AS VARCHAR[]) AS other_names,
        r.legal_category, coalesce(k.family, 'autre') AS family,
        NULL AS naf_rev2, NULL AS naf_2025, NULL AS employees_band, NULL AS employees_year, CAST(NULL AS BOOLEAN) AS is_employer,
        r.created_on, r.dissolved_on AS closed_on, r.active AND r.dissolved_on IS NULL AS active,
        r.object, r.rna_object1, r.rna_object2, r.website, r.declared_on,
        coalesce(r.declared_on, r.created_on) AS updated_on,
        NULL AS seat_siret, coalesce(f.current, p.code) AS seat_commune,
        false AS in_sirene, true AS in_rna, false AS ess_flag, false AS ess_listed, false AS approved,
        coalesce(k.reason, false) AS category_reason,
        d.rna IS NOT NULL AS declared
    FROM (SELECT *, CASE WHEN nature = 'R' THEN '9230' ELSE '9220' END AS legal_category FROM stg_rna) r
    LEFT JOIN rule_legal_categories k ON k.legal_category = r.legal_category
    LEFT JOIN former_codes f ON f.code = r.raw_commune
    LEFT JOIN int_resolved p ON p.postal_code IS NOT DISTINCT FROM r.postal_code AND p.commune_label = r.commune_label
    LEFT JOIN (SELECT rna FROM int_matches WHERE sure AND in_slice(rna)) m ON m.rna = r.rna
    LEFT JOIN (SELECT DISTINCT rna FROM stg_declared WHERE rna IS NOT NULL) d ON d.rna = r.rna
    WHERE m.rna IS NULL AND in_slice(r.rna)
),
reasoned AS (
    SELECT o.*, i.ess_reasons, i.sources,
        CASE WHEN l.exclusions IS NULL AND n.exclusions IS NULL AND x.exclusions IS NULL THEN CAST([] AS VARCHAR[])
            ELSE list_sort(list_distinct(list_concat(list_concat(l.exclusions, n.exclusions), x.exclusions))) END AS ess_exclusions
    FROM (SELECT * FROM from_rna UNION ALL SELECT * FROM from_sirene) o
    JOIN int_reasons i USING (in_sirene, in_rna, ess_flag, ess_listed, category_reason, approved, declared)
    LEFT JOIN int_exclusions l ON l.kind = 'legal_category' AND l.code = o.legal_category
    LEFT JOIN int_exclusions n ON n.kind = 'naf' AND n.code = o.naf_rev2
    LEFT JOIN int_exclusions x ON x.kind = 'rna_object' AND x.code = o.rna_object1
)
SELECT
    org_id, siren, rna,
    -- the same name with its accents and small letters is easier to read than SIRENE's capitals
    coalesce(CASE WHEN r.name IS NULL OR (same AND rna_name <> upper(rna_name)) THEN rna_name ELSE r.name END, 'Nom non diffusé') AS name,
    acronym,
    CASE WHEN rna_name IS NOT NULL AND NOT same THEN list_append(other_names, rna_name) ELSE other_names END AS other_names,
    legal_category, family,
    naf_rev2, naf_2025, employees_band, employees_year, is_employer, r.created_on, r.closed_on, active,
    ess_reasons, ess_exclusions, len(ess_reasons) > 0 AND len(ess_exclusions) = 0 AS in_perimeter,
    ess_flag OR ess_listed AS state_rule,
    object, rna_object1, rna_object2, website, declared_on, updated_on, seat_siret, seat_commune,
    c.epci_code, c.department, c.region, sources
FROM reasoned r
LEFT JOIN communes c ON c.code = r.seat_commune AND c.kind = 'commune-actuelle'
WHERE len(ess_reasons) > 0 OR len(ess_exclusions) > 0 OR family <> 'societe';
