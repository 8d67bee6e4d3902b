#!/usr/bin/env bash
# What can be seen of the emulator with curl alone, in the environment of `azdrill env`.
set -euo pipefail

readonly subscriptions='https://management.azure.com/subscriptions?api-version=2022-12-01'
readonly local_address=https://localhost:${HTTPS_PROXY##*:}
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "FAILED: $1" >&2
    echo "the answer was:" >&2
    cat "$scratch/headers" "$scratch/body" >&2
    exit 1
}

# ask STATUS CURL-ARGUMENTS…: asks, and insists on a status. Curl itself takes proxy and
# certificates from the environment.
ask() {
    local wanted=$1 status
    shift
    : >"$scratch/body"
    status=$(curl --silent --show-error --max-time 30 --dump-header "$scratch/headers" \
        --output "$scratch/body" --write-out '%{http_code}' "$@") || fail "curl $* (exit code $?)"
    [[ $status == "$wanted" ]] || fail "$status instead of $wanted for curl $*"
}

# body EXPRESSION: a Python expression over the JSON `it` of the last answer.
body() {
    python3 -c 'import json, os, sys; it = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        "$scratch/body" "$1"
}

expect() {
    local found
    found=$(body "$1")
    [[ $found == "$2" ]] || fail "$1 is $found instead of $2"
}

header() {
    grep -i "^$1:" "$scratch/headers" | tail -n 1
}

step() {
    echo "  ok  $1"
}

# A token by client secret. Secrets and tokens go by file: no list of processes shows them.
printf '%s' "$AZURE_CLIENT_SECRET" >"$scratch/secret"
ask 200 "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
    --data-urlencode grant_type=client_credentials \
    --data-urlencode "client_id=$AZURE_CLIENT_ID" \
    --data-urlencode "client_secret@$scratch/secret" \
    --data-urlencode scope=https://management.azure.com/.default
expect 'it["token_type"]' Bearer
expect 'type(it["expires_in"]).__name__' int
printf 'Authorization: Bearer %s\n' "$(body 'it["access_token"]')" >"$scratch/bearer"
step 'a token by client secret'

ask 401 "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
    --data "grant_type=client_credentials&client_id=$AZURE_CLIENT_ID&client_secret=wrong&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
expect 'it["error"]' invalid_client
expect 'it["error_codes"]' '[7000215]'
step 'a wrong secret is refused'

ask 200 "$subscriptions" --header "@$scratch/bearer"
expect 'it["value"][0]["subscriptionId"]' "$AZURE_SUBSCRIPTION_ID"
expect 'it["value"][0]["state"]' Enabled
step 'the subscription is listed'

ask 401 "$subscriptions"
expect 'it["error"]["code"]' AuthenticationFailed
header www-authenticate | grep -q 'Bearer authorization_uri="https://login.microsoftonline.com/' || fail 'no challenge'
step 'without a token: 401 with a challenge'

# The operator owns one subscription, and has no say in any other.
ask 403 "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g?api-version=2025-04-01" \
    --header "@$scratch/bearer"
expect 'list(it["error"])' "['code', 'message']"
expect 'it["error"]["code"]' AuthorizationFailed
header x-ms-request-id >/dev/null || fail 'no request id'
step 'without a role: 403 in the envelope of ARM'

ask 404 "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/none?api-version=2025-04-01" \
    --header "@$scratch/bearer"
expect 'it["error"]["code"]' ResourceGroupNotFound
step 'a missing group: 404'

# IMDS is plain HTTP, and comes through the proxy.
readonly imds='http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F'
ask 400 "$imds"
expect 'it["error"]' invalid_request
ask 400 "$imds&client_id=$AZURE_CLIENT_ID" --header 'Metadata: true'
expect 'it["error_description"]' 'Identity not found'
step 'no token from IMDS for an application'
readonly group=https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/curl
readonly json='Content-Type: application/json'
ask 201 "$group?api-version=2025-04-01" --request PUT --header "@$scratch/bearer" --header "$json" \
    --data '{"location": "westeurope"}'
ask 201 "$group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/runner?api-version=2024-11-30" \
    --request PUT --header "@$scratch/bearer" --header "$json" --data '{"location": "westeurope"}'
client=$(body 'it["properties"]["clientId"]')
ask 200 "$imds&client_id=$client" --header 'Metadata: true'
expect 'it["token_type"]' Bearer
expect 'it["expires_on"].isdigit()' True
expect 'it["client_id"]' "$client"
step 'a token from IMDS, through the proxy'

# A custom cloud: no proxy, but the port on localhost, with the same certificate authority.
ask 200 "$local_address/metadata/endpoints?api-version=2022-09-01"
expect 'type(it).__name__' dict
expect 'it["authentication"]["loginEndpoint"].rstrip("/")' "$local_address"
ask 200 "$local_address/metadata/endpoints?api-version=2020-06-01"
expect 'type(it).__name__' list
step 'the endpoints of a custom cloud, as an object and as a list'

ask 200 "$local_address/_azdrill/servers"
expect 'it' '[]'
ask 200 "http://localhost:${HTTPS_PROXY##*:}/_azdrill/servers"
expect 'it' '[]'
step 'the list of running PostgreSQL servers, by HTTP and HTTPS'

# What is not Azure's is refused and never dialled.
: >"$scratch/headers"
: >"$scratch/body"
if curl --silent --max-time 30 --output "$scratch/body" https://example.com/; then
    fail 'https://example.com/ was answered'
fi
ask 403 http://example.com/
grep -q 'never dials out' "$scratch/body" || fail 'the refusal does not say why'
step 'an unknown host is refused'
