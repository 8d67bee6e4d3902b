# shellcheck shell=bash disable=SC2154
# What is above the resources: management groups, Azure Policy, locks. Read by flow.sh, whose words these are.

# groups_above: a chain of two management groups, and the subscription in the lower one.
groups_above() {
    does account management-group create --name landing --display-name 'Landing zones'
    # az waits ten seconds for the registration of the provider every time it is not told to leave it.
    does account management-group create --name corp --parent landing --no-register
    is landing account management-group show --name corp --no-register --query details.parent.name
    is Corporate account management-group update --name corp --display-name Corporate --query displayName
    does account management-group subscription add --name corp --subscription "$AZURE_SUBSCRIPTION_ID"
    is "$AZURE_SUBSCRIPTION_ID" account management-group subscription show-sub-under-mg --name corp --query '[].name'
    is "corp $AZURE_SUBSCRIPTION_ID" account management-group show --name landing --no-register --expand --recurse \
        --query '[children[0].name, children[0].children[0].name]'
    # A group with somebody in it stays.
    refuses SyntheticManagementGroupNotEmpty account management-group delete --name landing --no-register
    step 'management groups'
}

# policies: accounts that the internet reaches are denied from the management group down, but for one group for a while.
policies() {
    local above=/providers/Microsoft.Management/managementGroups/corp governed=governed-$run
    local definition=$above/providers/Microsoft.Authorization/policyDefinitions/closed
    local assignment=$above/providers/Microsoft.Authorization/policyAssignments/closed
    does group create --name "$governed" --location $location
    cat >"$scratch/rules.json" <<'EOF'
{
  "if": {
    "allOf": [
      { "field": "type", "equals": "Microsoft.Storage/storageAccounts" },
      { "field": "Microsoft.Storage/storageAccounts/publicNetworkAccess", "notEquals": "Disabled" }
    ]
  },
  "then": { "effect": "[parameters('effect')]" }
}
EOF
    cat >"$scratch/parameters.json" <<'EOF'
{ "effect": { "type": "String", "allowedValues": ["Audit", "Deny", "Disabled"], "defaultValue": "Audit" } }
EOF
    is "$definition" policy definition create --name closed --management-group corp --mode Indexed \
        --rules "$scratch/rules.json" --params "$scratch/parameters.json" --query id
    is closed policy definition list --management-group corp --query "[?policyType=='Custom'].name"
    # az asks itself for what has no subscription in its id, and reads the answer as JSON.
    AZURE_CORE_OUTPUT=json is '"closed"' policy assignment create --name closed --scope $above --policy "$definition" \
        --params '{"effect": {"value": "Deny"}}' --query name
    is Default policy assignment show --name closed --scope $above --query enforcementMode
    refuses RequestDisallowedByPolicy storage account create --name "closed$run" --resource-group "$governed" --sku Standard_LRS
    does storage account create --name "closed$run" --resource-group "$governed" --sku Standard_LRS --public-network-access Disabled
    is Waiver policy exemption create --name legacy --resource-group "$governed" --policy-assignment $assignment \
        --exemption-category Waiver --query exemptionCategory
    is legacy policy exemption list --resource-group "$governed" --query '[].name'
    does storage account create --name "open$run" --resource-group "$governed" --sku Standard_LRS
    is Mitigated policy exemption update --name legacy --resource-group "$governed" --exemption-category Mitigated \
        --query exemptionCategory
    does policy exemption delete --name legacy --resource-group "$governed"
    refuses RequestDisallowedByPolicy storage account create --name "late$run" --resource-group "$governed" --sku Standard_LRS
    is '' role deny-assignment list
    refuses policySetDefinitions policy set-definition list
    does group delete --name "$governed" --yes
    step 'a policy denies, and an exemption lets through'
}

# locks_above: a lock of the subscription holds what is below it.
locks_above() {
    does account lock create --name still --lock-type CanNotDelete
    is still account lock list --query '[].name'
    is 'until the audit' lock update --name still --notes 'until the audit' --query notes
    refuses ScopeLocked group delete --name "$backups" --yes
    does account lock delete --name still
    step 'a lock of the subscription'
}

nothing_above() {
    local above=/providers/Microsoft.Management/managementGroups/corp
    does policy assignment delete --name closed --scope $above
    does policy definition delete --name closed --management-group corp
    does account management-group subscription remove --name corp --subscription "$AZURE_SUBSCRIPTION_ID"
    does account management-group delete --name corp --no-register
    does account management-group delete --name landing --no-register
    is '' account management-group list --no-register --query "[?name=='corp' || name=='landing'].name"
    step 'nothing is above the subscription any more'
}

governance() {
    groups_above
    policies
    locks_above
    nothing_above
}
