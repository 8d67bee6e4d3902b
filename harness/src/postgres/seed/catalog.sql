-- Read by `postgres --single -j`: a statement ends with a semicolon and an empty line.
-- Privileges that Azure has given away in the catalogue, as dumps of its servers show them (of version
-- 17; of the others they are taken to be the same). Every dump holds them, and whoever restores one
-- as an administrator is warned once for each.

DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT oid::regprocedure AS function FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
          AND proname IN ('pg_replication_origin_advance', 'pg_replication_origin_create',
                          'pg_replication_origin_drop', 'pg_replication_origin_oid',
                          'pg_replication_origin_progress', 'pg_replication_origin_session_is_setup',
                          'pg_replication_origin_session_progress', 'pg_replication_origin_session_reset',
                          'pg_replication_origin_session_setup', 'pg_replication_origin_xact_reset',
                          'pg_replication_origin_xact_setup', 'pg_show_replication_origin_status',
                          'pg_stat_reset', 'pg_stat_reset_shared', 'pg_stat_reset_single_function_counters',
                          'pg_stat_reset_single_table_counters')
        ORDER BY 1
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO azure_pg_admin', given.function);
    END LOOP;
    FOR given IN
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
          AND (c.relname IN ('pg_config', 'pg_replication_origin_status', 'pg_shmem_allocations', 'pg_statistic')
               OR c.relname = 'pg_hba_file_rules' AND a.attname NOT IN ('rule_number', 'file_name')
               OR c.relname = 'pg_subscription'
                  AND a.attname IN ('oid', 'subdbid', 'subname', 'subowner', 'subenabled', 'subconninfo',
                                    'subslotname', 'subsynccommit', 'subpublications'))
        ORDER BY c.relname, a.attnum
    LOOP
        EXECUTE format('GRANT SELECT (%I) ON pg_catalog.%I TO azure_pg_admin', given.attname, given.relname);
    END LOOP;
END
$$;

