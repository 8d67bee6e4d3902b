#!/usr/bin/env bash
# The Azure CLI, unmodified, against `azdrill serve`: what teams script around a backup and its
# restore, each step with its answer checked. Runs in the environment of `azdrill env`.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT

# Not this user's sign-ins, and nothing to hosts that are not ours.
export AZURE_CONFIG_DIR=$scratch/config
export AZURE_CORE_COLLECT_TELEMETRY=no
export AZURE_CORE_ONLY_SHOW_ERRORS=yes
export AZURE_CORE_OUTPUT=tsv

readonly location=westeurope
readonly run=$RANDOM$RANDOM
readonly servers=servers-$run backups=backups-$run
readonly server=pg-$run account=target$run vault=vault-$run key_vault=kv-$run
readonly user=drilladmin password='Not-a-secret-1!'
readonly subscription=/subscriptions/$AZURE_SUBSCRIPTION_ID
readonly proxy=$HTTPS_PROXY

# A command that waits for ever is a failure, too.
az() {
    timeout 120 az "$@"
}

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

step() {
    printf '%4d s  %s\n' "$SECONDS" "$1"
}

# is WANTED AZ-ARGUMENTS…: insists on what az prints; several values stand in a line, with spaces.
is() {
    local wanted=$1 found
    shift
    found=$(az "$@") || fail "az $*"
    found=$(tr '\t\n' '  ' <<<"$found")
    found=${found%"${found##*[![:space:]]}"}
    [[ $found == "$wanted" ]] || fail "az $* printed '$found' instead of '$wanted'"
}

# does AZ-ARGUMENTS…: insists that az ends well.
does() {
    az "$@" --output none || fail "az $*"
}

# refuses CODE AZ-ARGUMENTS…: insists that az fails, and says why.
refuses() {
    local code=$1
    shift
    if az "$@" --output none 2>"$scratch/stderr"; then
        fail "az $* was not refused"
    fi
    grep -q "$code" "$scratch/stderr" || fail "az $* did not fail with $code: $(cat "$scratch/stderr")"
}

# ends AZ-REST-URL QUERY WANTED: asks until a value is what is wanted, as a person would.
ends() {
    local deadline=$((SECONDS + 60)) found
    until found=$(az rest --method get --url "$1" --query "$2") && [[ $found == "$3" ]]; do
        ((SECONDS < deadline)) || fail "$1: $2 stays '$found'"
        sleep 0.5
    done
}

sign_in() {
    is "$AZURE_SUBSCRIPTION_ID" login --service-principal --tenant "$AZURE_TENANT_ID" \
        --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" --query '[].id'
    is "$AZURE_SUBSCRIPTION_ID servicePrincipal" account show --query '[id, user.type]'
    is azdrill account list --query '[].name'
    operator=$(az ad sp show --id "$AZURE_CLIENT_ID" --query id)
    step 'signed in as a service principal'
}

groups() {
    is Succeeded group create --name "$servers" --location $location --tags made-by=drill --query properties.provisioningState
    does group create --name "$backups" --location $location
    is true group exists --name "$servers"
    is false group exists --name no-such-group
    is "$backups $servers" group list --query '[].name'
    does group create --name short-lived --location $location
    does group delete --name short-lived --yes
    is false group exists --name short-lived
    refuses ResourceGroupNotFound group show --name short-lived
    step 'created, listed and deleted resource groups'
}

