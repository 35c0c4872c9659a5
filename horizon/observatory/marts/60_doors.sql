CREATE OR REPLACE TABLE doors (org_id VARCHAR, rank INTEGER, door VARCHAR, confidence DECIMAL(3,2), reason VARCHAR);
CREATE OR REPLACE TABLE poles (org_id VARCHAR, rank INTEGER, pole VARCHAR, confidence DECIMAL(3,2), reason VARCHAR);
