-- How a cell is read: the mask [ND] and blanks are unknown; unknown staff stays unknown; a date outside reason is none.
-- Most cells are clean: the expressions that cost are kept for those that are not.
CREATE OR REPLACE MACRO clean_text(x) AS
    CASE
        WHEN contains(x, '  ') OR contains(x, chr(9)) OR contains(x, chr(10)) OR contains(x, chr(13)) OR contains(x, '[ND]')
            THEN nullif(trim(regexp_replace(replace(x, '[ND]', ''), '\s+', ' ', 'g')), '')
        WHEN x BETWEEN '!' AND '~' AND regexp_matches(x, '[!-~]$') THEN x
        ELSE nullif(trim(x), '')
    END;
CREATE OR REPLACE MACRO clean_code(x) AS nullif(nullif(nullif(trim(x), ''), '[ND]'), '000000');
-- A number of the registers as people and their tools write it: a SIREN or a SIRET read as an integer gets its zeros back.
CREATE OR REPLACE MACRO register_key(x) AS
    CASE
        WHEN regexp_full_match(trim(x), '[0-9]{1,9}') THEN lpad(trim(x), 9, '0')
        WHEN regexp_full_match(trim(x), '[0-9]{11,14}') THEN lpad(trim(x), 14, '0')
        WHEN regexp_full_match(upper(trim(x)), 'W[0-9][0-9A-Z][0-9]{7}') THEN upper(trim(x))
    END;
CREATE OR REPLACE MACRO clean_band(x) AS
    CASE WHEN x = 'NN' OR x = '' THEN NULL WHEN regexp_full_match(x, '[0-9]{2}') THEN x WHEN regexp_full_match(x, '[0-9]') THEN '0' || x END;
-- What the register says of employing wins over its band, which is two or three years old.
CREATE OR REPLACE MACRO employer_flag(flag, band) AS
    CASE WHEN flag = 'O' THEN true WHEN flag = 'N' THEN false WHEN clean_band(band) > '00' THEN true END;
CREATE OR REPLACE MACRO sound_date(day) AS
    CASE WHEN day BETWEEN DATE '1500-01-01' AND getvariable('vintage') + INTERVAL 1 YEAR AND day <> DATE '1900-01-01' THEN day END;
CREATE OR REPLACE MACRO clean_date(x) AS sound_date(TRY_CAST(left(x, 10) AS DATE));
-- Lists are typed by people: 31/12/2019 as well as 2019-12-31. Not read as sound: an approval may end in ten years.
CREATE OR REPLACE MACRO list_date(x) AS
    CASE
        WHEN regexp_full_match(trim(x), '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}( .*)?')
            THEN CAST(try_strptime(regexp_extract(trim(x), '^[^ ]+'), ['%d/%m/%Y', '%d-%m-%Y', '%d.%m.%Y']) AS DATE)
        WHEN TRY_CAST(left(trim(x), 10) AS DATE) >= DATE '1900-01-01' THEN TRY_CAST(left(trim(x), 10) AS DATE)
    END;
CREATE OR REPLACE MACRO clean_website(x) AS
    CASE
        WHEN x IS NULL OR x = '' THEN NULL
        WHEN regexp_full_match(lower(trim(x)), 'https?://[^\s<>"'']+\.[^\s<>"'']+') THEN trim(x)
        WHEN regexp_full_match(lower(trim(x)), '[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(/[^\s<>"'']*)?') THEN 'https://' || trim(x)
    END;
CREATE OR REPLACE MACRO same_name(a, b) AS
    CASE WHEN a = b OR lower(strip_accents(a)) = lower(strip_accents(b)) THEN true
        ELSE regexp_replace(lower(strip_accents(a)), '[^0-9a-z]+', '', 'g') = regexp_replace(lower(strip_accents(b)), '[^0-9a-z]+', '', 'g')
    END;
CREATE OR REPLACE MACRO fold_text(x) AS
    trim(regexp_replace(replace(lower(strip_accents(x)), 'œ', 'oe'), '[^0-9a-z]+', ' ', 'g'));
-- coalesce hides the equality from the planner, which would expect one row of a slice and build joins on their large side.
CREATE OR REPLACE MACRO in_slice(key) AS coalesce(hash(key) % getvariable('slices') = getvariable('slice'), false);