storage() {
    is true storage account check-name --name "$account" --query nameAvailable
    is "Succeeded Standard_LRS" storage account create --name "$account" --resource-group "$backups" \
        --location $location --sku Standard_LRS --query '[provisioningState, sku.name]'
    is "$account" storage account show --name "$account" --query name
    is drill storage account update --name "$account" --resource-group "$backups" --tags team=drill --query tags.team
    is "key1 key2" storage account keys list --account-name "$account" --resource-group "$backups" --query '[].keyName'
    is true storage container create --account-name "$account" --name restored --query created
    step 'created a storage account, and a container with its key'

    refuses 'required permissions' storage blob list --auth-mode login --account-name "$account" --container-name restored
    account_id=$(az storage account show --name "$account" --query id)
    does role assignment create --assignee "$AZURE_CLIENT_ID" --role 'Storage Blob Data Contributor' --scope "$account_id"
    is true storage container create --auth-mode login --account-name "$account" --name by-role --query created
    echo 'a small file' >"$scratch/file"
    local mode
    for mode in login key; do
        does storage blob upload --auth-mode $mode --account-name "$account" --container-name by-role --name $mode --file "$scratch/file" --no-progress
        is true storage blob exists --auth-mode $mode --account-name "$account" --container-name by-role --name $mode --query exists
        does storage blob download --auth-mode $mode --account-name "$account" --container-name by-role --name $mode --file "$scratch/copy" --no-progress
        cmp "$scratch/file" "$scratch/copy" || fail 'the file came back changed'
    done
    is "key login" storage blob list --auth-mode login --account-name "$account" --container-name by-role --query '[].name'
    does storage blob delete --auth-mode login --account-name "$account" --container-name by-role --name key
    is false storage blob exists --auth-mode key --account-name "$account" --container-name by-role --name key --query exists
    step 'blobs came and went by role and by key'
}

secrets() {
    does keyvault create --name "$key_vault" --resource-group "$backups" --location $location
    refuses Forbidden keyvault secret set --vault-name "$key_vault" --name pw --value "$password"
    does role assignment create --assignee-object-id "$operator" --assignee-principal-type ServicePrincipal \
        --role 'Key Vault Administrator' --scope "$(az keyvault show --name "$key_vault" --query id)"
    does keyvault secret set --vault-name "$key_vault" --name pw --value "$password"
    is "$password" keyvault secret show --vault-name "$key_vault" --name pw --query value
    is pw keyvault secret list --vault-name "$key_vault" --query '[].name'
    does keyvault secret delete --vault-name "$key_vault" --name pw
    is pw keyvault secret list-deleted --vault-name "$key_vault" --query '[].name'
    does keyvault secret purge --vault-name "$key_vault" --name pw
    is RSA keyvault key create --vault-name "$key_vault" --name key --query key.kty
    does keyvault delete --name "$key_vault"
    is "$key_vault" keyvault list-deleted --query '[].name'
    does keyvault purge --name "$key_vault"
    step 'a key vault with secrets and a key'
}

roles() {
    is acdd72a7-3385-48ef-bd42-f606fba81ae7 role definition list --name Reader --query '[].name'
    local group=$subscription/resourceGroups/$servers role
    role="{\"Name\": \"Keeper $run\", \"Description\": \"-\", \"Actions\": [\"*/read\"], \"AssignableScopes\": [\"$subscription\"]}"
    is "Keeper $run" role definition create --role-definition "$role" --query roleName
    local principal
    principal=$(az identity create --name runner --resource-group "$servers" --query principalId)
    # By an object id that is no name: the CLI looks it up in two ways, and must not meet another.
    is "$principal ServicePrincipal" role assignment create --assignee "$principal" --role "Keeper $run" --scope "$group" \
        --query '[principalId, principalType]'
    is "Keeper $run" role assignment list --assignee "$principal" --all --query '[].roleDefinitionName'
    is ManagedIdentity ad sp show --id "$principal" --query servicePrincipalType
    does role assignment delete --assignee "$principal" --role "Keeper $run" --scope "$group"
    is '' role assignment list --assignee "$principal" --all
    does role definition delete --name "Keeper $run"
    is operator ad sp list --display-name operator --query '[].displayName'
    is "$AZURE_CLIENT_ID" ad app show --id "$AZURE_CLIENT_ID" --query appId
    is '' ad group list
    refuses 'does not exist' ad user show --id nobody@drill.example
    step 'roles were defined and assigned, and people looked up'
}

