//! What is changed and what is left alone; and, with the compiler, that a change is what it is said to be.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use crate::accepted::{Accepted, Scope};
use crate::find::find;
use crate::mutant::Mutant;
use crate::outcome::Outcome;
use crate::rewrite::rewrite;

/// A program every change of which its output shows.
const PROGRAM: &str = r#"
mod mutant;

const LEFT_ALONE: [u8; 2] = [1; 2];

struct Refused;

fn both(one: bool, other: bool) -> bool {
    let found = one && other;
    found
}

fn either(one: bool, other: bool) -> bool {
    one || other
}

fn below(one: &str, other: &str) -> u8 {
    if one < other { 1 } else { 2 }
}

fn order(one: i32, other: i32) -> [bool; 3] {
    [one <= other, one >= other, one == other]
}

fn reckoned(one: i64) -> i64 {
    let mut sum = one + 3;
    sum -= 1;
    sum
}

fn first(words: &[&str]) -> Option<String> {
    words.first().map(|word| word.to_string())
}

fn checked(text: Option<&str>) -> Result<(), Refused> {
    if let Some(text) = text && !text.is_empty() {
        return Ok(());
    }
    Err(Refused)
}

fn kind(number: Option<u8>) -> &'static str {
    match number {
        Some(1 | 2) => "few",
        Some(own) if own > 9 => "many",
        Some(_) => "some",
        None => "none",
    }
}

fn quantities(all: &[u8], one: Option<u8>) -> [bool; 4] {
    [
        all.iter().any(|own| *own == 7),
        all.iter().all(|own| *own == 7),
        one.is_some_and(|own| own == 7),
        one.is_none_or(|own| own == 7),
    ]
}

fn main() {
    for (one, other) in [(false, false), (false, true), (true, false), (true, true)] {
        println!("{} {}", both(one, other), either(one, other));
    }
    for (one, other) in [("a", "b"), ("b", "b"), ("c", "b")] {
        println!("{}", below(one, other));
    }
    println!("{:?} {:?} {:?}", order(1, 2), order(2, 2), order(3, 2));
    println!("{} {:?} {:?}", reckoned(5), first(&["a"]), first(&[]));
    println!("{} {}", checked(Some("x")).is_ok(), checked(Some("")).is_ok());
    for number in [None, Some(1), Some(3), Some(8), Some(9), Some(10), Some(11)] {
        println!("{}", kind(number));
    }
    for all in [&[][..], &[7], &[8], &[7, 8], &[6]] {
        for one in [None, Some(7), Some(8), Some(6)] {
            println!("{:?}", quantities(all, one));
        }
    }
    println!("{LEFT_ALONE:?}");
}

#[cfg(test)]
mod tests {
    fn sum() -> bool {
        1 + 1 == 2
    }
}
"#;

fn told(text: &str) -> Vec<String> {
    let told = |own: &Mutant| format!("{} → {}", own.name.was, own.name.now);
    find("x.rs", text).unwrap().iter().map(told).collect()
}

#[test]
fn every_change_is_one_when_it_is_chosen_and_none_otherwise() {
    let mutants: Vec<Mutant> = find("main.rs", PROGRAM)
        .unwrap()
        .into_iter()
        .filter(|own| own.name.within != "main")
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let build = |text: &str, name: &str| {
        fs::write(path("main.rs"), text).unwrap();
        fs::write(path("mutant.rs"), include_str!("../runtime.rs")).unwrap();
        let words = ["--edition", "2024", "--cap-lints", "allow", "-o"];
        let rustc = Command::new("rustc")
            .args(words)
            .arg(path(name))
            .arg(path("main.rs"))
            .output()
            .unwrap();
        assert!(
            rustc.status.success(),
            "{}",
            String::from_utf8_lossy(&rustc.stderr)
        );
    };
    let says = |name: &str, number: usize| {
        let output = Command::new(path(name))
            .env("AZDRILL_MUTANT", number.to_string())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    build(PROGRAM, "as_it_is");
    build(&rewrite(PROGRAM, (1..).zip(&mutants)).text, "changed");
    let as_it_is = says("as_it_is", 0);
    assert_eq!(says("changed", 0), as_it_is, "nothing is chosen");
    for (number, mutant) in (1..).zip(&mutants) {
        assert_ne!(says("changed", number), as_it_is, "{mutant}");
    }
    assert_eq!(mutants.len(), 49);

    // Which test came by what: here there is one thread, and it comes by everything.
    let reached = path("reached");
    let output = Command::new(path("changed"))
        .env("AZDRILL_MUTANTS_REACHED", &reached)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), as_it_is);
    let noted = fs::read(reached.join("0.reached")).unwrap();
    let numbers = noted.strip_prefix(b"main\n").unwrap().as_chunks::<4>().0;
    let numbers: BTreeSet<u32> = numbers.iter().map(|own| u32::from_le_bytes(*own)).collect();
    assert_eq!(numbers, (1..).take(mutants.len()).collect());
}

