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

# call WHAT AZ-ARGUMENTS…: runs az and prints its answer.
call() {
    local what=$1
    shift
    az "$@" 2>"$work/stderr" || refused "$what"
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

say "restoring"
call "the restore" resource invoke-action --action restore --api-version "$api" \
    --ids "$vault/backupInstances/$instance" --request-body "@$work/restore.json" --output none
# The answer that names the job is not printed: it is the newest restore of this instance.
job=$(call "listing jobs" rest --method get --url "$vault/backupJobs?api-version=$api" --query "sort_by(value[?
    properties.operationCategory == 'Restore' && ends_with(properties.backupInstanceId, '/$instance')
    ], &properties.startTime)[-1].name" --output tsv)

say "waiting for job $job"
status=InProgress
while [[ $status == InProgress ]]; do
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
psql --no-psqlrc --quiet "$connection dbname=postgres" --command "CREATE DATABASE \"$into\""
pg_restore --no-owner --no-privileges --exit-on-error --dbname "$connection dbname=$into" \
    "$work/${prefix}_database_$database.sql"

say "rows in $into"
psql --no-psqlrc --quiet --tuples-only --no-align --field-separator ' ' "$connection dbname=$into" <<'SQL'
SELECT format('SELECT %L, count(*) FROM %s', relation.oid::regclass, relation.oid::regclass)
FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
WHERE relation.relkind IN ('r', 'p') AND schema.nspname NOT LIKE 'pg\_%' AND schema.nspname <> 'information_schema'
ORDER BY relation.oid::regclass::text
\gexec
SQL
