use super::*;
use crate::rules::{Assumptions, Profile};

fn ended(kind: JobKind, datasource: &str, label: &str, started: &str) -> Job {
    let started: Timestamp = started.parse().expect("a time");
    let resource = format!("/subscriptions/s/resourceGroups/g/providers/{datasource}");
    let kind_of = if datasource.contains("databases") {
        "Microsoft.DBforPostgreSQL/servers/databases"
    } else {
        "Microsoft.DBforPostgreSQL/flexibleServers"
    };
    Job {
        id: "job".to_owned(),
        kind,
        instance: "/subscriptions/s/i".parse().expect("an id"),
        activity: "activity".to_owned(),
        started,
        ended: Some(started),
        changed: started,
        due: None,
        status: "Completed",
        error: Value::Null,
        properties: json!({"dataSourceInfo": {"datasourceType": kind_of, "resourceID": resource}}),
        label: label.to_owned(),
        rehydration: None,
        recovery_point: None,
        destination: None,
        transferred_bytes: Some(71_152),
        source_bytes: Some(1),
    }
}

fn described(job: &Job) -> Value {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v";
    job.describe(&rules, &vault.parse().expect("an id"), false)["properties"].clone()
}

/// A single server's jobs as they were recorded name no store, count no bytes and, where a restore
/// goes to a database, have no details.
#[test]
fn jobs_of_single_servers_say_less() {
    const SINGLE: &str = "Microsoft.DBforPostgreSQL/servers/a/databases/b";
    const FLEXIBLE: &str = "Microsoft.DBforPostgreSQL/flexibleServers/a";
    let at = "2024-06-26T07:53:06Z";
    let moved = |job: &Value| {
        job["extendedInfo"]["subTasks"][0]["additionalDetails"]["DataTransferredInBytes"].clone()
    };
    let backup = described(&ended(JobKind::Backup, SINGLE, "default", at));
    assert_eq!(backup["destinationDataStoreName"], Value::Null);
    assert_eq!(
        backup["extendedInfo"]["additionalDetails"],
        json!({"RetentionTag": "default"})
    );
    let database = described(&ended(JobKind::Restore, SINGLE, "", at));
    assert_eq!(database["extendedInfo"]["additionalDetails"], Value::Null);
    assert_eq!(moved(&database), "0");
    let file = described(&ended(JobKind::Restore, SINGLE, "file", at));
    assert_eq!(
        file["extendedInfo"]["additionalDetails"],
        json!({"Restore File Prefix": "file"})
    );
    let flexible = described(&ended(JobKind::Backup, FLEXIBLE, "default", at));
    assert_eq!(flexible["destinationDataStoreName"], "VaultStore");
    assert_eq!(
        moved(&described(&ended(JobKind::Restore, FLEXIBLE, "file", at))),
        "71152"
    );
}

#[test]
fn backups_of_flexible_servers_can_be_cancelled_since_march_2025() {
    let actions = |datasource: &str, at: &str| {
        described(&ended(JobKind::Backup, datasource, "default", at))["supportedActions"].clone()
    };
    let flexible = "Microsoft.DBforPostgreSQL/flexibleServers/a";
    assert_eq!(actions(flexible, "2024-06-26T07:53:06Z"), json!([""]));
    assert_eq!(actions(flexible, "2025-04-26T07:53:06Z"), json!(["Cancellable"]));
    let single = "Microsoft.DBforPostgreSQL/servers/a/databases/b";
    assert_eq!(actions(single, "2025-03-26T07:53:06Z"), json!([""]));
}
