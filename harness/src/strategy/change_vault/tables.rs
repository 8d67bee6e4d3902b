//! Which combinations are walked, and which are shown.

use crate::sketch::change_vault::{Change, Immutability, Redundancy, Sketch, SoftDelete, Stored};
use crate::sketch::{Product, Shape as _};
use crate::strategy::table::Table;

/// What is shown.
pub(super) fn tables() -> Vec<Table<Sketch>> {
    let weaker = Sketch {
        soft_delete: Change::none(SoftDelete::On),
        immutability: Change::none(Immutability::Unlocked),
        ..Sketch::in_order()
    };
    let geo = Sketch {
        redundancy: Redundancy::Geo,
        ..Sketch::in_order()
    };
    let table = |name, title, columns_are, settings: &[&str]| {
        Table::of(name, title, columns_are, Product::of(settings))
    };
    let guard = [
        "guard",
        "names",
        "at the guard",
        "immutability becomes",
        "soft delete becomes",
    ];
    vec![
        table(
            "immutability",
            "Changing a vault: immutability",
            "what it becomes",
            &["immutability", "immutability becomes"],
        ),
        table(
            "soft-delete",
            "Changing a vault: soft delete",
            "what it becomes",
            &["version", "soft delete", "for days", "soft delete becomes"],
        ),
        table(
            "storage",
            "Changing a vault: where backups are kept and restored",
            "where they are to be kept",
            &["holds", "storage", "across regions", "storage becomes"],
        ),
        Table::of(
            "across-regions",
            "Changing a vault that is geo-redundant and stays so: restores across regions",
            "whether backups are to be restored across regions",
            Product::of(&["request", "storage", "across regions"])
                .only("storage", &[Stored::Geo, Stored::Across].map(Stored::label))
                .around(geo),
        ),
        table(
            "subscriptions",
            "Changing a vault: restores into other subscriptions",
            "what they become",
            &["other subscriptions", "other subscriptions become"],
        ),
        table(
            "encryption",
            "Changing a vault: the key it is encrypted with, and who uses it",
            "what is said of its encryption",
            &["encrypted by", "identities become", "encryption says"],
        ),
        Table::of(
            "guard",
            "Changing a vault: what a Resource Guard keeps from a vault whose soft delete is On and immutability Unlocked",
            "what soft delete becomes",
            Product::of(&guard).around(weaker),
        ),
    ]
}

/// Every combination of what depends on each other.
pub(super) fn products() -> Vec<Product<Sketch>> {
    let soft_delete = ["soft delete", "soft delete becomes"];
    let immutability = ["immutability", "immutability becomes"];
    let encryption = ["encrypted by", "encryption says"];
    let storage = ["storage", "across regions", "storage becomes"];
    let subscriptions = ["other subscriptions", "other subscriptions become"];
    let of = |parts: &[&[&'static str]]| Product::of(&parts.concat());
    vec![
        of(&[&["version", "for days"], &immutability, &soft_delete]),
        of(&[&["holds", "request"], &storage]),
        of(&[&["request", "storage", "across regions"], &subscriptions]),
        of(&[&["request", "identities become"], &encryption]),
        of(&[&["guard", "names"], &immutability, &soft_delete]),
        of(&[&["guard", "at the guard", "names"], &soft_delete]),
        of(&[&["guard", "names", "for days"], &encryption]),
    ]
}
