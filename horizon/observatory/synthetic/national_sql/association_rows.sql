-- The associations of the RNA, few columns, sorted: those known to SIRENE that quote their RNA number, then those the
-- RNA alone knows. A table, because a union read in parallel has no order of its own.
CREATE OR REPLACE TABLE association_rows AS
WITH known AS (
    SELECT i, siren_number, slot, h4, created, closed, name, seat_rank,
        lpad(CAST(1000000 + i % 9000000 AS VARCHAR), 7, '0') AS number,
        CASE WHEN draw(h4, 0) < 39000 THEN siren || lpad(CAST(seat_rank AS VARCHAR), 4, '0') || CAST(check_siret(siren_number, seat_rank) AS VARCHAR) END AS siret
    FROM units WHERE has_rna
), alone_drawn AS (
    SELECT r AS i, hash(r, getvariable('seed'), 11) AS h4, hash(r, getvariable('seed'), 12) AS h2 FROM rna_ids
), alone AS (
    SELECT i, CAST(0 AS BIGINT) AS siren_number, CAST((h2 >> 16) % getvariable('slots') AS INTEGER) AS slot, h4,
        getvariable('day_zero') + CAST(20300 - 20250 * (draw(h2, 0) / 65536.0) * (draw(h2, 0) / 65536.0) AS INTEGER) AS created,
        CASE WHEN draw(h2, 1) < 9800 THEN getvariable('last_day') - draw(h2, 1) % 4000 END AS closed,
        pick(getvariable('asso_first'), draw(h4, 1)) || ' ' || pick(getvariable('second'), draw(h4, 2)) || ' ' || pick(getvariable('places'), draw(h4, 3)) AS name,
        1 AS seat_rank, lpad(CAST(i % 1000000 AS VARCHAR), 7, '0') AS number, CAST(NULL AS VARCHAR) AS siret
    FROM alone_drawn
)
SELECT * FROM known UNION ALL SELECT * FROM alone ORDER BY number, i
