# The same as ../azurerm, in the API's own words, and a first backup besides: vault, policy, roles and
# backup instance of an existing PostgreSQL flexible server.

terraform {
  required_version = ">= 1.9"
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.12"
    }
  }
}

provider "azapi" {}

variable "location" {
  description = "Region of the vault: the server's own."
  type        = string
}

variable "server_id" {
  description = "Resource id of the flexible server."
  type        = string
}

variable "storage_account_id" {
  description = "Resource id of the storage account that is restored into."
  type        = string
}

variable "name" {
  description = "Name of the vault, and of its resource group."
  type        = string
  default     = "postgresql-backup"
}

data "azapi_client_config" "current" {}

locals {
  server_group_id = regex("^(/subscriptions/[^/]+/resourceGroups/[^/]+)/", var.server_id)[0]
  server_name     = reverse(split("/", var.server_id))[0]
  subscription_id = "/subscriptions/${data.azapi_client_config.current.subscription_id}"
  server_type     = "Microsoft.DBforPostgreSQL/flexibleServers"
  # What the vault's identity needs: the first two to back up, the third to restore.
  roles = {
    "c088a766-074b-43ba-90d4-1fb21feae531" = var.server_id            # PostgreSQL Flexible Server Long Term Retention Backup Role
    "acdd72a7-3385-48ef-bd42-f606fba81ae7" = local.server_group_id    # Reader
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe" = var.storage_account_id   # Storage Blob Data Contributor
  }
}

resource "azapi_resource" "group" {
  type      = "Microsoft.Resources/resourceGroups@2024-11-01"
  parent_id = local.subscription_id
  name      = var.name
  location  = var.location
}

resource "azapi_resource" "vault" {
  type      = "Microsoft.DataProtection/backupVaults@2025-07-01"
  parent_id = azapi_resource.group.id
  name      = var.name
  location  = var.location

  identity {
    type = "SystemAssigned"
  }

  body = {
    properties = {
      storageSettings = [{ datastoreType = "VaultStore", type = "LocallyRedundant" }]
      securitySettings = {
        softDeleteSettings = { state = "Off", retentionDurationInDays = 14 }
      }
    }
  }
}

resource "azapi_resource" "policy" {
  type      = "Microsoft.DataProtection/backupVaults/backupPolicies@2025-07-01"
  parent_id = azapi_resource.vault.id
  name      = "weekly"

  body = {
    properties = {
      objectType      = "BackupPolicy"
      datasourceTypes = [local.server_type]
      policyRules = [
        {
          objectType       = "AzureBackupRule"
          name             = "BackupWeekly"
          backupParameters = { objectType = "AzureBackupParams", backupType = "Full" }
          dataStore        = { objectType = "DataStoreInfoBase", dataStoreType = "VaultStore" }
          trigger = {
            objectType = "ScheduleBasedTriggerContext"
            schedule   = { repeatingTimeIntervals = ["R/2024-01-07T02:00:00+00:00/P1W"], timeZone = "UTC" }
            taggingCriteria = [
              { isDefault = true, taggingPriority = 99, tagInfo = { tagName = "Default" } }
            ]
          }
        },
        {
          objectType = "AzureRetentionRule"
          name       = "Default"
          isDefault  = true
          lifecycles = [
            {
              deleteAfter                 = { objectType = "AbsoluteDeleteOption", duration = "P3M" }
              sourceDataStore             = { objectType = "DataStoreInfoBase", dataStoreType = "VaultStore" }
              targetDataStoreCopySettings = []
            }
          ]
        }
      ]
    }
  }
}

resource "azapi_resource" "role" {
  for_each  = local.roles
  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = each.value
  name      = uuidv5("url", "${each.value}/${each.key}/${azapi_resource.vault.identity[0].principal_id}")

  body = {
    properties = {
      principalId      = azapi_resource.vault.identity[0].principal_id
      principalType    = "ServicePrincipal"
      roleDefinitionId = "${local.subscription_id}/providers/Microsoft.Authorization/roleDefinitions/${each.key}"
    }
  }
}

resource "azapi_resource" "instance" {
  type      = "Microsoft.DataProtection/backupVaults/backupInstances@2025-07-01"
  parent_id = azapi_resource.vault.id
  name      = local.server_name

  body = {
    properties = {
      objectType   = "BackupInstance"
      friendlyName = local.server_name
      dataSourceInfo = {
        objectType       = "Datasource"
        datasourceType   = local.server_type
        resourceType     = local.server_type
        resourceID       = var.server_id
        resourceLocation = var.location
        resourceName     = local.server_name
        resourceUri      = ""
      }
      dataSourceSetInfo = {
        objectType       = "DatasourceSet"
        datasourceType   = local.server_type
        resourceType     = local.server_type
        resourceID       = var.server_id
        resourceLocation = var.location
        resourceName     = local.server_name
        resourceUri      = ""
      }
      policyInfo = { policyId = azapi_resource.policy.id }
    }
  }

  # The instance is validated when it is created.
  depends_on = [azapi_resource.role]
}

# A first backup right away, so that there is something to restore. It is done once.
resource "azapi_resource_action" "first_backup" {
  type        = "Microsoft.DataProtection/backupVaults/backupInstances@2025-07-01"
  resource_id = azapi_resource.instance.id
  action      = "backup"
  method      = "POST"

  body = {
    backupRuleOptions = { ruleName = "BackupWeekly", triggerOption = {} }
  }

  response_export_values = ["jobId"]
}

output "vault_id" {
  value = azapi_resource.vault.id
}
