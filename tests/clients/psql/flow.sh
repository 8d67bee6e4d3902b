#!/usr/bin/env bash
# What a person does with PostgreSQL's own programs, in the environment of `azdrill env`: sign in by the
# server's name with sslmode=verify-full, be kept out by the firewall, dump and restore.
set -euo pipefail

readonly arm=https://management.azure.com
readonly api=api-version=2024-08-01
readonly group=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/psql-$$
readonly name=psql-$$-$RANDOM
readonly server=$group/providers/Microsoft.DBforPostgreSQL/flexibleServers/$name
readonly host=$name.postgres.database.azure.com
export PGPASSWORD=Not-a-secret-1!
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

step() {
    echo "  ok  $1"
}

# it EXPRESSION: a Python expression over the JSON on standard input.
it() {
    python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

printf '%s' "$AZURE_CLIENT_SECRET" >"$scratch/secret"
curl --silent --fail "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
    --data-urlencode grant_type=client_credentials \
    --data-urlencode "client_id=$AZURE_CLIENT_ID" \
    --data-urlencode "client_secret@$scratch/secret" \
    --data-urlencode scope=https://management.azure.com/.default |
    it '"Authorization: Bearer " + it["access_token"]' >"$scratch/bearer"

# call METHOD PATH [BODY]: a call to Azure Resource Manager, whose answer is printed.
call() {
    local body=()
    if [[ -n ${3:-} ]]; then
        body=(--header 'Content-Type: application/json' --data "$3")
    fi
    curl --silent --show-error --fail --max-time 60 --request "$1" --header "@$scratch/bearer" \
        "${body[@]}" "$arm$2?$api" || fail "$1 $2"
}

# until_there PATH: waits for what a PUT began.
until_there() {
    local deadline=$((SECONDS + 60))
    until curl --silent --fail --output "$scratch/body" --header "@$scratch/bearer" "$arm$1?$api" &&
        [[ $(it 'it["properties"].get("state", "Ready")' <"$scratch/body") == Ready ]]; do
        ((SECONDS < deadline)) || fail "$1 is not there"
        sleep 0.1
    done
}

offered=$(call GET "/subscriptions/$AZURE_SUBSCRIPTION_ID/providers/Microsoft.DBforPostgreSQL/locations/westeurope/capabilities" |
    it '" ".join(own["name"] for own in it["value"][0]["supportedServerVersions"])')
# pg_dump reads no newer server than itself.
readonly own=$(pg_dump --version | sed 's/.*) \([0-9]*\).*/\1/')
version=
for major in $(tr ' ' '\n' <<<"$offered" | sort -n); do
    if ((major <= own)); then
        version=$major
    fi
done
[[ -n $version ]] || fail "pg_dump $own reads none of the versions $offered"

call PUT "$group" '{"location": "westeurope"}' >/dev/null
call PUT "$server" "{
    \"location\": \"westeurope\",
    \"sku\": {\"name\": \"Standard_B1ms\", \"tier\": \"Burstable\"},
    \"properties\": {
        \"administratorLogin\": \"drill\", \"administratorLoginPassword\": \"$PGPASSWORD\", \"version\": \"$version\",
        \"storage\": {\"storageSizeGB\": 32}, \"network\": {\"publicNetworkAccess\": \"Enabled\"}
    }
}" >/dev/null
until_there "$server"
address=$(curl --silent --fail "$HTTP_PROXY/_azdrill/servers" |
    it "[own for own in it if own['fullyQualifiedDomainName'] == '$host'][0]['host']")
port=$(curl --silent --fail "$HTTP_PROXY/_azdrill/servers" |
    it "[own for own in it if own['fullyQualifiedDomainName'] == '$host'][0]['port']")
step "PostgreSQL $version server $host listens on $address:$port"

# The name is checked against the certificate; the address says where it listens.
readonly secured="hostaddr=$address port=$port user=drill sslmode=verify-full sslrootcert=$SSL_CERT_FILE"
readonly connection="host=$host $secured"

# refused TEXT CONNECTION: signing in fails, and says so.
refused() {
    local said
    if said=$(psql --no-psqlrc --quiet --command 'SELECT 1' "$2 dbname=postgres connect_timeout=10" 2>&1); then
        fail "nothing was refused: $1"
    fi
    [[ $said == *"$1"* ]] || fail "'$1' is not in: $said"
}

refused 'no pg_hba.conf entry for host' "$connection"
step 'without a firewall rule nobody gets in'
call PUT "$server/firewallRules/everybody" \
    '{"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}}' >/dev/null
until_there "$server/firewallRules/everybody"

query() {
    psql --no-psqlrc --tuples-only --no-align --quiet --set ON_ERROR_STOP=1 "$connection dbname=$1" --command "$2"
}

[[ $(query postgres '\conninfo') == *'SSL connection (protocol: TLSv1.3'* ]] || fail 'not by TLS'
[[ $(query postgres 'SHOW server_version_num') == "$version"* ]] || fail 'another version'
step 'psql signs in by name with sslmode=verify-full'

refused 'server certificate for' "host=other.postgres.database.azure.com $secured"
step 'another name is refused by psql: the certificate is for this one'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=somebody \
    -keyout "$scratch/other.key" -out "$scratch/other.pem" 2>/dev/null
refused 'certificate verify failed' "host=$host ${secured/sslrootcert=*/sslrootcert=$scratch/other.pem}"
refused 'password authentication failed' "host=$host ${secured/user=drill/user=nobody}"
step 'with another certificate authority, or as nobody: no way in'

query postgres 'CREATE DATABASE shop' && query postgres 'CREATE DATABASE again'
query shop "CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL, total numeric(10, 2));
    INSERT INTO orders SELECT n, 'customer ' || mod(n, 97), n * 1.25 FROM generate_series(1, 1000) AS n"
pg_dump --format=custom --file "$scratch/shop.dump" "$connection dbname=shop"
pg_restore --no-owner --exit-on-error --dbname "$connection dbname=again" "$scratch/shop.dump"
readonly digest="SELECT count(*), md5(string_agg(orders::text, ',' ORDER BY id)) FROM orders"
found=$(query again "$digest")
[[ $found == 1000* && $found == "$(query shop "$digest")" ]] || fail "the rows differ: $found"
step 'pg_dump and pg_restore through the gate: 1000 rows are equal'

pg_restore --list "$scratch/shop.dump" | grep -q 'TABLE DATA public orders' || fail 'the dump lists no rows'
if pg_restore --no-owner --exit-on-error --dbname "$connection dbname=again" "$scratch/shop.dump" 2>"$scratch/said"; then
    fail 'restored over what is there'
fi
grep -q 'already exists' "$scratch/said" || fail "$(cat "$scratch/said")"
step 'a second restore into the same database fails'

call DELETE "$server" >/dev/null
deadline=$((SECONDS + 60))
while [[ $(curl --silent "$HTTP_PROXY/_azdrill/servers" | it "sum(own['fullyQualifiedDomainName'] == '$host' for own in it)") != 0 ]]; do
    ((SECONDS < deadline)) || fail 'the server still runs'
    sleep 0.1
done
step 'the server is gone'
