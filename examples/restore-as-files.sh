#!/usr/bin/env bash
# Restores the latest backup of an Azure Database for PostgreSQL flexible server as files, loads one
# database from them into a server, and counts its rows.
#
# Needs: az (signed in, or AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and AZURE_TENANT_ID set), psql and
# pg_restore no older than the server that was backed up. No extension of az: the Backup service is
# asked through `az rest` and `az resource invoke-action`.
#
# Whoever is signed in needs Backup Operator on the vault, and Storage Blob Data Reader on the
# container; without that role the account's key is taken, by whoever may list it. The vault's identity
# needs Storage Blob Data Contributor on the container, and a way into the account over the network.
#
#   examples/restore-as-files.sh --vault ID --instance NAME --container URL \
#       --database NAME --server HOST --user NAME [--into NAME] [--prefix TEXT]
#
# The password is taken from PGPASSWORD. Inside `azdrill run --world …` the AZDRILL_* variables stand
# for every argument, so that none has to be given; nothing else here knows about azdrill.
set -euo pipefail

readonly api=2024-04-01
readonly poll_seconds=${POLL_SECONDS:-10}
# How often what passes by itself is tried, and how long the restore may take.
readonly tries=${TRIES:-5}
readonly patience_seconds=${PATIENCE_SECONDS:-14400}

vault=${AZDRILL_VAULT_ID:-}
instance=${AZDRILL_INSTANCE:-}
container=${AZDRILL_CONTAINER_URL:-}
database=${AZDRILL_DATABASE:-}
server=${AZDRILL_SERVER_HOST:-}
user=${AZDRILL_SERVER_ADMIN:-}
into=
prefix=restore-$(date -u +%Y%m%d%H%M%S)

while (($# > 0)); do
    case $1 in
        --vault) vault=$2 ;;
        --instance) instance=$2 ;;
        --container) container=${2%/} ;;
        --database) database=$2 ;;
        --server) server=$2 ;;
        --user) user=$2 ;;
        --into) into=$2 ;;
        --prefix) prefix=$2 ;;
        *)
            sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
            exit 2
            ;;
    esac
    shift 2
done
into=${into:-${database}_restored}
export PGPASSWORD=${PGPASSWORD:-${AZDRILL_SERVER_PASSWORD:-}}
export PGSSLMODE=${PGSSLMODE:-require}
for name in vault instance container database server user PGPASSWORD; do
    if [[ -z ${!name} ]]; then
        echo "nothing says what the $name is; --help tells how" >&2
        exit 2
    fi
done

work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT

say() { echo "== $*"; }

# Says what was refused, with code and message, and ends.
refused() {
    echo "REFUSED: $1" >&2
    # az prints `ERROR: (Code) message`, then both again.
    grep -vE '^(WARNING.*|Code:.*|Message:.*|)$' "$work/stderr" >&2
    exit 1
}

# Whether what failed passes by itself: throttling, a busy service or server, a connection that broke.
passes() {
    grep -qiE '\b(429|500|502|503|504)\b|too ?many ?requests|server ?busy|unavailable|internal ?server ?error|'\
'gateway|connection|timed? ?out|incomplete|too many clients|terminating|starting up|recovery mode' "$work/stderr"
}

# Waits, longer each time; ends if that was the last try, or if what failed does not pass.
again() {
    local what=$1 try=$2
    ((try < tries)) && passes || refused "$what"
    sleep $((try * 2))
}

# call WHAT AZ-ARGUMENTS…: runs az and prints its answer. For what may be asked as often as one likes.
call() {
    local what=$1 try answer
    shift
    for ((try = 1; ; try++)); do
        if answer=$(az "$@" 2>"$work/stderr"); then
            [[ -z $answer ]] || printf '%s\n' "$answer"
            return
        fi
        again "$what" "$try"
    done
}

if ! az account show --output none 2>/dev/null; then
    call "signing in" login --output none --service-principal --tenant "${AZURE_TENANT_ID:?not signed in}" \
        --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET"
fi

say "looking for the latest recovery point of $instance"
point=$(call "listing recovery points" rest --method get \
    --url "$vault/backupInstances/$instance/recoveryPoints?api-version=$api" \
    --query 'sort_by(value, &properties.recoveryPointTime)[-1].[name, properties.recoveryPointTime]' \
    --output tsv | tr '\n' '\t')
IFS=$'\t' read -r point time _ <<<"$point"
if [[ -z $point || $point == None ]]; then
    echo "REFUSED: $instance has no recovery point yet" >&2
    exit 1
fi
echo "   $point of $time"

location=$(call "looking at the vault" resource show --ids "$vault" --api-version "$api" --query location --output tsv)
cat >"$work/restore.json" <<JSON
{
  "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
  "recoveryPointId": "$point",
  "sourceDataStoreType": "VaultStore",
  "restoreTargetInfo": {
    "objectType": "RestoreFilesTargetInfo",
    "recoveryOption": "FailIfExists",
    "restoreLocation": "$location",
    "targetDetails": {
      "filePrefix": "$prefix",
      "restoreTargetLocationType": "AzureBlobs",
      "url": "$container"
    }
  }
}
JSON
printf '{"restoreRequestObject": %s}' "$(cat "$work/restore.json")" >"$work/validate.json"

