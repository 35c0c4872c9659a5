-- One row per structure present in a territory: its seat when it is there, else its first establishment there.
-- $territory: EPCI code. Reads the marts `organizations` and `establishments`.
WITH presence AS (
    SELECT
        org_id, siret, is_seat, address, postal_code, commune_code, lat, lon, active, public_address, hidden_why,
        row_number() OVER (PARTITION BY org_id ORDER BY active DESC, is_seat DESC, siret) AS choice
    FROM establishments
    WHERE epci_code = $territory
)
SELECT
    o.org_id, o.siren, o.rna, o.name, o.acronym, o.other_names, o.object, o.website,
    o.legal_category, o.family, o.naf_rev2, o.naf_2025, o.employees_band, o.employees_year, o.is_employer,
    o.created_on, o.closed_on, o.active, o.updated_on, o.declared_on,
    o.ess_reasons, o.ess_exclusions, o.in_perimeter, o.state_rule, o.sources, o.rna_object1, o.rna_object2,
    p.siret, p.is_seat, p.address, p.postal_code, p.lat, p.lon, p.public_address, p.hidden_why,
    coalesce(p.commune_code, o.seat_commune) AS commune_code,
    p.active AS present
FROM organizations o
LEFT JOIN presence p ON p.org_id = o.org_id AND p.choice = 1
WHERE (p.org_id IS NOT NULL OR o.epci_code = $territory)
    AND len(o.ess_reasons) > 0
ORDER BY o.org_id
