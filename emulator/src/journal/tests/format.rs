//! What stands in a file is read by whatever version is of the same format.

use crate::journal::Input;

/// One of each, as they were written: whoever changes how one is written changes the format, and its number.
const INPUTS: &str = r#"
{"given":{"foundation":{}}}
{"given":{"foundation":{"certificate":"AAEC"}}}
{"given":{"application":{"id":"00000000-0000-0000-0000-000000000001","app_id":"00000000-0000-0000-0000-000000000002","tenant":"00000000-0000-0000-0000-000000000003","name":"auditor","secret":"x"}}}
{"given":{"role":{"to":"00000000-0000-0000-0000-000000000001","role":"Reader","at":"/subscriptions/s","after":"PT10M"}}}
{"given":{"properties":{"id":"/subscriptions/s/resourceGroups/g","properties":{"a":1}}}}
{"admit":{"path":{"internet":{"address":"203.0.113.10"}},"request":{"method":"PUT","host":"a.blob.core.windows.net","path":"/c/b"}}}
{"too_long":{"path":{"subnet":{"subnet":"/subscriptions/s"}},"request":{"method":"PUT","plain":true,"host":"management.azure.com","port":8443,"path":"/a","query":"b=c"}}}
{"prepare":{"path":{"private_endpoint":{"endpoint":"/subscriptions/s"}},"request":{"method":"POST","host":"v.vault.azure.net","path":"/keys","headers":[["x","y"],["z",{"base64":"/w=="}]],"body":{"memory":"{}"}}}}
{"call":{"path":{"azure_service":{"instance":"/subscriptions/s","tenant":"00000000-0000-0000-0000-000000000003","region":"uksouth"}},"request":{"method":"PUT","host":"a.blob.core.windows.net","path":"/c/b","body":{"stored":{"extents":[{"segment":0,"offset":1,"length":2}],"length":2,"md5":null}},"spelled":["X-Ms-Meta-A"],"came_at":"2026-03-02T06:00:00Z","prepared":[4]}}}
{"connect":{"path":{"internet":{"address":"::1"}},"host":"drill.postgres.database.azure.com"}}
{"entrance":{"host":"drill.postgres.database.azure.com","address":"127.0.0.1:5432"}}
"tick"
{"complete":{"effect":7,"result":{"server_started":"127.0.0.1:5432"}}}
{"complete":{"effect":7,"result":{"described":[{"name":"a","kind":"bool","unit":"","default":"on","least":"","most":"","words":[],"context":"user","description":"b"}]}}}
{"complete":{"effect":7,"result":"server_done"}}
{"complete":{"effect":7,"result":{"dumped":{"files":[{"blob":"a","kind":{"database":"shop"},"length":3},{"blob":"b","kind":"roles","length":3}],"datasource_size_bytes":9}}}}
{"complete":{"effect":7,"result":{"copied":[{"blob":"a","length":3}]}}}
{"complete":{"effect":7,"result":{"examined":[{"object":"table a","privilege":"SELECT"}]}}}
{"complete":{"effect":7,"result":{"loaded":12}}}
{"complete":{"effect":7,"result":"worked_out"}}
{"complete":{"effect":7,"result":{"failed":{"refused":{"status":403,"code":"a","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"sign_in_refused","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"engine":"a"}}}}
{"complete":{"effect":7,"result":{"failed":{"store":"a"}}}}
{"fault":{"operation":"Blob_Put","path_contains":"/c/","nth":1,"times":2,"optional":false,"kind":{"answer":{"status":503,"code":"ServerBusy","retry_after_seconds":1}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":2,"optional":true,"kind":{"lose_answer":{"status":502}}}}
{"connection_fault":{"server":"drill","from":"service","nth":1,"times":1,"optional":false,"kind":{"reset_after":{"bytes":10}}}}
{"connection_fault":{"server":"","from":null,"nth":1,"times":1,"optional":false,"kind":"refuse"}}
"clear_faults"
{"keep":{"name":"a"}}
{"come_back":{"name":"a"}}
{"forget":{"name":"a"}}
{"begin_again":{"profile":"documented","assumptions":{"FX-RF-FILES":"named_by_guid"},"seed":18446744073709551615,"settings":{"pace":"recorded","role_propagation":"PT10M","has_postgres":true,"postgres_majors":[17],"engine_namespace":"w1-","entra_credentials_until":"2025-03-28T00:00:00Z","fast_polls":true}}}
"#;

#[test]
fn every_kind_of_input_is_written_as_it_was() {
    for line in INPUTS.lines().filter(|line| !line.is_empty()) {
        let input: Input = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let written = serde_json::to_string(&input).expect("it can be written");
        assert_eq!(written, line);
        assert!(!input.what().is_empty());
    }
}