say "validating the restore into $container"
# It waits for the validation to end, and fails with it.
call "the validation" resource invoke-action --action validateRestore --api-version "$api" \
    --ids "$vault/backupInstances/$instance" --request-body "@$work/validate.json" --output none

# The restores of this instance, the newest last.
restores() {
    call "listing jobs" rest --method get --url "$vault/backupJobs?api-version=$api" --query "sort_by(value[?
        properties.operationCategory == 'Restore' && ends_with(properties.backupInstanceId, '/$instance')
        ], &properties.startTime)[].name" --output tsv
}

say "restoring"
restores >"$work/before"
job=
for ((try = 1; try <= tries; try++)); do
    accepted=yes
    az resource invoke-action --action restore --api-version "$api" --ids "$vault/backupInstances/$instance" \
        --request-body "@$work/restore.json" --output none 2>"$work/stderr" || accepted=no
    if [[ $accepted == no ]]; then
        passes || refused "the restore"
        echo "   it was not answered, and may have begun all the same"
        sleep "$poll_seconds"
    fi
    # The answer that names the job is not printed, or was lost: it is the one that was not there before.
    restores >"$work/after"
    job=$(grep -vxFf "$work/before" "$work/after" | tail -n 1 || true)
    [[ -n $job ]] && break
    [[ $accepted == no ]] || sleep "$poll_seconds"
done
if [[ -z $job ]]; then
    echo "GAVE UP: no job came of the restore after $tries tries" >&2
    cat "$work/stderr" >&2
    exit 1
fi

say "waiting for job $job"
status=InProgress
deadline=$((SECONDS + patience_seconds))
while [[ $status == InProgress ]]; do
    if ((SECONDS > deadline)); then
        echo "GAVE UP: job $job did not end within $patience_seconds s, and is $status still" >&2
        exit 1
    fi
    sleep "$poll_seconds"
    status=$(call "looking at the job" rest --method get --url "$vault/backupJobs/$job?api-version=$api" \
        --query properties.status --output tsv)
done
echo "   $status"
if [[ $status != Completed ]]; then
    call "looking at the job" rest --method get --url "$vault/backupJobs/$job?api-version=$api" \
        --query 'properties.errorDetails[].join(`: `, [code, message])' --output tsv |
        sed 's/^/REFUSED: /' >&2
    exit 1
fi

account=${container#https://}
account=${account%%.*}
say "downloading from $account"
mode=login
if ! az storage blob exists --auth-mode login --account-name "$account" --container-name "${container##*/}" \
    --name "${prefix}_database_$database.sql" --output none 2>"$work/stderr"; then
    grep -q 'required permissions' "$work/stderr" || refused "looking at the files"
    echo "   no role for the data: with the account's key"
    mode=key
fi
call "listing the files" storage blob list --auth-mode $mode --account-name "$account" \
    --container-name "${container##*/}" --prefix "$prefix" --query '[].[name, properties.contentLength]' \
    --output tsv | sed 's/^/   /'
call "downloading" storage blob download-batch --auth-mode $mode --account-name "$account" \
    --source "${container##*/}" --pattern "$prefix*" --destination "$work" --no-progress --output none

say "loading $database as $into on $server"
connection="host=$server user=$user"
# The files are called .sql; that of a database is a dump in pg_dump's custom format.
dump=$work/${prefix}_database_$database.sql
on_server() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$connection dbname=postgres" --command "$1" 2>"$work/stderr"
}
for ((try = 1; ; try++)); do
    # Whatever has this name already is somebody's, and is not touched.
    until on_server "CREATE DATABASE \"$into\""; do
        again "creating $into" "$try"
        try=$((try + 1))
    done
    if pg_restore --no-owner --no-privileges --exit-on-error --dbname "$connection dbname=$into" "$dump" \
        2>"$work/stderr"; then
        break
    fi
    # Half of a database is none: it is ours, and goes.
    cp "$work/stderr" "$work/why"
    sleep "$try"
    on_server "DROP DATABASE IF EXISTS \"$into\" WITH (FORCE)" ||
        echo "   $into could not be dropped, and is not whole" >&2
    cp "$work/why" "$work/stderr"
    again "loading the dump" "$try"
done

say "rows in $into"
psql --no-psqlrc --quiet --tuples-only --no-align --field-separator ' ' "$connection dbname=$into" <<'SQL'
SELECT format('SELECT %L, count(*) FROM %s', relation.oid::regclass, relation.oid::regclass)
FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
WHERE relation.relkind IN ('r', 'p') AND schema.nspname NOT LIKE 'pg\_%' AND schema.nspname <> 'information_schema'
ORDER BY relation.oid::regclass::text
\gexec
SQL
