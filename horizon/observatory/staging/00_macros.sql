-- How a cell is read: the mask [ND] and blanks are unknown; unknown staff stays unknown; a date outside reason is none.
CREATE OR REPLACE MACRO clean_text(x) AS
    nullif(CASE WHEN x = '[ND]' OR x IS NULL THEN '' ELSE trim(regexp_replace(replace(x, '[ND]', ''), '\s+', ' ', 'g')) END, '');
CREATE OR REPLACE MACRO clean_code(x) AS nullif(nullif(nullif(trim(x), ''), '[ND]'), '000000');
CREATE OR REPLACE MACRO clean_band(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{2}') THEN x WHEN regexp_full_match(x, '[0-9]') THEN '0' || x END;
CREATE OR REPLACE MACRO employer_flag(flag, band) AS
    CASE WHEN flag = 'O' THEN true WHEN clean_band(band) > '00' THEN true WHEN flag = 'N' THEN false END;
CREATE OR REPLACE MACRO clean_date(x) AS
    CASE WHEN TRY_CAST(left(x, 10) AS DATE) BETWEEN DATE '1500-01-01' AND getvariable('vintage') + INTERVAL 1 YEAR
        AND left(x, 10) NOT IN ('1900-01-01', '0001-01-01') THEN TRY_CAST(left(x, 10) AS DATE) END;
CREATE OR REPLACE MACRO clean_website(x) AS
    CASE
        WHEN regexp_full_match(lower(trim(x)), 'https?://[^\s<>"'']+\.[^\s<>"'']+') THEN trim(x)
        WHEN regexp_full_match(lower(trim(x)), '[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(/[^\s<>"'']*)?') THEN 'https://' || trim(x)
    END;
CREATE OR REPLACE MACRO same_name(a, b) AS
    regexp_replace(lower(strip_accents(a)), '[^0-9a-z]+', '', 'g') = regexp_replace(lower(strip_accents(b)), '[^0-9a-z]+', '', 'g');
