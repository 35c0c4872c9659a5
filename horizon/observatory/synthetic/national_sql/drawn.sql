-- One row per legal unit: every draw of the unit, read from slices of hashes of its number and of the seed.
-- `draw` cuts a 64-bit hash into four numbers from 0 to 65,535, so that few hashes serve many columns.
CREATE OR REPLACE MACRO draw(hashed, slice) AS CAST((hashed >> (16 * slice)) & 65535 AS INTEGER);
CREATE OR REPLACE MACRO pick(words, drawn) AS words[1 + drawn % len(words)];
-- Contribution of a digit pair to the Luhn sum; the doubled digit is the second, or the first.
CREATE OR REPLACE MACRO twice(digit) AS 2 * digit - 9 * CAST(digit > 4 AS INTEGER);
CREATE OR REPLACE MACRO pair_second(pair) AS pair // 10 + twice(pair % 10);
CREATE OR REPLACE MACRO pair_first(pair) AS twice(pair // 10) + pair % 10;
CREATE OR REPLACE MACRO check_siren(n) AS (10 - (
    pair_second(n // 1000000) + pair_second(n // 10000 % 100) + pair_second(n // 100 % 100) + pair_second(n % 100)
) % 10) % 10;
-- SIRET: thirteen digits before the check digit, odd positions doubled. `n` is the nine-digit SIREN as a number.
CREATE OR REPLACE MACRO check_siret(n, rank) AS (10 - (
    pair_first(n // 10000000) + pair_first(n // 100000 % 100) + pair_first(n // 1000 % 100) + pair_first(n // 10 % 100)
    + twice(n % 10) + pair_second(rank // 100) + pair_second(rank % 100)
) % 10) % 10;

CREATE OR REPLACE VIEW hashed AS
SELECT i, getvariable('first_block') + i * getvariable('step') + hash(i, getvariable('seed'), 0) % getvariable('step') AS block,
    hash(i, getvariable('seed'), 1) AS h1, hash(i, getvariable('seed'), 2) AS h2,
    hash(i, getvariable('seed'), 3) AS h3, hash(i, getvariable('seed'), 4) AS h4
FROM ids;

CREATE OR REPLACE VIEW categorised AS
SELECT *,
    CASE WHEN draw(h1, 0) < 39322 THEN '1000' ELSE pick(getvariable('legal'), draw(h1, 1)) END AS legal
FROM hashed;

CREATE OR REPLACE VIEW drawn AS
SELECT *,
    CAST(block * 10 + check_siren(CAST(block AS BIGINT)) AS BIGINT) AS siren_number,
    legal = '1000' AS is_person,
    legal IN ('9220', '9221', '9222', '9223', '9230', '9260') AS is_association,
    legal IN ('5458', '5460', '5558', '6316', '6317', '8210', '8290', '9300') AS is_social_form,
    draw(h1, 2) < 32768 AS is_active,
    draw(h1, 3) < CASE
        WHEN legal = '1000' THEN 12500
        WHEN legal IN ('5499', '5710', '5599') THEN 58000
        WHEN legal IN ('6540', '9110', '6599') THEN 300
        WHEN legal[1:2] = '92' THEN 8500
        ELSE 36000 END AS has_band,
    getvariable('day_zero') + CAST(20300 - 20250 * (draw(h2, 0) / 65536.0) * (draw(h2, 0) / 65536.0) AS INTEGER) AS created,
    draw(h2, 1) / 65536.0 AS lived,
    draw(h2, 2) AS naf_draw,
    CASE WHEN legal = '1000' THEN draw(h2, 3) < 7864 ELSE draw(h2, 3) < 400 END AS is_partial,
    CAST((h3 >> 16) % getvariable('slots') AS INTEGER) AS slot,
    CASE
        WHEN draw(h3, 0) < 46530 THEN 1 WHEN draw(h3, 0) < 58654 THEN 2 WHEN draw(h3, 0) < 62914 THEN 3
        WHEN draw(h3, 0) < 64552 THEN 4 WHEN draw(h3, 0) < 65208 THEN 5 ELSE 12 END AS sites
FROM categorised;

CREATE OR REPLACE VIEW units AS
SELECT *,
    lpad(CAST(siren_number AS VARCHAR), 9, '0') AS siren,
    CASE WHEN sites < 5 THEN sites ELSE 1 END AS seat_rank,
    CASE WHEN is_active AND has_band THEN pick(getvariable('bands'), draw(h4, 0)) ELSE 'NN' END AS band,
    CASE WHEN NOT is_active
        THEN created + CAST((getvariable('last_day') - created) * lived AS INTEGER) END AS closed,
    CASE
        WHEN legal IN ('6540', '9110') THEN '68.20B'
        WHEN is_person THEN pick(getvariable('naf_person'), naf_draw)
        WHEN is_association THEN pick(getvariable('naf_association'), naf_draw)
        ELSE pick(getvariable('naf_company'), naf_draw) END AS naf,
    CASE
        WHEN legal IN ('6540', '9110') THEN '68.20H'
        WHEN is_person THEN pick(getvariable('naf25_person'), naf_draw)
        WHEN is_association THEN pick(getvariable('naf25_association'), naf_draw)
        ELSE pick(getvariable('naf25_company'), naf_draw) END AS naf25,
    draw(h4, 1) < CASE WHEN is_association THEN 9500 WHEN is_social_form THEN 46000
        WHEN legal IN ('5499', '5710') THEN 720 ELSE 0 END AS is_flagged,
    draw(h4, 2) AS listing,
    is_association AND draw(h4, 3) < 45220 AS has_rna,
    CASE WHEN is_person OR is_partial AND draw(h4, 3) < 20000 THEN NULL
        WHEN is_association THEN pick(getvariable('asso_first'), draw(h4, 1)) || ' ' || pick(getvariable('second'), draw(h4, 2))
            || ' ' || pick(getvariable('places'), draw(h4, 3))
        ELSE pick(getvariable('company_first'), draw(h4, 1)) || ' ' || pick(getvariable('second'), draw(h4, 2))
            || pick(getvariable('third'), draw(h4, 3)) END AS name
FROM drawn;