# People, groups and applications that are made here, and what they may do once they have a role.
directory() {
    local group=$subscription/resourceGroups/$servers app secret certificate person team
    is "AcrPull BuiltInRole" role definition list --name AcrPull --query '[0].[roleName, roleType]'
    read -r app secret < <(az ad sp create-for-rbac --name "pipeline $run" --role Reader --scopes "$group" \
        --query '[appId, password]' | paste --serial)
    signs_in pipeline "$servers" --service-principal --tenant "$AZURE_TENANT_ID" --username "$app" --password="$secret"
    is "pipeline $run" ad sp show --id "$app" --query appDisplayName
    is rbac ad app credential list --id "$app" --query '[].displayName'
    secret=$(az ad app credential reset --id "$app" --display-name again --query password)
    is again ad app credential list --id "$app" --query '[].displayName'
    signs_in again "$servers" --service-principal --tenant "$AZURE_TENANT_ID" --username "$app" --password="$secret"
    # The file with the key is put into the home folder.
    certificate=$(HOME=$scratch az ad sp credential reset --id "$app" --append --create-cert --query fileWithCertAndPrivateKey)
    signs_in certificate "$servers" --service-principal --tenant "$AZURE_TENANT_ID" --username "$app" --certificate "$certificate"
    does ad app update --id "$app" --display-name "other $run"
    is "other $run" ad sp list --filter "appId eq '$app'" --query '[].appDisplayName'

    person=$(az ad user create --display-name Ada --user-principal-name "ada$run@drill.example" --password="$password" --query id)
    team=$(az ad group create --display-name "team $run" --mail-nickname "team$run" --query id)
    does ad group member add --group "$team" --member-id "$person"
    is true ad group member check --group "$team" --member-id "$person" --query value
    is Ada ad group member list --group "$team" --query '[].displayName'
    is "team $run" ad user get-member-groups --id "$person" --query '[].displayName'
    is Group role assignment create --assignee "$team" --role Reader --scope "$group" --query principalType
    signs_in ada "$servers" --username "ada$run@drill.example" --password="$password"
    does ad group owner add --group "$team" --owner-object-id "$person"
    is "ada$run@drill.example" ad group owner list --group "$team" --query '[].userPrincipalName'
    does ad group member remove --group "$team" --member-id "$person"
    is '' ad group member list --group "$team"
    does ad user update --id "$person" --display-name Countess
    is Countess ad user show --id "$person" --query displayName

    does role assignment delete --assignee "$team" --role Reader --scope "$group"
    does role assignment delete --assignee "$app" --role Reader --scope "$group"
    does ad group delete --group "$team"
    does ad user delete --id "$person"
    does ad app delete --id "$app"
    is '' ad sp list --filter "appId eq '$app'"
    step 'people, groups and applications were made and signed in'
}

# signs_in FOLDER GROUP LOGIN-ARGUMENTS…: signs in apart from everything else, and sees that group only.
signs_in() {
    local folder=$1 group=$2
    shift 2
    (
        export AZURE_CONFIG_DIR=$scratch/$folder
        is "$AZURE_SUBSCRIPTION_ID" login "$@" --query '[].id'
        is "$group" group list --query '[].name'
    )
}

network() {
    does network vnet create --name net --resource-group "$servers" --address-prefix 10.1.0.0/16 --subnet-name one --subnet-prefix 10.1.0.0/24
    does network vnet subnet create --vnet-name net --resource-group "$servers" --name two --address-prefixes 10.1.1.0/24
    is "one two" network vnet subnet list --vnet-name net --resource-group "$servers" --query '[].name'
    does network nsg create --name nsg --resource-group "$servers"
    does network nsg rule create --nsg-name nsg --resource-group "$servers" --name postgres --priority 100 --destination-port-ranges 5432
    is Approved network private-endpoint create --name pe --resource-group "$servers" --vnet-name net --subnet one \
        --private-connection-resource-id "$account_id" --group-id blob --connection-name c \
        --query 'privateLinkServiceConnections[].privateLinkServiceConnectionState.status || `Approved`'
    is Approved network private-endpoint-connection list --id "$account_id" \
        --query '[].properties.privateLinkServiceConnectionState.status'
    local zone=privatelink.blob.core.windows.net
    does network private-dns zone create --resource-group "$servers" --name $zone
    does network private-dns link vnet create --resource-group "$servers" --zone-name $zone --name link --virtual-network net --registration-enabled false
    does network private-dns record-set a add-record --resource-group "$servers" --zone-name $zone --record-set-name "$account" --ipv4-address 10.1.0.4
    is "@ $account" network private-dns record-set list --resource-group "$servers" --zone-name $zone --query 'sort([].name)'
    does network private-endpoint dns-zone-group create --resource-group "$servers" --endpoint-name pe --name default --private-dns-zone $zone --zone-name blob
    does network private-endpoint delete --name pe --resource-group "$servers"
    is '' network private-endpoint-connection list --id "$account_id"
    step 'a network, a security group, private DNS, a private endpoint'
}

