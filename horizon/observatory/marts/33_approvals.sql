-- Which approval gives the reason, and until when: what the list says of each structure that the marts have.
CREATE OR REPLACE TABLE approvals AS
SELECT a.siren, a.approval, a.granted_on, a.expires_on, a.issuer
FROM stg_approvals a
JOIN (SELECT siren FROM organizations WHERE siren IS NOT NULL) o ON o.siren = a.siren;
