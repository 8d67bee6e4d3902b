//! The world `serve --state` keeps: a process that is killed at any moment is come back to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::start::{azdrill, end, ended, says, send, wait_until};

/// A folder that the user of root's database servers gets through to.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::Builder::new()
        .prefix("azk")
        .tempdir_in("/tmp")
        .expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("made open");
    folder
}

/// A `serve` that keeps its world; killed if a test fails.
struct Serving {
    child: Child,
    state: PathBuf,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn begin(within: &Path, postgres: &str, arguments: &[&str]) -> Child {
        let state = within.join("state");
        let state = state.to_str().expect("UTF-8");
        let all = [&["serve", "--port", "0", "--state", state][..], arguments].concat();
        azdrill(&all)
            .env("AZDRILL_POSTGRES", postgres)
            .env("TMPDIR", within)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
    }

    /// What it has told until it was ready, where it is come back to: what it says of that.
    fn told_of_coming_back(&mut self) -> String {
        use std::io::BufRead as _;
        let from = self.child.stderr.as_mut().expect("a pipe");
        let mut line = String::new();
        std::io::BufReader::new(from).read_line(&mut line).expect("text");
        line
    }

    /// Starts it and waits until it is ready.
    fn start(within: &Path, postgres: &str, arguments: &[&str]) -> Self {
        let child = Self::begin(within, postgres, arguments);
        let mut serving = Self {
            child,
            state: within.join("state"),
        };
        let running = serving.state.join("running.json");
        let says_so = format!("\"process\": {},", serving.child.id());
        wait_until("it is ready", || {
            if serving.child.try_wait().expect("a status").is_some() {
                let mut told = String::new();
                let from = serving.child.stderr.take();
                let _ = std::io::Read::read_to_string(&mut from.expect("a pipe"), &mut told);
                panic!("it ended: {told}");
            }
            std::fs::read_to_string(&running).is_ok_and(|told| told.contains(&says_so))
        });
        serving
    }

    fn end_by(mut self, signal: &str) {
        send(signal, &self.child);
        end(&mut self.child);
    }

    /// A script whose every call goes there, not yet started.
    fn script(&self, text: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_azdrill");
        let state = self.state.display();
        let mut command = Command::new("bash");
        command.arg("-c").arg(format!(
            "set -eu\neval \"$('{program}' env --state '{state}')\"\n{CALLS}\n{text}"
        ));
        command.stdin(Stdio::null()).current_dir(&self.state);
        command
    }

    fn run(&self, text: &str) -> String {
        let (code, out, told) = ended(&self.script(text).output().expect("it starts"));
        assert_eq!(code, Some(0), "{out}\n{told}");
        out
    }
}

