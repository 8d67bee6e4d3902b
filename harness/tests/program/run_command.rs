//! `azdrill run`: what a command finds, what is told of it, and how it ends.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::start::{GIVE_UP_AFTER, azdrill, played, says};

/// Asks ARM for something with curl, as the operator. `$1` is the path, the rest goes to curl.
const ASK: &str = r#"
ask() {
    path=$1; shift
    curl -s -o /dev/null -w '%{http_code}\n' "$@" -H "Authorization: Bearer $token" "https://management.azure.com$path"
}
token=$(curl -s "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
    -d grant_type=client_credentials -d client_id="$AZURE_CLIENT_ID" -d client_secret="$AZURE_CLIENT_SECRET" \
    -d scope=https://management.azure.com/.default | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
"#;

pub(crate) fn script(text: &str) -> String {
    format!("set -e\n{ASK}\n{text}")
}

#[test]
fn a_commands_own_output_and_exit_code_are_left_alone_and_its_calls_are_told() {
    let text = script(
        r#"ask "/subscriptions?api-version=2022-12-01"
        ask "/subscriptions/$AZURE_SUBSCRIPTION_ID/providers/Microsoft.Nowhere/things?api-version=2024-01-01"
        curl -s https://example.com || true
        exit 7"#,
    );
    let (code, out, told) = played(&["run", "--", "sh", "-c", &text]);
    assert_eq!(code, Some(7), "{told}");
    assert_eq!(out.lines().collect::<Vec<_>>(), ["200", "501"]);
    says(
        &told,
        &[
            "What `sh` did to Azure",
            "login.microsoftonline.com",
            "asked for, and not in azdrill",
            "Microsoft.Nowhere/things",
            "hosts that are not ours: never dialled",
            "example.com",
            "exit code 7",
        ],
    );
    assert!(!told.contains("secret") && !told.contains("Bearer"), "{told}");
    assert!(!told.contains('\u{1b}'), "colour without a terminal: {told}");
}

#[test]
fn expectations_decide_where_there_are_some() {
    let folder = tempfile::tempdir().expect("a folder");
    let expect = folder.path().join("expect.toml");
    let record = folder.path().join("record.json");
    let text = script(
        r#"ask "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/none?api-version=2022-09-01"; exit 3"#,
    );
    let paths = [expect.to_str().expect("UTF-8"), record.to_str().expect("UTF-8")];
    let run = |expectation: &str| {
        std::fs::write(&expect, expectation).expect("written");
        let arguments = [
            "run", "-q", "--expect", paths[0], "--record", paths[1], "--", "sh", "-c", &text,
        ];
        let (code, _, told) = played(&arguments);
        (code, told)
    };
    let (code, told) = run(
        "exit = 3\ncalled = [\"ResourceGroups_Get\"]\nnot_called = [\"ResourceGroups_Delete\"]\n\
         all_implemented = true\n[[refused]]\noperation = \"ResourceGroups_Get\"\ncode = \"ResourceGroupNotFound\"\n",
    );
    assert_eq!((code, told.as_str()), (Some(3), ""), "held, and quiet about it");
    let record = std::fs::read_to_string(&record).expect("recorded");
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(record["exit_code"], 3);
    let last = record["calls"]
        .as_array()
        .and_then(|calls| calls.last())
        .expect("a call");
    assert_eq!(last["refused"]["code"], "ResourceGroupNotFound");

    let (code, told) = run("exit = 0\ncalled = [\"Blob_Put\"]\nrecovery_points = 1\n\
         [[job]]\noperation = \"Restore\"\n[[refused]]\ngate = \"network\"\n");
    assert_eq!(code, Some(1), "{told}");
    says(
        &told,
        &[
            "missed: exit: expected 0, got 3",
            "missed: called: Blob_Put was never called",
            "missed: recovery_points: expected 1, got 0",
            "missed: job: there was none with operation Restore, but no job at all",
            "missed: refused: there was no refusal with gate network",
        ],
    );
    let (code, told) = run("no_refusals = true\n");
    assert_eq!(code, Some(1), "{told}");
    says(&told, &["missed: no_refusals: GET"]);
}

#[test]
fn what_cannot_run_is_said_before_anything_is_built() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let plain = file("plain", "no program");
    let expect = file("expect.toml", "exti = 3\n");
    let faults = file(
        "faults.toml",
        "[[request]]\noperation = \"Blob_Ptu\"\nlose_answer = { status = 500 }\n",
    );
    for (arguments, parts) in [
        (
            vec!["run", "--", "no-such-command-anywhere"],
            vec!["cannot start `no-such-command-anywhere`", "PATH"],
        ),
        (
            vec!["run", "--", plain.as_str()],
            vec!["is not executable", "chmod"],
        ),
        (
            vec!["run", "--", "./nowhere/at-all"],
            vec!["there is no such file"],
        ),
        (
            vec!["run", "--world", "flexible_server_redy", "--", "true"],
            vec!["no world `flexible_server_redy`", "flexible_server_ready"],
        ),
        (
            vec!["run", "--jurnal", "f", "--", "true"],
            vec!["unexpected argument '--jurnal'", "Usage: azdrill run"],
        ),
        (
            vec!["run", "--recrod", "f", "--", "true"],
            vec!["unexpected argument '--recrod'", "--record"],
        ),
        (
            vec!["run", "--certificate", plain.as_str(), "--", "true"],
            vec!["no certificate in"],
        ),
        (
            vec!["run", "--from", "moon", "--", "true"],
            vec!["--from", "expected `internet`"],
        ),
        (
            vec!["run", "--expect", expect.as_str(), "--", "true"],
            vec!["expect.toml, line 1, column 1", "exti", "did you mean `exit`?"],
        ),
        (
            vec!["run", "--faults", faults.as_str(), "--", "true"],
            vec!["did you mean `Blob_Put`?"],
        ),
    ] {
        let (code, out, told) = played(&arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
        assert!(out.is_empty(), "{out}");
        says(&told, &parts);
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[test]
fn faults_strike_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let faults = folder.path().join("faults.toml");
    let text = "[[request]]\noperation = \"Subscriptions_List\"\nnth = 2\nanswer = { status = 503, code = \"ServerBusy\", retry_after_seconds = 1 }\n";
    std::fs::write(&faults, text).expect("written");
    let one = r#"ask "/subscriptions?api-version=2022-12-01""#;
    let text = script(&format!("{one}\n{one}\n{one}\n"));
    let faults = faults.to_str().expect("UTF-8");
    let (code, out, told) = played(&["run", "--faults", faults, "--", "sh", "-c", &text]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(out.lines().collect::<Vec<_>>(), ["200", "503", "200"]);
}

/// Past the test runner, which shows only what failing tests print.
fn skip(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// A hosts file of one's own needs namespaces, which not every machine lets a program have.
fn has_own_hosts() -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    std::fs::write(&hosts, "").expect("written");
    let hosts = hosts.to_str().expect("UTF-8");
    let (code, _, told) = played(&["within-hosts", hosts]);
    if code != Some(0) {
        skip(&format!(
            "a command cannot have a hosts file of its own here: {told}"
        ));
    }
    code == Some(0)
}

#[test]
fn names_resolve_for_the_command_and_for_nobody_else() {
    if !has_own_hosts() {
        return;
    }
    let group = r#"g="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/g""#;
    let text = script(&format!(
        r#"{group}
        ask "$g?api-version=2022-09-01" -X PUT -H 'content-type: application/json' -d '{{"location":"uksouth"}}'
        ask "$g/providers/Microsoft.Storage/storageAccounts/drillnames?api-version=2023-01-01" -X PUT \
            -H 'content-type: application/json' -d '{{"location":"uksouth","kind":"StorageV2","sku":{{"name":"Standard_LRS"}}}}'
        grep -c 'drillnames.blob.core.windows.net' /etc/hosts
        grep -c 'management.azure.com' /etc/hosts
        unset https_proxy HTTPS_PROXY
        ask "/subscriptions?api-version=2022-12-01""#
    ));
    let (code, out, told) = played(&["run", "--", "sh", "-c", &text]);
    let lines: Vec<&str> = out.lines().collect();
    if lines.get(2) == Some(&"0") {
        // Port 443 is for root alone: then there is no address to resolve to.
        skip("nothing may listen on port 443 here");
        return;
    }
    assert_eq!(lines, ["201", "202", "1", "1", "200"], "{told}");
    assert_eq!(code, Some(0), "{told}");
    let system = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    assert!(
        !system.contains("drillnames"),
        "the system's own file is as it was"
    );
}

/// A world with a real server in it, and PostgreSQL's own client, which knows no proxies.
#[test]
fn psql_reaches_the_worlds_server_by_its_name() {
    if !has_own_hosts() {
        return;
    }
    if Command::new("psql").arg("--version").output().is_err() {
        return skip("psql is not installed");
    }
    let query = r#"PGPASSWORD=$AZDRILL_SERVER_PASSWORD psql -At \
        "host=$AZDRILL_SERVER_HOST user=$AZDRILL_SERVER_ADMIN dbname=$AZDRILL_DATABASE sslmode=verify-full" \
        -c 'select current_user, count(*) from orders'"#;
    let mut command = azdrill(&["run", "--world", "flexible_server_ready", "--", "sh", "-c", query]);
    let output = command
        .env_remove("AZDRILL_POSTGRES")
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "drilladmin|3000",
        "{told}"
    );
    says(
        &told,
        &[
            "world flexible_server_ready",
            "CONNECT drill-pg.postgres.database.azure.com",
        ],
    );
    let stranger = azdrill(&[
        "run",
        "-q",
        "--from",
        "internet:198.51.100.7",
        "--world",
        "flexible_server_ready",
        "--",
        "sh",
        "-c",
        query,
    ])
    .env_remove("AZDRILL_POSTGRES")
    .output()
    .expect("it starts");
    let said = String::from_utf8_lossy(&stranger.stderr).into_owned();
    assert_eq!(stranger.status.code(), Some(2), "{said}");
    says(&said, &["no pg_hba.conf entry for host \"198.51.100.7\""]);
}

#[test]
fn lines_for_a_hosts_file_are_printed_where_the_command_has_none_of_its_own() {
    let mut command = azdrill(&[
        "run",
        "--names",
        "system",
        "--world",
        "flexible_server_ready",
        "--",
        "true",
    ]);
    let output = command
        .env_remove("AZDRILL_POSTGRES")
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    says(
        &told,
        &[
            "(`--names system`); lines for /etc/hosts:\n",
            " drill-pg.postgres.database.azure.com\n",
        ],
    );
}

/// The JDK's own client, which the Azure SDKs for Java stand on or beside.
#[test]
fn java_trusts_us_and_finds_the_way() {
    if Command::new("javac").arg("-version").output().is_err() {
        return skip("there is no JDK here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("Ask.java");
    let program = r#"
        public class Ask {
            public static void main(String[] arguments) throws Exception {
                var address = new java.net.URL("https://management.azure.com/metadata/endpoints?api-version=2022-09-01");
                var connection = (java.net.HttpURLConnection) address.openConnection();
                System.out.println(connection.getResponseCode());
            }
        }"#;
    std::fs::write(&file, program).expect("written");
    let (code, out, told) = played(&["run", "--", "java", file.to_str().expect("UTF-8")]);
    assert_eq!((code, out.trim()), (Some(0), "200"), "{told}");
}

#[test]
fn two_runs_side_by_side_do_not_meet() {
    let text = script(
        r#"g="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$NAME"
        ask "$g?api-version=2022-09-01" -X PUT -H 'content-type: application/json' -d '{"location":"uksouth"}'
        sleep 1
        curl -s -H "Authorization: Bearer $token" "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups?api-version=2022-09-01""#,
    );
    let started: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|name| {
            azdrill(&["run", "-q", "--", "sh", "-c", &text])
                .env("NAME", name)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it starts")
        })
        .collect();
    for (child, (own, other)) in started.into_iter().zip([("one", "two"), ("two", "one")]) {
        let output = child.wait_with_output().expect("it ends");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(out.contains(&format!("\"name\":\"{own}\"")), "{out}");
        assert!(!out.contains(&format!("\"name\":\"{other}\"")), "{out}");
    }
}

/// The same world twice: servers of one name, and each command reaches its own.
#[test]
fn two_runs_of_one_world_each_have_their_own_server() {
    if !has_own_hosts() {
        return;
    }
    if Command::new("psql").arg("--version").output().is_err() {
        return skip("psql is not installed");
    }
    let text = r#"ask() {
            PGPASSWORD=$AZDRILL_SERVER_PASSWORD psql -qAt -c "$1" \
                "host=$AZDRILL_SERVER_HOST user=$AZDRILL_SERVER_ADMIN dbname=$AZDRILL_DATABASE sslmode=verify-full"
        }
        ask "create table mark_$NAME ()" && sleep 1 && ask "select relname from pg_class where relname like 'mark%'""#;
    let started: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|name| {
            azdrill(&[
                "run",
                "-q",
                "--world",
                "flexible_server_ready",
                "--",
                "sh",
                "-c",
                text,
            ])
            .env_remove("AZDRILL_POSTGRES")
            .env("NAME", name)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
        })
        .collect();
    for (child, name) in started.into_iter().zip(["one", "two"]) {
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            format!("mark_{name}"),
            "{told}"
        );
    }
}

