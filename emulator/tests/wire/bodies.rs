//! What clients send.

use serde_json::{Value, json};

pub(crate) const FLEXIBLE_SERVER: &str = "Microsoft.DBforPostgreSQL/flexibleServers";

pub(crate) fn vault_body(soft_delete: &str) -> Value {
    json!({
        "identity": {"type": "SystemAssigned"},
        "location": "westeurope",
        "properties": {
            "securitySettings": {
                "softDeleteSettings": {"retentionDurationInDays": 14.0, "state": soft_delete},
            },
            "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
        },
    })
}

pub(crate) fn policy_body() -> Value {
    json!({"properties": {
        "name": "swallowed by the service",
        "policyRules": [
            {
                "backupParameters": {"backupType": "Full", "objectType": "AzureBackupParams"},
                "trigger": {
                    "schedule": {"repeatingTimeIntervals": ["R/2021-08-15T06:30:00+00:00/P1W"], "timeZone": "UTC"},
                    "taggingCriteria": [{"tagInfo": {"tagName": "Default"}, "taggingPriority": 99, "isDefault": true}],
                    "objectType": "ScheduleBasedTriggerContext",
                },
                "dataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
                "name": "BackupWeekly",
                "objectType": "AzureBackupRule",
            },
            {
                "lifecycles": [{
                    "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P3M"},
                    "targetDataStoreCopySettings": [],
                    "sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
                }],
                "isDefault": true,
                "name": "Default",
                "objectType": "AzureRetentionRule",
            },
        ],
        "datasourceTypes": [FLEXIBLE_SERVER],
        "objectType": "BackupPolicy",
    }})
}

pub(crate) fn backup_body() -> Value {
    json!({"backupRuleOptions": {"ruleName": "BackupWeekly", "triggerOption": {}}})
}
