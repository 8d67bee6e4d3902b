# Protects an existing PostgreSQL flexible server with a new Backup vault: vault, policy, the roles its
# identity needs to back up, the instance; and what it needs to restore as files into a container.
#
# The roles come before the instance, which is validated when it is created and fails without them.

terraform {
  required_version = ">= 1.9"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  features {}
  # Credentials and subscription come from ARM_CLIENT_ID, ARM_CLIENT_SECRET, ARM_TENANT_ID and
  # ARM_SUBSCRIPTION_ID.
  resource_provider_registrations = "none"
}

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

locals {
  server_group_id = regex("^(/subscriptions/[^/]+/resourceGroups/[^/]+)/", var.server_id)[0]
  server_name     = reverse(split("/", var.server_id))[0]
}

resource "azurerm_resource_group" "backup" {
  name     = var.name
  location = var.location
}

resource "azurerm_data_protection_backup_vault" "this" {
  name                = var.name
  resource_group_name = azurerm_resource_group.backup.name
  location            = azurerm_resource_group.backup.location
  datastore_type      = "VaultStore"
  redundancy          = "LocallyRedundant"
  # Without soft delete `terraform destroy` takes everything with it. Leave it on for what matters.
  soft_delete = "Off"

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_data_protection_backup_policy_postgresql_flexible_server" "weekly" {
  name                            = "weekly"
  vault_id                        = azurerm_data_protection_backup_vault.this.id
  backup_repeating_time_intervals = ["R/2024-01-07T02:00:00+00:00/P1W"]

  default_retention_rule {
    life_cycle {
      duration        = "P3M"
      data_store_type = "VaultStore"
    }
  }
}

resource "azurerm_role_assignment" "long_term_retention" {
  scope                = var.server_id
  role_definition_name = "PostgreSQL Flexible Server Long Term Retention Backup Role"
  principal_id         = azurerm_data_protection_backup_vault.this.identity[0].principal_id
}

resource "azurerm_role_assignment" "reader" {
  scope                = local.server_group_id
  role_definition_name = "Reader"
  principal_id         = azurerm_data_protection_backup_vault.this.identity[0].principal_id
}

resource "azurerm_role_assignment" "restore" {
  scope                = var.storage_account_id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_data_protection_backup_vault.this.identity[0].principal_id
}

resource "azurerm_data_protection_backup_instance_postgresql_flexible_server" "server" {
  name             = local.server_name
  location         = var.location
  vault_id         = azurerm_data_protection_backup_vault.this.id
  server_id        = var.server_id
  backup_policy_id = azurerm_data_protection_backup_policy_postgresql_flexible_server.weekly.id

  depends_on = [azurerm_role_assignment.long_term_retention, azurerm_role_assignment.reader]
}

output "vault_id" {
  value = azurerm_data_protection_backup_vault.this.id
}

output "protection_state" {
  value = azurerm_data_protection_backup_instance_postgresql_flexible_server.server.protection_state
}