/// With a real server in the world: whatever ends the command, the server goes as well.
#[test]
fn a_command_that_a_signal_ends_leaves_nothing() {
    let mut child = azdrill(&[
        "run",
        "--world",
        "flexible_server_ready",
        "--",
        "sh",
        "-c",
        "kill -KILL $$",
    ])
    .env_remove("AZDRILL_POSTGRES")
    .stdin(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .expect("it starts");
    let own = format!("-{}-", child.id());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(137), "128 and the signal's number");
    let left: Vec<_> = std::fs::read_dir(std::env::temp_dir())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("azdrill-") && name.contains(&own))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_signal_ends_the_command_and_then_the_world() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = folder.path().join("said");
    let program = folder.path().join("patient.sh");
    let text = "#!/bin/sh\ntrap 'echo ended > \"$SAID.end\"; exit 5' TERM\necho \"$AZURE_CONFIG_DIR\" > \"$SAID\"\n\
                while :; do sleep 0.1; done\n";
    std::fs::write(&program, text).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made executable");
    let mut child = azdrill(&["run", "--", program.to_str().expect("UTF-8")])
        .env("SAID", &said)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let deadline = Instant::now() + GIVE_UP_AFTER;
    while !said.exists() {
        assert!(Instant::now() < deadline, "the command never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(killed.expect("kill").success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(5), "the command's own exit code");
    assert!(
        folder.path().join("said.end").exists(),
        "the command was told to end"
    );
    let scratch = std::fs::read_to_string(&said).expect("read");
    let scratch = Path::new(scratch.trim()).parent().expect("a folder");
    assert!(!scratch.exists(), "nothing is left of the world");
}
