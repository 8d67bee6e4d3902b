-- Read by `postgres --single -j`: a statement ends with a semicolon and an empty line.
-- Azure's own roles. `azuresu`, the superuser that owns the rest, is the one initdb made.

CREATE ROLE azure_pg_admin NOLOGIN;

CREATE ROLE replication LOGIN REPLICATION;

-- The predefined roles Azure hands its administrators, as far as this version has them. Nobody but
-- a superuser can grant them again, which is one of the errors a restore of the roles meets.
DO $$
DECLARE
    predefined name;
BEGIN
    FOR predefined IN
        SELECT rolname FROM pg_roles
        WHERE rolname IN ('pg_checkpoint', 'pg_monitor', 'pg_read_all_settings',
                          'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_use_reserved_connections')
        ORDER BY rolname
    LOOP
        EXECUTE format('GRANT %I TO azure_pg_admin WITH ADMIN OPTION', predefined);
    END LOOP;
    -- A subscription dials whatever host it names, from this machine, as soon as it is made. From
    -- version 16 on Azure's administrators may make them; here they are members of the role and have
    -- none of its privileges. Before, only superusers may.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_create_subscription') THEN
        EXECUTE 'GRANT pg_create_subscription TO azure_pg_admin WITH ADMIN FALSE, INHERIT FALSE, SET FALSE';
    END IF;
END
$$;

-- Up to version 15 whoever has CREATEROLE, as an administrator has, may give itself any role that is
-- no superuser, and so the ones that read and write the server's files and start programs: as the
-- user who started the server, which is somebody on this machine. Azure's administrators cannot.
-- A role that is a superuser is given by superusers only, in every version; nobody is a member of
-- these, and nobody can sign in as one.
SET allow_system_table_mods = on;

UPDATE pg_authid SET rolsuper = true
WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files');

RESET allow_system_table_mods;
