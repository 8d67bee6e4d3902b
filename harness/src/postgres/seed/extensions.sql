-- Read by `postgres --single -j`: a statement ends with a semicolon and an empty line.
-- The allow-list of a flexible server, `azure.extensions`. A session could say what it likes of a setting
-- with a dot in its name, so what counts is what the server's own files say. Where they say nothing, as
-- on a single server, there is no list.

CREATE FUNCTION pg_catalog.azure_extension_allow_list() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    listed text;
    allowed text[];
    wanted text[];
    refused text;
BEGIN
    IF session_user = 'azuresu' THEN
        RETURN;
    END IF;
    SELECT lower(setting) INTO listed FROM pg_file_settings
    WHERE name = 'azure.extensions' ORDER BY seqno DESC LIMIT 1;
    IF listed IS NULL THEN
        RETURN;
    END IF;
    -- What is there from the beginning needs no entry.
    allowed := regexp_split_to_array(btrim(listed), '\s*,\s*') || 'plpgsql'::text;
    IF tg_event = 'ddl_command_start' THEN
        -- Nothing but the text says yet which extension it is about. What the text does not say (in a
        -- function, say) is found out at the end.
        SELECT array_agg(CASE WHEN found.name LIKE '"%'
                         THEN replace(substr(found.name, 2, length(found.name) - 2), '""', '"')
                         ELSE lower(found.name) END)
        INTO wanted
        FROM (SELECT (regexp_matches(current_query(),
            '\m(?:create\s+extension(?:\s+if\s+not\s+exists)?|drop\s+extension(?:\s+if\s+exists)?)\s+("(?:[^"]|"")+"|[^\s;,"]+)',
            'gi'))[1]) AS found (name);
        -- Where several are named, one that may be is not held up by the others.
        IF wanted && allowed OR wanted IS NULL THEN
            refused := NULL;
        ELSE
            refused := wanted[1];
        END IF;
    ELSE
        -- What came to be in this transaction, with what it drew in.
        SELECT extname INTO refused FROM pg_extension
        WHERE pg_xact_status(xmin::text::xid8) = 'in progress' AND NOT extname = ANY (allowed)
        ORDER BY oid LIMIT 1;
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'extension "%" is not allow-listed for "azure_pg_admin" users in Azure Database for PostgreSQL', refused
        USING ERRCODE = 'feature_not_supported',
              HINT = 'to see the full allow list of extensions, please run: "show azure.extensions;"';
    END IF;
    -- What is not trusted is made by a superuser's session, or not at all: by a customer's it would lead
    -- into the machine.
    SELECT own.name INTO refused
    FROM pg_available_extensions AS own
    JOIN pg_available_extension_versions AS version
        ON version.name = own.name AND version.version = own.default_version
    WHERE own.name = ANY (wanted) AND tg_tag = 'CREATE EXTENSION' AND own.installed_version IS NULL
      AND version.superuser AND NOT version.trusted
    LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'azdrill does not create the extension "%"', refused
        USING ERRCODE = 'insufficient_privilege',
              DETAIL = 'PostgreSQL does not trust it, and leaves it to superusers. Azure would create it.';
    END IF;
END
$$;

CREATE EVENT TRIGGER azure_extensions_before ON ddl_command_start
WHEN TAG IN ('CREATE EXTENSION', 'DROP EXTENSION')
EXECUTE FUNCTION pg_catalog.azure_extension_allow_list();

CREATE EVENT TRIGGER azure_extensions_after ON ddl_command_end
WHEN TAG IN ('CREATE EXTENSION')
EXECUTE FUNCTION pg_catalog.azure_extension_allow_list();

-- A dump leaves out what belongs to an extension every database begins with.
ALTER EXTENSION plpgsql ADD FUNCTION pg_catalog.azure_extension_allow_list();

ALTER EXTENSION plpgsql ADD EVENT TRIGGER azure_extensions_before;

ALTER EXTENSION plpgsql ADD EVENT TRIGGER azure_extensions_after;