locks_and_tags() {
    does lock create --name keep --resource-group "$backups" --lock-type CanNotDelete
    is keep lock list --resource-group "$backups" --query '[].name'
    refuses ScopeLocked storage account delete --name "$account" --resource-group "$backups" --yes
    refuses ScopeLocked group delete --name "$backups" --yes
    does lock delete --name keep --resource-group "$backups"
    does lock create --name still --resource "$account_id" --lock-type ReadOnly
    refuses ScopeLocked storage account keys list --account-name "$account" --resource-group "$backups"
    does lock delete --name still --resource "$account_id"

    is b tag create --resource-id "$account_id" --tags a=b --query properties.tags.a
    is "b d" tag update --resource-id "$account_id" --operation Merge --tags c=d --query '[properties.tags.a, properties.tags.c]'
    is "$account" resource list --tag c=d --query '[].name'
    is "$account" resource show --ids "$account_id" --query name
    does resource tag --ids "$account_id" --tags e=f
    does network public-ip create --name ip --resource-group "$servers"
    does resource delete --resource-group "$servers" --name ip --resource-type Microsoft.Network/publicIPAddresses
    step 'locks hold, and tags are put, merged and found'
}

deployments() {
    cat >"$scratch/template.json" <<'JSON'
{
  // az sends a template as it is written: comments, too.
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"name": {"type": "string"}},
  "resources": [{
    "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2024-11-30",
    "name": "[parameters('name')]", "location": "[resourceGroup().location]"
  }],
  "outputs": {"name": {"type": "string", "value": "[parameters('name')]"}}
}
JSON
    local arguments=(--resource-group "$servers" --template-file "$scratch/template.json" --parameters name=deployed)
    is Succeeded deployment group validate "${arguments[@]}" --query properties.provisioningState
    is Create deployment group what-if "${arguments[@]}" --no-pretty-print --query 'changes[].changeType'
    is "Succeeded deployed" deployment group create --name d "${arguments[@]}" \
        --query '[properties.provisioningState, properties.outputs.name.value]'
    is Succeeded deployment group show --name d --resource-group "$servers" --query properties.provisioningState
    is Create deployment operation group list --name d --resource-group "$servers" --query '[].properties.provisioningOperation'
    is deployed identity show --name deployed --resource-group "$servers" --query name
    is Registered provider show --namespace Microsoft.DataProtection --query registrationState
    does provider register --namespace Microsoft.DataProtection --wait
    is '' feature list --namespace Microsoft.Storage
    is '' policy assignment list
    is 'deployed runner' group export --name "$servers" --query "resources[?type=='Microsoft.ManagedIdentity/userAssignedIdentities'].name"
    refuses 'Microsoft.Compute/disks' disk list --resource-group "$servers"
    step 'a template was validated, tried and deployed; providers; what is missing says so'
}