#[test]
fn what_does_not_run_is_left_alone() {
    for text in [
        "const A: bool = 1 < 2;",
        "static A: usize = 3;",
        "const fn a() -> bool { 1 < 2 }",
        "enum A { B = 1 + 1 }",
        "fn a() { let b: [u8; 4]; }",
        "fn a() { b::<{ 1 + 2 }>(); }",
        "fn a() { println!(\"{}\", 1 + 2); }",
        "#[cfg(test)] mod tests { fn a() -> bool { true } }",
        "#[cfg(test)] fn a() -> bool { true }",
        "#[test] fn a() { b(1); }",
        "#[b(1 < 2)] fn a() {}",
        "fn a(b: u8) { match b { 1 | 2..=5 => {} _ => {} } }",
        "fn a() { Vec::with_capacity(3); }",
        "impl Debug for A { fn b(&self) -> bool { true } }",
    ] {
        assert_eq!(told(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_another_change_covers_is_left_out() {
    assert_eq!(
        told("fn a(b: u8) -> bool { b == c }"),
        ["-> bool → true", "-> bool → false"]
    );
    assert_eq!(told("fn a() { if !b {} }"), ["!b → true", "!b → false"]);
    assert_eq!(told("fn a() { while b == c {} }"), ["b == c → false"]);
    assert_eq!(told("fn a() -> Option<u8> { None }"), Vec::<String>::new());
    assert_eq!(
        told("fn a() { if b < c {} }"),
        ["b < c → true", "b < c → false", "b < c → b <= c"]
    );
}

#[test]
fn changes_that_are_alike_are_counted() {
    let found = find("x.rs", "impl A { fn b(&self) { c(d == e); c(d == e); } }").unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|own| (own.name.within.as_str(), own.name.nth))
        .collect();
    assert_eq!(names, [("A::b", 1), ("A::b", 2)]);
    assert_eq!(found.iter().map(|own| own.column).collect::<Vec<_>>(), [26, 37]);
}

#[test]
fn an_error_is_of_the_innermost_change() {
    let text = "fn a() { b(c + (d - e), f); }";
    let found = find("x.rs", text).unwrap();
    assert_eq!(found.len(), 2);
    let written = rewrite(text, (1..).zip(&found));
    let at = |part: &str| {
        let start = written.text.find(part).unwrap();
        written.at(&(start..start + part.len()))
    };
    assert_eq!(
        at("mutant_left + mutant_right"),
        [2],
        "of the subtraction's own text"
    );
    assert_eq!(at("d"), [2]);
    assert_eq!(at("c"), [1]);
    assert_eq!(at("f)"), Vec::<u32>::new());
}

const ROW: &str = "file = \"x.rs\"\nwithin = \"a\"\nwas = \"c == d\"\nnow = \"c != d\"\n";

fn row(table: &str) -> String {
    let reason = if table == "accepted" {
        "reason = \"alike\"\n"
    } else {
        ""
    };
    format!("[[{table}]]\n{ROW}{reason}")
}

const fn scope(slow: bool, sample: bool) -> Scope {
    Scope { slow, sample }
}

/// How much is wrong after a run in which the first of two changes came out like this, and the second was noticed.
fn faults(accepted: &str, late: &str, first: Outcome, scope: Scope) -> usize {
    let mutants = find("x.rs", "fn a() { b(c == d); b(e == f); }").unwrap();
    let outcomes = BTreeMap::from([(1, first), (2, Outcome::Caught("t".to_owned()))]);
    let known = Accepted::parse(accepted, late).unwrap();
    known.faults(&mutants, &outcomes, scope).len()
}

#[test]
fn survivors_that_are_not_accepted_and_accepted_ones_that_are_none_are_faults() {
    let caught = || Outcome::Caught("t".to_owned());
    let whole = scope(true, false);
    let accepted = row("accepted");
    assert_eq!(faults("", "", Outcome::Missed, whole), 1);
    assert_eq!(faults("", "", Outcome::NotReached, whole), 1);
    assert_eq!(faults("", "", caught(), whole), 0);
    assert_eq!(faults(&accepted, "", Outcome::Missed, whole), 0);
    assert_eq!(
        faults(&accepted, "", caught(), whole),
        1,
        "it is noticed after all"
    );
    assert_eq!(faults(&accepted, "", Outcome::NotViable, whole), 1);
    // A sample draws what somebody else wrote: only what survives is held against it.
    assert_eq!(faults(&accepted, "", caught(), scope(true, true)), 0);
    assert_eq!(faults("", "", Outcome::Missed, scope(true, true)), 1);
    let none_such = accepted.replace("c == d", "g == h");
    assert_eq!(faults(&none_such, "", caught(), whole), 1, "there is none such");
    Accepted::parse(&format!("{accepted}{accepted}"), "").unwrap_err();
    Accepted::parse(&accepted.replace("alike", " "), "").unwrap_err();
}

#[test]
fn what_only_slow_tests_notice_survives_where_they_are_not_asked() {
    let late = row("late");
    assert_eq!(faults("", &late, Outcome::Missed, scope(false, true)), 0);
    assert_eq!(faults("", &late, Outcome::Missed, scope(false, false)), 0);
    assert_eq!(faults("", &late, Outcome::Missed, scope(true, false)), 1);
    Accepted::parse(&row("accepted"), &late).unwrap_err();

    // The file is written anew from what was seen, and keeps what was not asked about.
    let mutants = find("x.rs", "fn a() { b(c == d); b(e == f); }").unwrap();
    let known = Accepted::parse("", &late).unwrap();
    let anew = |outcomes: &BTreeMap<u32, Outcome>| {
        let text = known
            .late_anew(&mutants, outcomes, &["suite".to_owned()])
            .unwrap();
        let anew = Accepted::parse("", &text).unwrap();
        mutants
            .iter()
            .map(|own| anew.is_late(&own.name))
            .collect::<Vec<_>>()
    };
    let by = |test: &str| Outcome::Caught(test.to_owned());
    assert_eq!(anew(&BTreeMap::new()), [true, false]);
    let seen = BTreeMap::from([(1, by("wire t")), (2, by("suite t"))]);
    assert_eq!(anew(&seen), [false, true]);
    assert_eq!(anew(&BTreeMap::from([(1, Outcome::Missed)])), [false, false]);
}