/// `arm METHOD PATH BODY` and `blob METHOD PATH [more]` answer with the status; what came is in `$answer`.
const CALLS: &str = r#"
token() {
    curl -sf "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
        -d grant_type=client_credentials -d client_id="$AZURE_CLIENT_ID" -d client_secret="$AZURE_CLIENT_SECRET" \
        -d scope="$1/.default" | sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
arm_token=$(token https://management.azure.com)
blob_token=$(token https://storage.azure.com)
arm() {
    curl -s -o "$answer" -w '%{http_code}' -X "$1" -H "Authorization: Bearer $arm_token" \
        -H 'Content-Type: application/json' ${3:+-d "$3"} "https://management.azure.com$2"
}
blob() {
    method=$1 path=$2; shift 2
    curl -s -o "$answer" -w '%{http_code}' -X "$method" -H "Authorization: Bearer $blob_token" \
        -H 'x-ms-version: 2023-11-03' "$@" "https://keptacct.blob.core.windows.net$path"
}
group=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/kept
"#;

/// A group, an account, a container, and the operator's role for its data.
const ACCOUNT: &str = r#"
arm PUT "$group?api-version=2021-04-01" '{"location":"uksouth"}'; echo
arm PUT "$group/providers/Microsoft.Storage/storageAccounts/keptacct?api-version=2023-01-01" \
    '{"location":"uksouth","kind":"StorageV2","sku":{"name":"Standard_LRS"}}'; echo
who=$(printf %s "$arm_token" | cut -d. -f2 | tr '_-' '/+' | { cat; echo ==; } | base64 -di 2>/dev/null | sed 's/.*"oid":"\([^"]*\)".*/\1/')
arm PUT "$group/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001?api-version=2022-04-01" \
    "{\"properties\":{\"roleDefinitionId\":\"/subscriptions/$AZURE_SUBSCRIPTION_ID/providers/Microsoft.Authorization/roleDefinitions/b7e6dc6d-f1e8-4753-8033-0f276bb0955b\",\"principalId\":\"$who\",\"principalType\":\"ServicePrincipal\"}}"; echo
for attempt in $(seq 100); do
    made=$(blob PUT '/box?restype=container' -d '')
    [ "$made" = 201 ] && break
    sleep 0.1
done
echo "$made"
"#;

/// Writes and deletes blobs for ever, and says what it does before and after.
const LOAD: &str = r#"
set +e
number=$1
while :; do
    number=$((number + 1))
    name=b$((number % 7))
    if [ $((number % 5)) = 0 ]; then
        echo "delete $name"
        status=$(blob DELETE "/box/$name")
        case $status in 202|404) echo "gone $name" ;; *) exit ;; esac
    else
        echo "put $name $number"
        head -c $((number % 11 * 9000)) /dev/zero | tr '\0' x >body.$$
        echo "$number" >>body.$$
        status=$(blob PUT "/box/$name" -H 'x-ms-blob-type: BlockBlob' --data-binary @body.$$)
        [ "$status" = 201 ] || exit
        echo "is $name $number"
    fi
done
"#;

/// What blobs there may be: what was acknowledged, or what was asked for last.
#[derive(Default)]
struct Known {
    /// By name, the number in it; `None` if it is gone.
    blobs: BTreeMap<String, Option<u64>>,
    asked: Option<(String, Option<u64>)>,
    number: u64,
}

impl Known {
    fn take(&mut self, told: &str) {
        for line in told.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = words.get(2).and_then(|number| number.parse().ok());
            match words[..] {
                ["put" | "delete", name, ..] => {
                    self.asked = Some((name.to_owned(), number));
                    self.number = number.unwrap_or(self.number + 1);
                }
                ["is" | "gone", name, ..] => {
                    self.blobs.insert(name.to_owned(), number);
                    self.asked = None;
                }
                _ => {}
            }
        }
    }

    /// Holds what is there against it; from then on that is what is known.
    fn check(&mut self, found: &str) {
        let asked = self.asked.take();
        for line in found.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [name, status, rest @ ..] = &words[..] else {
                continue;
            };
            let there = match (*status, rest) {
                ("200", [number, length]) => {
                    let number: u64 = number.parse().expect("a number");
                    let wanted = number % 11 * 9000 + number.to_string().len() as u64 + 1;
                    assert_eq!(length.parse(), Ok(wanted), "{line}");
                    Some(number)
                }
                ("404", _) => None,
                other => panic!("{line}: {other:?}"),
            };
            let was = self.blobs.get(*name).copied().flatten();
            let was_asked = asked
                .as_ref()
                .is_some_and(|(asked, number)| asked == name && *number == there);
            assert!(
                there == was || was_asked,
                "{line}: it was {was:?}, and asked for was {asked:?}"
            );
            self.blobs.insert((*name).to_owned(), there);
        }
    }
}

const LOOK: &str = r#"
for name in b0 b1 b2 b3 b4 b5 b6; do
    status=$(blob GET "/box/$name")
    if [ "$status" = 200 ]; then
        echo "$name 200 $(tail -n 1 "$answer" | tr -d x) $(wc -c <"$answer")"
    else
        echo "$name $status"
    fi
done
"#;

/// How often it is killed.
const KILLS: u64 = 24;

