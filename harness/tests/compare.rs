//! `azdrill compare`: recordings of every form, what is said of them, and what cannot be played.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn azdrill(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_azdrill"))
        .args(arguments)
        .env("AZDRILL_POSTGRES", "none")
        .env_remove("AZDRILL_LOG")
        .output()
        .expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

const VAULT: &str = "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v?api-version=2024-04-01";

/// A vault that is looked for and not there, as each recorder writes it.
fn absent(code: &str) -> [(&'static str, String); 4] {
    let error = json!({"error": {"code": code, "message": "m"}}).to_string();
    let yaml = format!(
        "interactions:\n- request:\n    body: null\n    headers:\n      Accept: ['*/*']\n    method: GET\n    uri: {VAULT}\n  response:\n    body:\n      string: '{error}'\n    headers:\n      date: ['Wed, 26 Jun 2024 10:01:06 GMT']\n    status: {{code: 404, message: Not Found}}\nversion: 1\n"
    );
    let go = format!(
        "---\nversion: 2\ninteractions:\n  - id: 0\n    request:\n      body: \"\"\n      headers: {{}}\n      url: {VAULT}\n      method: GET\n    response:\n      body: '{error}'\n      headers: {{}}\n      status: 404 Not Found\n      code: 404\n"
    );
    let proxy = json!({"Entries": [{"RequestUri": VAULT, "RequestMethod": "GET", "RequestHeaders": {}, "RequestBody": null, "StatusCode": 404, "ResponseHeaders": {}, "ResponseBody": {"error": {"code": code, "message": "m"}}}]});
    let trimmed = json!([{"index": 0, "request": {"method": "GET", "uri": VAULT}, "response": {"status": {"code": 404}, "body": {"error": {"code": code, "message": "m"}}}}]);
    [
        ("python.yaml", yaml),
        ("go.yaml", go),
        ("proxy.json", proxy.to_string()),
        ("trimmed.json", trimmed.to_string()),
    ]
}

#[test]
fn every_form_is_read_and_played() {
    let folder = Folder::new();
    for (name, text) in absent("ResourceNotFound") {
        let file = folder.write(name, &text);
        let (code, out, told) = azdrill(&["compare", &file]);
        assert_eq!(code, Some(0), "{name}: {out}{told}");
        says(&out, &[name, "1 requests: no difference"]);
    }
    for (name, text) in absent("SomethingElse") {
        let file = folder.write(name, &text);
        let (code, out, told) = azdrill(&["compare", &file]);
        assert_eq!(code, Some(1), "{name}: {out}{told}");
        says(&out, &["404 SomethingElse", "404 ResourceNotFound", "1 are not"]);
    }
}

#[test]
fn a_difference_is_named_with_a_reason_or_it_counts() {
    let folder = Folder::new();
    let [_, _, _, (_, text)] = absent("SomethingElse");
    let file = folder.write("one.json", &text);
    let named = folder.write(
        "named.toml",
        "[[difference]]\nfile = \"one.json\"\npath = \"status\"\nreason = \"we say it plainly\"\n",
    );
    let (code, out, told) = azdrill(&["compare", &file, "--differences", &named]);
    assert_eq!(code, Some(0), "{out}{told}");
    says(&out, &["because", "we say it plainly", "all of them named"]);
    let (code, out, _) = azdrill(&["compare", &file, &named, "--format", "json"]);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["as_named"], true);
    assert_eq!(report["total"]["named"], 1);
    let difference = &report["report"]["files"][0]["exchanges"][0]["differences"][0];
    assert_eq!(difference["reason"], "we say it plainly");
    assert_eq!(difference["expected"], "404 SomethingElse");

    // What names nothing any more is an error itself.
    let [_, _, _, (_, text)] = absent("ResourceNotFound");
    let file = folder.write("one.json", &text);
    let (code, out, _) = azdrill(&["compare", &file, "--differences", &named]);
    assert_eq!(code, Some(1), "{out}");
    says(&out, &["names no difference any more", "one entry names nothing"]);
    // What is about another recording is not.
    let file = folder.write("two.json", &text);
    let (code, out, _) = azdrill(&["compare", &file, "--differences", &named]);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn what_cannot_be_played_is_said_with_file_line_and_column() {
    let folder = Folder::new();
    let bad = [
        (
            "a.json",
            "[\n {\n  \"request\": oops\n",
            vec!["a.json:3:", "this is no JSON"],
        ),
        (
            "b.json",
            "[\n {\"request\": {\"method\": \"GET\"},\n  \"response\": {}}\n]",
            vec!["b.json:3:15", "`code` was expected"],
        ),
        (
            "c.yaml",
            "interactions:\n- request:\n    method: GET\n  response:\n    status: {code: 99}\n",
            vec!["c.yaml:5:20", "a status between 100 and 599"],
        ),
        ("d.yaml", "a: [1\nb: 2\n", vec!["d.yaml:", "this is no YAML"]),
        (
            "e.yaml",
            "something: else\n",
            vec!["e.yaml:1:1", "a list of requests was expected"],
        ),
        (
            "f.json",
            "[{\"request\": {\"method\": \"GET\", \"uri\": \"/no/host\"}, \"response\": {\"code\": 200}}]",
            vec!["f.json:1:", "an address (https://…) was expected"],
        ),
        (
            "g.json",
            "{\"interactions\": []}",
            vec!["g.json", "holds no request"],
        ),
        ("h.json", "{\"Entries\": []}", vec!["h.json", "holds no request"]),
        ("i.json", "{\"calls\": []}", vec!["i.json", "holds no request"]),
    ];
    for (name, text, parts) in bad {
        let file = folder.write(name, text);
        let (code, out, told) = azdrill(&["compare", &file]);
        assert_eq!(code, Some(2), "{name}: {out}{told}");
        says(&told, &parts);
    }
    let (code, _, told) = azdrill(&["compare", "/no/such/file.json"]);
    assert_eq!(code, Some(2));
    says(&told, &["cannot read /no/such/file.json"]);
    let (code, _, told) = azdrill(&["compare", "/dev/zero"]);
    assert_eq!(code, Some(2));
    says(&told, &["cannot read /dev/zero", "no plain file"]);
    let toml = folder.write("bad.toml", "[[difference]]\nfile = \"x\"\nraeson = \"r\"\n");
    let (code, _, told) = azdrill(&["compare", &toml]);
    assert_eq!(code, Some(2));
    says(&told, &["bad.toml", "raeson"]);
    let toml = folder.write("bad.toml", "[[difference]]\nreason = \"everything\"\n");
    let (code, _, told) = azdrill(&["compare", &toml]);
    assert_eq!(code, Some(2));
    says(&told, &["it would accept everything"]);
}

#[test]
fn every_line_fits() {
    let folder = Folder::new();
    let [_, _, _, (_, text)] = absent("SomethingElse");
    let file = folder.write(&format!("{}.json", "long".repeat(40)), &text);
    let (_, out, _) = azdrill(&["compare", &file]);
    for line in out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

/// A run's own record is a recording; it holds what was sent and answered, and no secret.
#[test]
fn a_run_is_recorded_and_compared() {
    let folder = Folder::new();
    let record = folder.path("record.json");
    let script = r#"set -e
token=$(curl -s "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
    -d grant_type=client_credentials -d client_id="$AZURE_CLIENT_ID" -d client_secret="$AZURE_CLIENT_SECRET" \
    -d scope=https://management.azure.com/.default | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
put() { curl -s -o /dev/null -X PUT -H "Authorization: Bearer $token" -H 'content-type: application/json' "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID$1" -d "$2"; }
put "/resourceGroups/g?api-version=2022-09-01" '{"location":"westeurope"}'
put "/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/server?api-version=2024-08-01" '{"location":"westeurope","properties":{"administratorLogin":"me","administratorLoginPassword":"Tell-nobody-1!","createMode":"Default"}}'
echo "$AZURE_CLIENT_SECRET $token""#;
    let arguments = [
        "run",
        "-q",
        "--record",
        record.to_str().expect("UTF-8"),
        "--",
        "sh",
        "-c",
        script,
    ];
    let (code, out, told) = azdrill(&arguments);
    assert_eq!(code, Some(0), "{told}");
    let text = std::fs::read_to_string(&record).expect("recorded");
    for secret in out.split_whitespace().chain(["Tell-nobody-1!"]) {
        assert!(!text.contains(secret), "a secret is in the record");
    }
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    let calls = whole["calls"].as_array().expect("calls");
    let server = calls.last().expect("a call");
    assert_eq!(server["status"], 202, "{server:#}");
    assert_eq!(server["api_version"], "2024-08-01");
    assert_eq!(server["query"], "api-version=2024-08-01");
    assert_eq!(server["request_body"]["properties"]["administratorLogin"], "me");
    assert_eq!(
        server["request_body"]["properties"]["administratorLoginPassword"],
        "(hidden)"
    );
    assert_eq!(
        server["response_headers"]["azure-asyncoperation"]
            .as_str()
            .map(|text| &text[..8]),
        Some("https://")
    );
    let (code, out, told) = azdrill(&["compare", record.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(0), "{out}{told}");
    says(
        &out,
        &["2 requests, 1 left out (signing in, other hosts): no difference"],
    );
}

/// Recordings of disks, whose policies have parameters that a server's have not: whatever field of theirs is missing
/// here is one of those, and so their share of fields is what it is.
const OF_DISKS: [&str; 2] = ["backup_instance_softdelete.json", "instance_2026_03_01.json"];

/// How many of a hundred; all of nothing are all of it.
fn per_cent(figures: &Value, part: &str, whole: &str) -> f64 {
    let count = |name: &str| figures[name].as_f64().expect("a count");
    match count(whole) {
        0.0 => 100.0,
        whole => 100.0 * count(part) / whole,
    }
}

/// At least 99 of 100 statuses with their codes, and 97 of 100 fields and their values, are as they were recorded; in
/// every recording for itself, but for what is said of disks.
#[test]
fn the_recordings_of_this_repository_are_answered_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
    let (code, out, told) = azdrill(&["compare", folder.to_str().expect("UTF-8"), "--format", "json"]);
    assert_eq!(code, Some(0), "{out}{told}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["as_named"], true);
    let files = report["report"]["files"].as_array().expect("files");
    let names: Vec<&str> = files.iter().filter_map(|file| file["name"].as_str()).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    assert_eq!(report["total"]["requests"], 108);
    assert_eq!(report["total"]["not_played"], 0);
    for (name, figures) in names
        .iter()
        .copied()
        .zip(files.iter().map(|file| &file["figures"]))
        .chain([("all", &report["total"])])
    {
        let of_disks = OF_DISKS.contains(&name);
        let least = |wanted: f64, of_disk: f64| if of_disks { of_disk } else { wanted };
        for (part, whole, least) in [
            ("status_equal", "requests", 99.0),
            ("fields_equal", "fields", least(97.0, 90.0)),
            ("values_equal", "fields_equal", least(97.0, 95.0)),
        ] {
            let found = per_cent(figures, part, whole);
            assert!(
                found >= least,
                "{name}: {part} is {found:.1} % of {whole}, and not {least} %"
            );
        }
    }
    for file in files
        .iter()
        .filter(|file| OF_DISKS.contains(&file["name"].as_str().unwrap_or_default()))
    {
        let exchanges = file["exchanges"].as_array().expect("exchanges");
        for difference in exchanges
            .iter()
            .filter_map(|one| one["differences"].as_array())
            .flatten()
            .filter(|one| one["kind"] == "missing" || one["kind"] == "extra")
        {
            let path = difference["path"].as_str().expect("a path");
            assert!(path.ends_with("policyInfo.policyParameters"), "{difference:#}");
        }
    }
}

#[test]
fn the_recordings_of_this_repository_are_as_they_are_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
    let (code, out, told) = azdrill(&["compare", "-q", folder.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(0), "{out}{told}");
    says(&out, &["108 requests", "100.0 %", "all of them named"]);
}
