//! The matrix as a table of ticks and crosses, small enough to read a difference of.
//!
//! Rows that differ in a setting that makes no difference are folded into one.

use super::agreement::{Answer, RestoreEngine};
use super::fold::{self, Row, Setting};
use super::product;
use super::sketch::{
    Bypass, CrossTenant, DefaultAction, Identity, Network, PublicAccess, ResourceRule, Sketch,
};

/// The settings of the network that can make a difference.
pub(crate) fn settings() -> Vec<Setting<Network>> {
    vec![
        Setting {
            name: "public access",
            words: vec![
                ("Enabled", |network| network.access = PublicAccess::Enabled),
                ("unset", |network| network.access = PublicAccess::Unset),
                ("Disabled", |network| network.access = PublicAccess::Disabled),
                ("SecuredByPerimeter", |network| {
                    network.access = PublicAccess::SecuredByPerimeter
                }),
            ],
        },
        Setting {
            name: "default",
            words: vec![
                ("Allow", |network| network.default_action = DefaultAction::Allow),
                ("Deny", |network| network.default_action = DefaultAction::Deny),
            ],
        },
        Setting {
            name: "bypass",
            words: vec![
                ("AzureServices", |network| network.bypass = Bypass::AzureServices),
                ("None", |network| network.bypass = Bypass::None),
            ],
        },
        Setting {
            name: "resource rule",
            words: vec![
                ("this vault", |network| {
                    network.resource_rule = ResourceRule::ThisVault
                }),
                ("any vault (*)", |network| {
                    network.resource_rule = ResourceRule::AnyVault
                }),
                ("another vault", |network| {
                    network.resource_rule = ResourceRule::AnotherVault
                }),
                ("another tenant", |network| {
                    network.resource_rule = ResourceRule::AnotherTenant
                }),
                ("none", |network| network.resource_rule = ResourceRule::None),
            ],
        },
        Setting {
            name: "IP rule",
            words: vec![
                ("no", |network| network.ip_rule = false),
                ("yes", |network| network.ip_rule = true),
            ],
        },
        Setting {
            name: "private endpoint",
            words: vec![
                ("no", |network| network.private_endpoint = false),
                ("yes", |network| network.private_endpoint = true),
            ],
        },
    ]
}

/// The table of restore as files: network by roles for the system-assigned identity of the vault
/// with cross-tenant replication allowed, then identity by cross-tenant replication.
pub fn restore_as_files(engine: &mut impl RestoreEngine) -> String {
    let settings = settings();
    let holdings = product::holdings();
    let rows = fold::rows(&settings, &Network::OPEN, &mut |network| {
        let cells = holdings.iter().map(|holding| {
            mark(&engine.validate(&Sketch {
                network: *network,
                grants: holding.grants.clone(),
                ..Sketch::in_order()
            }))
        });
        cells.collect()
    });
    let mut text = String::from(
        "Restore of a flexible server as files: does validateRestore pass?\n\n\
         ✓ passes   n no: the network   r no: access   s no: the Backup service itself\n\n\
         Columns, what the vault's system-assigned identity holds:\n",
    );
    for (letter, holding) in ('A'..).zip(&holdings) {
        text += &format!("  {letter}  {}\n", holding.name);
    }
    text += "(SBDC: Storage Blob Data Contributor. Roles without a place are on the account.)\n\n";
    let letters = ('A'..).take(holdings.len());
    let header = Row {
        words: settings.iter().map(|setting| setting.name.to_owned()).collect(),
        cells: letters.collect(),
    };
    text += &aligned(&header, &rows);
    text += "\nIdentity by allowCrossTenantReplication, in a world otherwise in order:\n\n";
    text += &identities(engine);
    text
}

fn mark(answer: &Answer) -> char {
    match answer {
        Answer::Passes => '✓',
        Answer::Fails { gate, .. } => match gate.as_str() {
            "network" => 'n',
            "authorization" => 'r',
            "service" => 's',
            _ => '?',
        },
        Answer::Odd(_) => '?',
    }
}

fn aligned(header: &Row<char>, rows: &[Row<char>]) -> String {
    let all: Vec<&Row<char>> = std::iter::once(header).chain(rows).collect();
    let widths: Vec<usize> = (0..header.words.len())
        .map(|column| {
            all.iter()
                .map(|row| row.words[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in all {
        for (word, width) in row.words.iter().zip(&widths) {
            text += &format!("{word:width$}  ");
        }
        let cells: Vec<String> = row.cells.iter().copied().map(String::from).collect();
        text += &cells.join(" ");
        text.push('\n');
    }
    text
}

fn identities(engine: &mut impl RestoreEngine) -> String {
    let header = Row {
        words: std::iter::once("identity")
            .chain(CrossTenant::ALL.iter().map(|setting| setting.label()))
            .map(str::to_owned)
            .collect(),
        cells: Vec::new(),
    };
    let mut found = Vec::new();
    for &identity in Identity::ALL {
        let mut words = vec![identity.label().to_owned()];
        for &cross_tenant in CrossTenant::ALL {
            words.push(words_of(&engine.validate(&Sketch {
                identity,
                cross_tenant,
                ..Sketch::in_order()
            })));
        }
        found.push(Row {
            words,
            cells: Vec::new(),
        });
    }
    let table = aligned(&header, &found);
    table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

fn words_of(answer: &Answer) -> String {
    match answer {
        Answer::Passes => "✓".to_owned(),
        Answer::Fails { rules, .. } => format!("✗ {}", rules.first().map_or("?", String::as_str)),
        Answer::Odd(text) => format!("? {text}"),
    }
}
