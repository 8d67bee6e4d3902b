-- Read by `postgres --single -j`: a statement ends with a semicolon and an empty line.
-- The availability probe's extension, which exists on Azure only; see postgres.sql.

SET allow_system_table_mods = on;

INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), 'pg_availability', 10,
        'pg_catalog'::regnamespace, false, '1.0');

CREATE TABLE public.heartbeat (
    probe text PRIMARY KEY,
    beats bigint NOT NULL
);

ALTER TABLE public.heartbeat OWNER TO azuresu;

INSERT INTO public.heartbeat VALUES ('availability', 1);