#[test]
fn what_was_acknowledged_is_there_after_every_kill() {
    let folder = folder();
    let within = folder.path();
    let serving = Serving::start(within, "none", &[]);
    let made = serving.run(ACCOUNT);
    assert_eq!(made.lines().last(), Some("201"), "{made}");
    let mut known = Known::default();
    let mut serving = Some(serving);
    for kill in 0..KILLS {
        let running = serving
            .take()
            .unwrap_or_else(|| Serving::start(within, "none", &[]));
        known.check(&running.run(LOOK));
        let mut load = running.script(&LOAD.replace("$1", &known.number.to_string()));
        let load = load.stdout(Stdio::piped()).stderr(Stdio::null());
        let load = load.spawn().expect("it starts");
        // At another moment of what it does each time.
        std::thread::sleep(Duration::from_millis(180 + kill * 37 % 400));
        running.end_by("KILL");
        let Output { stdout, .. } = load.wait_with_output().expect("it ended");
        known.take(&String::from_utf8_lossy(&stdout));
    }
    assert!(known.number > KILLS, "nothing was done: {}", known.number);
    let running = Serving::start(within, "none", &[]);
    known.check(&running.run(LOOK));
    // In good order as well.
    running.end_by("TERM");
    let running = Serving::start(within, "none", &[]);
    known.check(&running.run(LOOK));
    // Its journal is one that can be played.
    running.end_by("TERM");
    let journal = within.join("state/world.journal");
    let played = azdrill(&["replay", journal.to_str().expect("UTF-8")]).output();
    let (code, out, told) = ended(&played.expect("it starts"));
    assert_eq!(code, Some(0), "{out}{told}");
}

#[test]
fn what_is_kept_is_its_owners_alone_and_another_world_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let within = folder.path();
    Serving::start(within, "none", &["--seed", "5"]).end_by("KILL");
    for name in ["world.journal", "world.json"] {
        let file = within.join("state").join(name);
        let mode = std::fs::metadata(file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let refused = |arguments: &[&str], says_so: &[&str]| {
        let child = Serving::begin(within, "none", arguments);
        let (code, _, told) = ended(&child.wait_with_output().expect("it ended"));
        assert_eq!(code, Some(2), "{told}");
        says(&told, says_so);
    };
    refused(&["--seed", "6"], &["begun otherwise", "the seed 5", "--state"]);
    refused(&["--profile", "documented"], &["profile observed"]);
    refused(
        &["--world", "flexible_server_ready"],
        &["no world", "flexible_server_ready"],
    );
    let journal = within.join("state/world.journal");
    let mut bytes = std::fs::read(&journal).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&journal, &bytes).expect("written");
    refused(&[], &["is damaged at byte", "(line ", "azdrill replay"]);
    bytes[middle] ^= 1;
    bytes.extend_from_slice(b"0123456789abcdef {\"n\":");
    std::fs::write(&journal, &bytes).expect("written");
    let running = Serving::start(within, "none", &["--seed", "5"]);
    running.end_by("TERM");
}

/// A world whose building is broken off is built anew, and one that is ready is not.
#[test]
fn a_world_that_was_half_built_is_built_anew() {
    let folder = folder();
    let within = folder.path();
    let postgres = if has_local() { "local" } else { "none" };
    let world = ["--world", "flexible_server_ready", "--seed", "3"];
    for after in [20, 60, 120, 250, 400, 700, 1100] {
        let mut child = Serving::begin(within, postgres, &world);
        std::thread::sleep(Duration::from_millis(after));
        send("KILL", &child);
        end(&mut child);
    }
    let ids = "arm GET \"$AZDRILL_SERVER_ID?api-version=2024-08-01\"; echo; cat \"$answer\"";
    let running = Serving::start(within, postgres, &world);
    let before = running.run(ids);
    assert!(before.starts_with("200"), "{before}");
    running.end_by("KILL");
    let running = Serving::start(within, postgres, &world);
    assert_eq!(running.run(ids), before);
    running.end_by("TERM");
}

