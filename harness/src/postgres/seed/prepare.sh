set -eu
data=$1

# Never stays half done behind a name that looks whole: whoever runs this moves the folder to its
# place afterwards.
initdb --pgdata="$data" --username=azuresu --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C --wal-segsize=4 --no-sync >/dev/null

# Objects made by a stand-alone server get numbers from the range of the built-in ones, which
# pg_dump leaves out. A later number makes them ordinary.
pg_resetwal --next-oid=20000 "$data" >/dev/null

seed() {
    postgres --single -j -F -D "$data" -c exit_on_error=on "$1" >/dev/null
}

finish() {
    # Forgets the log of all this: what is left is smaller, and a copy of it cheaper.
    pg_resetwal "$data" >/dev/null
    cat >>"$data/postgresql.conf"
    printf '%s\n' 'local all azuresu trust' 'local all all scram-sha-256' \
        'host all all all scram-sha-256' >"$data/pg_hba.conf"
}

