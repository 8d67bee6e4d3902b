//! The matrix as two tables: who gets through the network, and who may read.

use super::SecretEngine;
use super::sketch::{Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch};
use crate::strategy::agreement::Answer;
use crate::strategy::fold::Setting;

/// The settings of the network that can make a difference.
pub(crate) fn settings() -> Vec<Setting<Sketch>> {
    vec![
        Setting {
            name: "public access",
            words: vec![
                ("Enabled", |sketch| sketch.access = PublicAccess::Enabled),
                ("unset", |sketch| sketch.access = PublicAccess::Unset),
                ("Disabled", |sketch| sketch.access = PublicAccess::Disabled),
                ("SecuredByPerimeter", |sketch| {
                    sketch.access = PublicAccess::SecuredByPerimeter
                }),
            ],
        },
        Setting {
            name: "default",
            words: vec![
                ("Allow", |sketch| sketch.default_action = DefaultAction::Allow),
                ("unset", |sketch| sketch.default_action = DefaultAction::Unset),
                ("Deny", |sketch| sketch.default_action = DefaultAction::Deny),
            ],
        },
        Setting {
            name: "bypass",
            words: vec![
                ("AzureServices", |sketch| sketch.bypass = Bypass::AzureServices),
                ("unset", |sketch| sketch.bypass = Bypass::Unset),
                ("None", |sketch| sketch.bypass = Bypass::None),
            ],
        },
    ]
}

fn mark(answer: &Answer) -> char {
    match answer {
        Answer::Passes => '✓',
        Answer::Fails { code, .. } => match code.as_str() {
            "ForbiddenByFirewall" => 'f',
            "ForbiddenByConnection" => 'c',
            "ForbiddenByRbac" => 'r',
            "ForbiddenByPolicy" => 'p',
            _ => '?',
        },
        Answer::Odd(_) => '?',
    }
}

fn line(words: &[&str], widths: &[usize], cells: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for (word, width) in words.iter().zip(widths) {
        text += &format!("{word:width$}  ");
    }
    let cells: Vec<String> = cells.map(String::from).collect();
    format!("{text}{}\n", cells.join(" "))
}

/// Letters for columns, with what they stand for.
fn legend(labels: impl Iterator<Item = &'static str>) -> String {
    ('A'..)
        .zip(labels)
        .map(|(letter, label)| format!("  {letter}  {label}\n"))
        .collect()
}

/// Reading a secret: network settings by where the caller stands, then role by access policy under each
/// permission model.
pub fn read_secret(engine: &mut impl SecretEngine) -> String {
    let mut text = String::from(
        "Reading a secret of a key vault: is it answered?\n\n\
         ✓ yes   f no: ForbiddenByFirewall   c no: ForbiddenByConnection   \
         r no: ForbiddenByRbac   p no: ForbiddenByPolicy\n\n\
         Columns, where somebody stands who may read:\n",
    );
    text += &legend(Origin::ALL.iter().map(|origin| origin.label()));
    text.push('\n');
    let widths = [18, 7, 13];
    let header = ["public access", "default", "bypass"];
    text += &line(&header, &widths, ('A'..).take(Origin::ALL.len()));
    for &access in PublicAccess::ALL {
        for &default_action in DefaultAction::ALL {
            for &bypass in Bypass::ALL {
                let words = [access.label(), default_action.label(), bypass.label()];
                let cells = Origin::ALL.iter().map(|&origin| {
                    mark(&engine.read(&Sketch {
                        access,
                        default_action,
                        bypass,
                        origin,
                        ..Sketch::IN_ORDER
                    }))
                });
                text += &line(&words, &widths, cells);
            }
        }
    }
    text += "\nColumns, the access policy of somebody who gets through the network:\n";
    text += &legend(PolicyHeld::ALL.iter().map(|policy| policy.label()));
    for &model in Model::ALL {
        text += &format!("\nOn a vault with {}:\n\n", model.label());
        let widths = [52];
        text += &line(&["role"], &widths, ('A'..).take(PolicyHeld::ALL.len()));
        for &role in RoleHeld::ALL {
            let cells = PolicyHeld::ALL.iter().map(|&policy| {
                mark(&engine.read(&Sketch {
                    model,
                    role,
                    policy,
                    ..Sketch::IN_ORDER
                }))
            });
            text += &line(&[role.label()], &widths, cells);
        }
    }
    text
}
