-- Read by `postgres --single -j`: a statement ends with a semicolon and an empty line.
-- What the query store keeps. Everything belongs to `azuresu`, so a restore by anybody else fails
-- at the owner.

CREATE SCHEMA query_store AUTHORIZATION azuresu;

CREATE TABLE query_store.query_texts (
    query_id bigint PRIMARY KEY,
    query_sql_text text NOT NULL
);

CREATE TABLE query_store.runtime_stats (
    query_id bigint NOT NULL REFERENCES query_store.query_texts,
    calls bigint NOT NULL,
    total_time double precision NOT NULL
);

INSERT INTO query_store.query_texts VALUES (1, 'SELECT 1');

INSERT INTO query_store.runtime_stats VALUES (1, 1, 0.1);

CREATE VIEW query_store.qs_view AS
SELECT query_id, query_sql_text, calls, total_time
FROM query_store.query_texts JOIN query_store.runtime_stats USING (query_id);

GRANT USAGE ON SCHEMA query_store TO PUBLIC;

GRANT SELECT ON query_store.qs_view TO PUBLIC;