database() {
    local newest versions version
    newest=$(pg_restore --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    versions=$(az postgres flexible-server list-skus --location $location --query '[].supportedServerVersions[].name')
    version=$(awk -v newest="$newest" '$1 <= newest' <<<"$versions" | sort -n | tail -n 1)
    [[ -n $version ]] || fail "pg_restore $newest reads dumps of none of $versions"
    does postgres flexible-server create --name "$server" --resource-group "$servers" --location $location \
        --admin-user $user --admin-password "$password" --tier Burstable --sku-name Standard_B1ms \
        --public-access 0.0.0.0 --storage-size 32 --version "$version" --yes
    is Ready postgres flexible-server show --name "$server" --resource-group "$servers" --query state
    does postgres flexible-server db create --server-name "$server" --resource-group "$servers" --name shop
    does postgres flexible-server firewall-rule create --server-name "$server" --resource-group "$servers" --name everybody \
        --start-ip-address 0.0.0.0 --end-ip-address 255.255.255.255
    does postgres flexible-server parameter set --server-name "$server" --resource-group "$servers" --name azure.extensions --value hstore
    does postgres flexible-server update --name "$server" --resource-group "$servers" --tags a=b
    does postgres flexible-server stop --name "$server" --resource-group "$servers"
    is Stopped postgres flexible-server show --name "$server" --resource-group "$servers" --query state
    does postgres flexible-server start --name "$server" --resource-group "$servers"
    step "a PostgreSQL $version flexible server"

    # The only thing that is not Azure's: the host name resolves nowhere here, and this says where the
    # server is reached. libpq takes it from the environment.
    read -r PGHOSTADDR PGPORT < <(curl --silent --noproxy '*' "$proxy/_azdrill/servers" |
        python3 -c 'import json, sys; print(*[(own["host"], own["port"]) for own in json.load(sys.stdin)][-1])')
    export PGHOSTADDR PGPORT PGPASSWORD=$password
    host=$server.postgres.database.azure.com
    PGSSLMODE=verify-full PGSSLROOTCERT=$SSL_CERT_FILE psql --quiet "host=$host user=$user dbname=shop" <<'SQL'
CREATE TABLE orders (id int PRIMARY KEY, total numeric(10, 2));
INSERT INTO orders SELECT n, n * 1.25 FROM generate_series(1, 1000) AS n;
SQL
    step 'a thousand rows, by psql and TLS'
}

# The Backup service by `az rest`, polled as a person would.
backup() {
    local group=$subscription/resourceGroups/$backups api=api-version=2024-04-01
    vault_id=$group/providers/Microsoft.DataProtection/backupVaults/$vault
    server_id=$(az postgres flexible-server show --name "$server" --resource-group "$servers" --query id)
    local datasource="\"datasourceType\": \"Microsoft.DBforPostgreSQL/flexibleServers\", \"resourceID\": \"$server_id\",
        \"resourceLocation\": \"$location\", \"resourceName\": \"$server\", \"resourceUri\": \"\",
        \"resourceType\": \"Microsoft.DBforPostgreSQL/flexibleServers\""
    does rest --method put --url "$vault_id?$api" --body "{
        \"location\": \"$location\", \"identity\": {\"type\": \"SystemAssigned\"}, \"properties\": {
        \"storageSettings\": [{\"datastoreType\": \"VaultStore\", \"type\": \"LocallyRedundant\"}],
        \"securitySettings\": {\"softDeleteSettings\": {\"state\": \"Off\", \"retentionDurationInDays\": 14.0}}}}"
    ends "$vault_id?$api" properties.provisioningState Succeeded
    does rest --method put --url "$vault_id/backupPolicies/weekly?$api" --body @tests/clients/az/policy.json
    local identity
    identity=$(az rest --method get --url "$vault_id?$api" --query identity.principalId)
    local instance="{\"friendlyName\": \"$server\", \"objectType\": \"BackupInstance\",
        \"dataSourceInfo\": {\"objectType\": \"Datasource\", $datasource},
        \"dataSourceSetInfo\": {\"objectType\": \"DatasourceSet\", $datasource},
        \"policyInfo\": {\"policyId\": \"$vault_id/backupPolicies/weekly\"}}"
    refuses UserErrorMissingRequiredPermissions resource invoke-action --action validateForBackup --ids "$vault_id" \
        --api-version 2024-04-01 --request-body "{\"backupInstance\": $instance}"
    local role
    for role in "PostgreSQL Flexible Server Long Term Retention Backup Role=$server_id" "Reader=$subscription/resourceGroups/$servers"; do
        does role assignment create --assignee-object-id "$identity" --assignee-principal-type ServicePrincipal \
            --role "${role%%=*}" --scope "${role#*=}"
    done
    does resource invoke-action --action validateForBackup --ids "$vault_id" \
        --api-version 2024-04-01 --request-body "{\"backupInstance\": $instance}"
    does rest --method put --url "$vault_id/backupInstances/$server?$api" --body "{\"properties\": $instance}"
    ends "$vault_id/backupInstances/$server?$api" properties.currentProtectionState ProtectionConfigured
    step 'the server is protected'

    does rest --method post --url "$vault_id/backupInstances/$server/backup?$api" \
        --body '{"backupRuleOptions": {"ruleName": "BackupWeekly", "triggerOption": {}}}'
    ends "$vault_id/backupJobs?$api" 'value[0].properties.status' Completed
    is 1 rest --method get --url "$vault_id/backupInstances/$server/recoveryPoints?$api" --query 'length(value)'
    step 'the server is backed up'

    # What the extension `dataprotection` asks Resource Graph for.
    is "$server ProtectionConfigured" rest --method post --url '/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01' \
        --body "{\"subscriptions\": [\"$AZURE_SUBSCRIPTION_ID\"], \"query\": \"RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupinstances'| extend vaultName = split(split(id, '/Microsoft.DataProtection/backupVaults/')[1],'/')[0]| extend protectionState = properties.currentProtectionState | where vaultName in~ ('$vault')\", \"options\": {\"resultFormat\": \"objectArray\"}}" \
        --query 'data[].[name, protectionState][]'
    is "$vault" graph query --graph-query "Resources | where type =~ 'Microsoft.DataProtection/backupVaults' | project name" --query 'data[].name'
    refuses SyntheticQueryNotPlayed graph query --graph-query 'Resources | join (Resources) on id'
    step 'Resource Graph knows the instance'
}

# The example, as somebody would run it, without and with what it needs.
restore() {
    local example=(examples/restore-as-files.sh --vault "$vault_id" --instance "$server" --database shop
        --container "https://$account.blob.core.windows.net/restored" --server "$host" --user $user)
    export POLL_SECONDS=1
    if "${example[@]}" >"$scratch/stdout" 2>"$scratch/stderr"; then
        fail 'the vault may not write into the container, and the restore was not refused'
    fi
    grep -q 'REFUSED: the validation' "$scratch/stderr" || fail "$(cat "$scratch/stderr")"
    grep -q UserErrorMSIMissingPermissions "$scratch/stderr" || fail "$(cat "$scratch/stderr")"
    step 'the example says what is missing'
    local identity
    identity=$(az rest --method get --url "$vault_id?api-version=2024-04-01" --query identity.principalId)
    does role assignment create --assignee "$identity" --role 'Storage Blob Data Contributor' --scope "$account_id"
    "${example[@]}" >"$scratch/stdout" || fail "$(cat "$scratch/stdout")"
    [[ $(tail -n 1 "$scratch/stdout") == 'orders 1000' ]] || fail "the restored rows: $(cat "$scratch/stdout")"
    step 'the example restores as files and loads a thousand rows'
}

# The address on localhost as a cloud of its own: no proxy, and no name to resolve but that one.
custom_cloud() {
    (
        unset HTTPS_PROXY HTTP_PROXY https_proxy http_proxy
        export AZURE_CONFIG_DIR=$scratch/custom AZURE_CORE_INSTANCE_DISCOVERY=false
        does cloud register --name drill --endpoint-resource-manager "https://localhost:${proxy##*:}"
        does cloud set --name drill
        is "$AZURE_SUBSCRIPTION_ID" login --service-principal --tenant "$AZURE_TENANT_ID" \
            --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" --query '[].id'
        is "$backups $servers" group list --query '[].name'
        is operator ad sp show --id "$AZURE_CLIENT_ID" --query displayName
    )
    step 'a custom cloud without a proxy'
}

managed_identity() {
    local client
    client=$(az identity show --name runner --resource-group "$servers" --query clientId)
    does role assignment create --assignee "$client" --role Reader --scope "$subscription/resourceGroups/$backups"
    (
        export AZURE_CONFIG_DIR=$scratch/identity
        is "$AZURE_SUBSCRIPTION_ID" login --identity --client-id "$client" --query '[].id'
        is "$backups" group list --query '[].name'
        refuses AuthorizationFailed group create --name other --location $location
    )
    step 'signed in as a managed identity'
}

clean_up() {
    # A vault that holds an instance stays, and its group with it; its policies go with it.
    refuses ResourceGroupDeletionBlocked group delete --name "$backups" --yes
    does rest --method delete --url "$vault_id/backupInstances/$server?api-version=2024-04-01"
    ends "$vault_id/backupInstances?api-version=2024-04-01" 'length(value)' 0
    does postgres flexible-server delete --name "$server" --resource-group "$servers" --yes
    does group delete --name "$servers" --yes
    does group delete --name "$backups" --yes
    is '' group list
    does logout
    step 'everything is gone'
}

# shellcheck source=tests/clients/az/governance.sh
source tests/clients/az/governance.sh

sign_in
groups
storage
secrets
roles
directory
network
locks_and_tags
governance
deployments
database
backup
restore
custom_cloud
managed_identity
clean_up
