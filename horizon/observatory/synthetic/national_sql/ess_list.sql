-- The ESS France list: SIREN written as integers, so that leading zeros are lost.
SELECT siren_number AS "SIREN" FROM units
WHERE is_flagged AND listing < 40000 OR NOT is_flagged AND (is_association OR is_social_form) AND listing < 500