/// Whether servers can be run here by the programs of this machine.
fn has_local() -> bool {
    let has = Command::new("sh")
        .args([
            "-c",
            "command -v psql && { command -v initdb || ls -d /usr/lib/postgresql/*/bin; }",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    has.is_ok_and(|status| status.success())
}

const DATABASE: &str = r#"
servers=$(curl -sf --noproxy '*' "${HTTP_PROXY:-$http_proxy}/_azdrill/servers")
port=$(printf %s "$servers" | grep -o '"port": *[0-9]*' | head -n 1 | tr -dc 0-9)
host=$(printf %s "$servers" | grep -o '"host": *"[^"]*"' | head -n 1 | sed 's/.*: *"//;s/"//')
sql() {
    PGPASSWORD=$AZDRILL_SERVER_PASSWORD psql -X -q -t -A -v ON_ERROR_STOP=1 \
        "host=$AZDRILL_SERVER_HOST hostaddr=$host port=$port user=$AZDRILL_SERVER_ADMIN dbname=$AZDRILL_DATABASE sslmode=require" -c "$1"
}
"#;

/// Begins a job and says its id.
const BACKUP: &str = r#"
status=$(arm POST "$AZDRILL_INSTANCE_ID/backup?api-version=2024-04-01" \
    '{"backupRuleOptions":{"ruleName":"BackupWeekly","triggerOption":{}}}')
[ "$status" = 202 ]
"#;

const RESTORE: &str = r#"
arm GET "$AZDRILL_INSTANCE_ID/recoveryPoints?api-version=2024-04-01" >/dev/null
point=$(grep -o '"name": *"[0-9a-f]\{32\}"' "$answer" | head -n 1 | sed 's/.*: *"//;s/"//')
status=$(arm POST "$AZDRILL_INSTANCE_ID/restore?api-version=2024-04-01" "{
    \"objectType\":\"AzureBackupRecoveryPointBasedRestoreRequest\",\"recoveryPointId\":\"$point\",
    \"sourceDataStoreType\":\"VaultStore\",\"restoreTargetInfo\":{\"objectType\":\"RestoreFilesTargetInfo\",
    \"recoveryOption\":\"FailIfExists\",\"restoreLocation\":\"$AZDRILL_LOCATION\",\"targetDetails\":{
    \"filePrefix\":\"PREFIX\",\"restoreTargetLocationType\":\"AzureBlobs\",\"url\":\"$AZDRILL_CONTAINER_URL\"}}}")
[ "$status" = 202 ] || { cat "$answer"; exit 1; }
"#;

/// Waits until no job goes on, and says how each ended, in order.
const JOBS: &str = r#"
for attempt in $(seq 300); do
    arm GET "$AZDRILL_VAULT_ID/backupJobs?api-version=2024-04-01" >/dev/null
    grep -q '"status": *"InProgress"' "$answer" || break
    sleep 0.1
done
grep -o '"status": *"[A-Za-z]*"' "$answer" | sed 's/.*: *"//;s/"//' | sort | uniq -c | tr -s ' '
"#;

/// A job that is under way is taken up again, and what is in a database stays.
#[test]
fn jobs_and_databases_outlive_a_kill() {
    use std::io::Write as _;
    if !has_local() {
        let _ = writeln!(std::io::stderr(), "skipped: no PostgreSQL is installed here");
        return;
    }
    let folder = folder();
    let within = folder.path();
    let world = ["--world", "flexible_server_backed_up", "--fast-polls"];
    let serving = Serving::start(within, "local", &world);
    let table = "sql 'CREATE TABLE kept (round int)'";
    serving.run(&format!("{DATABASE}{table}"));
    let mut serving = Some(serving);
    let rounds = 6;
    let mut went_on = false;
    for round in 0..rounds {
        let mut running = serving
            .take()
            .unwrap_or_else(|| Serving::start(within, "local", &world));
        if round > 0 {
            let told = running.told_of_coming_back();
            says(&told, &["is the one that is kept", "inputs played"]);
            went_on |= told.contains("goes on");
        }
        running.run(&format!("{DATABASE}sql 'INSERT INTO kept VALUES ({round})'"));
        let begin = match round % 2 {
            0 => BACKUP.to_owned(),
            _ => RESTORE.replace("PREFIX", &format!("round{round}")),
        };
        running.run(&begin);
        std::thread::sleep(Duration::from_millis(u64::try_from(round * 90).expect("small")));
        running.end_by("KILL");
    }
    let running = Serving::start(within, "local", &world);
    let ended = running.run(JOBS);
    assert_eq!(ended.trim(), format!("{} Completed", rounds + 1), "jobs");
    assert!(went_on, "no work was ever under way");
    let rows = running.run(&format!("{DATABASE}sql 'SELECT count(*) FROM kept'"));
    assert_eq!(rows.trim(), rounds.to_string());
    running.end_by("TERM");
    // Nobody is left but what is kept.
    wait_until("its servers have ended", || {
        let left = std::fs::read_dir(within).expect("a folder").flatten();
        left.map(|entry| entry.file_name()).collect::<Vec<_>>() == ["state"]
    });
    let data = within.join("state/servers");
    let servers: Vec<_> = std::fs::read_dir(data).expect("there").flatten().collect();
    assert!(!servers.is_empty());
    for server in servers {
        assert!(!server.path().join("data/postmaster.pid").exists(), "{server:?}");
    }
}
