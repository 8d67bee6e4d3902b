//! Long lists come in pages.

use serde_json::{Value, json};

use crate::bodies::backup_body;
use crate::world::{World, below_vault};

impl World {
    /// The names on each page of a list.
    fn pages(&mut self, target: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut next = Some(target.to_owned());
        while let Some(target) = next {
            let answer = self.get(&target);
            assert_eq!(answer.status, 200, "{answer:?}");
            let body = answer.json_body();
            let names = body["value"].as_array().expect("a list").iter();
            pages.push(
                names
                    .map(|entry| entry["name"].as_str().unwrap_or_default().to_owned())
                    .collect(),
            );
            next = body["nextLink"].as_str().map(|link| {
                let target = link
                    .strip_prefix("https://management.azure.com")
                    .expect("the same host");
                target.to_owned()
            });
        }
        pages
    }
}

#[test]
fn lists_are_whole_unless_a_client_asks_for_less() {
    let mut world = World::backed_up();
    for _ in 0..2 {
        let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
        assert_eq!(started.status, 202, "{started:?}");
        world.settle();
    }
    let subscription = world.operator.subscription.clone();
    for (target, count) in [
        (below_vault("backupInstances/one/recoveryPoints?$filter="), 3),
        (below_vault("backupJobs?x=y"), 3),
        (format!("/subscriptions/{subscription}/resources?$filter="), 3),
        (
            "/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()".to_owned(),
            2,
        ),
    ] {
        let whole = world.pages(&target);
        assert_eq!(
            whole.iter().map(Vec::len).collect::<Vec<_>>(),
            [count],
            "{target}"
        );
        let by_one = world.pages(&format!("{target}&%24top=1"));
        assert_eq!(by_one.len(), count, "{target}");
        assert_eq!(by_one.concat(), whole[0], "{target}");
        let refused = world.get(&format!("{target}&$skipToken=invented"));
        assert_eq!(refused.status, 400, "{target}");
    }
}

/// What a client filtered by, it filters by on the next page too.
#[test]
fn the_next_page_keeps_the_filter() {
    let mut world = World::new();
    let account = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    for name in ["one", "two", "three"] {
        let target = format!("/providers/Microsoft.Storage/storageAccounts/{name}");
        assert_eq!(world.put(&target, &account).status, 202);
    }
    world.put_server();
    world.settle();
    let subscription = world.operator.subscription.clone();
    let filter = "name%20ne%20%27two%27";
    let pages = world.pages(&format!(
        "/subscriptions/{subscription}/resources?%24filter={filter}&%24top=2"
    ));
    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 1]);
    let value: Value = json!(pages.concat());
    assert_eq!(value, json!(["source", "one", "three"]));
}
