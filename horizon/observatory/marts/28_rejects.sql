-- Nothing is silently dropped: each line or value left out, with its source and the reason.
CREATE OR REPLACE TABLE rejects AS
WITH known_places AS (
    SELECT siret AS key FROM stg_establishments WHERE siret IN (SELECT key FROM stg_places)
    UNION SELECT siren FROM stg_units WHERE siren IN (SELECT key FROM stg_places)
    -- of the public sector no establishment is kept: its unit is known
    UNION SELECT p.key FROM stg_places p JOIN stg_units u ON u.siren = left(p.key, 9) WHERE u.is_public AND length(p.key) = 14
    UNION SELECT rna FROM stg_units WHERE rna IN (SELECT key FROM stg_places)
    UNION SELECT rna FROM int_matches WHERE sure AND rna IN (SELECT key FROM stg_places)
),
found AS (
    SELECT 'sirene_units' AS source, siren AS row,
        CASE WHEN uncategorised THEN 'no_legal_category' ELSE 'bad_siren' END AS reason,
        CASE WHEN uncategorised THEN 'sans catégorie juridique : peut être une personne' ELSE 'SIREN de neuf chiffres attendu' END
            AS detail
    FROM stg_units_aside
    UNION ALL
    SELECT 'sirene_units', siren, 'duplicate_siren', 'ligne répétée : la plus récente est gardée'
    FROM stg_units_repeated
    UNION ALL
    SELECT 'sirene_units', siren, 'bad_date', 'date de création illisible ou hors du raisonnable : ' || raw_created
    FROM stg_units WHERE raw_created IS NOT NULL AND raw_created NOT IN ('', '[ND]', '1900-01-01') AND created_on IS NULL AND NOT is_public
    UNION ALL
    SELECT 'sirene_establishments', coalesce(siret, ''), 'bad_siret', 'SIRET de quatorze chiffres attendu'
    FROM stg_establishments WHERE siret IS NULL OR NOT regexp_full_match(siret, '[0-9]{14}')
    UNION ALL
    SELECT 'sirene_establishments', siret, 'duplicate_siret', 'ligne répétée : une seule est gardée'
    FROM stg_establishments_repeated
    UNION ALL
    SELECT 'sirene_establishments', coalesce(siret, ''), 'bad_date', 'date de création illisible ou hors du raisonnable : ' || raw_created
    FROM stg_establishments
    WHERE raw_created IS NOT NULL AND raw_created NOT IN ('', '[ND]', '1900-01-01') AND created_on IS NULL
    UNION ALL
    SELECT 'sirene_establishments', coalesce(siret, ''), 'unknown_commune', 'code commune inconnu : ' || coalesce(raw_commune, 'absent')
    FROM stg_establishments WHERE commune_code IS NULL AND country IS NULL
    UNION ALL
    SELECT 'sirene_establishments', siret, 'coordinates_outside_france', 'point écarté : il tombe hors de France'
    FROM int_points_outside
    UNION ALL
    SELECT 'rna', coalesce(id, ''), 'bad_rna', 'numéro RNA attendu : W et neuf caractères'
    FROM raw_rna WHERE id IS NULL OR NOT regexp_full_match(upper(trim(id)), 'W[0-9][0-9A-Z][0-9]{7}')
    UNION ALL
    SELECT 'rna', rna, 'duplicate_rna', 'numéro répété : la ligne mise à jour en dernier est gardée'
    FROM stg_rna_repeated, range(lines - 1)
    UNION ALL
    SELECT 'rna', rna, 'bad_date', concat_ws(' ', 'date illisible ou hors du raisonnable :', raw_created, raw_declared)
    FROM stg_rna
    WHERE (created_on IS NULL AND coalesce(raw_created, '') NOT IN ('', '0001-01-01', '1900-01-01'))
        OR (declared_on IS NULL AND coalesce(raw_declared, '') NOT IN ('', '0001-01-01', '1900-01-01'))
    UNION ALL
    SELECT 'rna', r.rna, 'unknown_commune', concat_ws(' ', 'commune introuvable :', r.raw_commune, r.postal_code, r.commune_label)
    FROM stg_rna r LEFT JOIN former_codes f ON f.code = r.raw_commune
    LEFT JOIN int_resolved p ON p.postal_code IS NOT DISTINCT FROM r.postal_code AND p.commune_label = r.commune_label
    WHERE coalesce(f.current, p.code) IS NULL AND r.active
    UNION ALL
    SELECT 'rna', rna, 'ambiguous_match', 'numéro RNA et SIREN ' || siren || ' : rapprochement ambigu, laissés séparés'
    FROM int_matches WHERE NOT sure
    UNION ALL
    SELECT 'ess_france_list', coalesce(SIREN, ''), 'bad_siren', 'SIREN de un à neuf chiffres attendu'
    FROM raw_ess_france_list WHERE SIREN IS NULL OR NOT regexp_full_match(trim(SIREN), '[0-9]{1,9}')
    UNION ALL
    SELECT 'ess_france_list', l.siren, 'not_in_sirene', 'SIREN de la liste absent du stock SIRENE'
    FROM stg_ess_list l LEFT JOIN stg_units u USING (siren) WHERE u.siren IS NULL
    UNION ALL
    SELECT 'approvals', coalesce(siren, ''), 'bad_siren', 'SIREN de un à neuf chiffres attendu'
    FROM raw_approvals WHERE siren IS NULL OR NOT regexp_full_match(trim(siren), '[0-9]{1,9}')
    UNION ALL
    SELECT 'approvals', siren, 'expired', concat_ws(' ', 'agrément expiré :', approval, raw_expires)
    FROM stg_approvals_read WHERE expires_on < getvariable('vintage')
    UNION ALL
    SELECT 'approvals', siren, 'bad_date', concat_ws(' ', 'fin d’agrément illisible, agrément écarté :', approval, raw_expires)
    FROM stg_approvals_read WHERE expires_on IS NULL AND raw_expires IS NOT NULL
    UNION ALL
    SELECT 'approvals', siren, 'bad_date', concat_ws(' ', 'date d’agrément illisible ou hors du raisonnable :', approval, raw_granted)
    FROM stg_approvals_read WHERE granted_on IS NULL AND raw_granted IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'approvals', a.siren, 'not_in_sirene', 'SIREN agréé absent du stock SIRENE'
    FROM stg_approvals a LEFT JOIN stg_units u USING (siren) WHERE u.siren IS NULL
    UNION ALL
    SELECT DISTINCT 'declared', coalesce(d.siren, d.rna, ''), 'not_in_registers', 'numéro déclaré absent de SIRENE et du RNA'
    FROM stg_declared d LEFT JOIN stg_units u ON u.siren = d.siren LEFT JOIN stg_rna r ON r.rna = d.rna
    WHERE u.siren IS NULL AND r.rna IS NULL
    UNION ALL
    SELECT 'declared', coalesce(trim(key), ''), 'bad_key', 'SIREN, SIRET ou numéro RNA attendu'
    FROM raw_declared WHERE register_key(key) IS NULL
    UNION ALL
    SELECT 'places', coalesce(trim(key), ''), 'bad_key', 'SIREN, SIRET ou numéro RNA attendu'
    FROM raw_places WHERE register_key(key) IS NULL
    UNION ALL
    SELECT 'places', p.key, CASE WHEN r.rna IS NULL THEN 'not_in_registers' ELSE 'no_address' END,
        CASE WHEN r.rna IS NULL THEN 'numéro d’aucune structure lue : aucune adresse à montrer'
            ELSE 'association sans établissement sûr dans SIRENE : aucune adresse à montrer' END
    FROM stg_places p LEFT JOIN known_places k ON k.key = p.key LEFT JOIN stg_rna r ON r.rna = p.key
    WHERE k.key IS NULL
    UNION ALL
    SELECT source, row, reason, detail FROM table_rejects
    UNION ALL
    SELECT source, CAST(line AS VARCHAR), 'unreadable_line', message FROM unreadable_lines
)
SELECT source, row, reason, detail FROM found;

-- What no later model reads makes room.
DROP TABLE stg_establishments;
DROP TABLE int_places;
DROP TABLE int_points;
DROP TABLE int_shown;
