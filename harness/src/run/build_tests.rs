//! What a person is told of a world that Azure will not have.

use azdrill_emulator::rules::{Assumptions, Profile, Rules};

use super::{Machine, Outside, RunError, play};
use crate::scenario::Library;

const STEP: &str = "[[step]]\ndo = \"advance\"\nby = \"1h\"\nexpect = { status = \"Succeeded\" }\n";

/// What is told of a scenario that passes every check, and whose world cannot be built.
async fn told(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let topic = folder.path().join("topic");
    std::fs::create_dir_all(&topic).unwrap();
    std::fs::create_dir_all(folder.path().join("_worlds")).unwrap();
    std::fs::write(topic.join("own.toml"), format!("claim = \"c\"\n{text}{STEP}")).unwrap();
    let library = Library::find(Some(folder.path()), folder.path()).unwrap();
    let mut scenario = library.get("own").unwrap();
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    scenario.check(&rules).unwrap();
    scenario.world.derive_secrets(1);
    let machine = Machine::of(Profile::Observed, Outside::Simulated(vec![15]));
    let error = Box::pin(play(&scenario, &machine)).await.unwrap_err();
    assert!(matches!(error, RunError::File(_)), "{error}");
    error
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "")
}

/// Each file, below what is wrong with it.
const FILES: [(&str, &str); 8] = [
    (
        "a policy that keeps for a word",
        "[resource.one]\nkind = \"vault\"\n[resource.rare]\nkind = \"policy\"\nvault = \"one\"\nkeep = \"soon\"\n",
    ),
    (
        "a vault whose own policy does",
        "[world.vault]\nname = \"safe\"\nkeep = \"soon\"\n",
    ),
    (
        "a subnet outside its network",
        "[resource.hub]\nkind = \"virtual_network\"\n[resource.inner]\nkind = \"subnet\"\nvirtual_network = \"hub\"\naddress_prefix = \"192.168.0.0/24\"\n",
    ),
    (
        "a network of no addresses",
        "[resource.hub]\nkind = \"virtual_network\"\naddress_prefix = \"10.2.0.0\"\n",
    ),
    (
        "an account of a long name",
        "[world.storage]\nname = \"This-Is-No-Account\"\n",
    ),
    (
        "a server of a word",
        "[resource.shop-pg]\nkind = \"flexible_server\"\nname = \"Shop_pg\"\n",
    ),
    (
        "a group that ends in a period",
        "[resource.one]\nkind = \"vault\"\ngroup = \"backup.\"\n",
    ),
    (
        "a redundancy that is none",
        "[world.vault]\nredundancy = \"Local\"\n",
    ),
];

#[tokio::test]
async fn what_azure_refuses_of_a_world_is_told_where_it_stands() {
    let mut all = String::new();
    for (what, text) in FILES {
        let told = told(text).await;
        assert!(told.starts_with("topic/own.toml, line "), "{what}: {told}");
        all += &format!("{what}\n    {told}\n");
    }
    insta::assert_snapshot!(all);
}
