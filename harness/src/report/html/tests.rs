//! What can be told of the page from its text. `tests/page` looks at it in a browser.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::super::gathered::{gathered, gathered_anew};
use super::super::{gather, junit};
use super::{SCRIPT, STYLE, digest, html};
use crate::harmless::harmless;
use crate::scenario::{Library, Scenario};

/// An element's name and attributes.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    /// The elements it stands in.
    path: Vec<String>,
}

impl Element {
    fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }

    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// Every element of a page, in order. Script and style are passed over.
fn elements(page: &str) -> Vec<Element> {
    const VOID: [&str; 5] = ["br", "input", "meta", "link", "wbr"];
    let mut text = page.to_owned();
    for name in ["style", "script"] {
        let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
        let from = text.find(&begin).expect("there is one") + begin.len();
        let to = text.find(&end).expect("it ends");
        text.replace_range(from..to, "");
    }
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let (mut found, mut path) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().expect("readable") {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                let attributes = start.html_attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute");
                    let key = attribute.key.as_ref().to_owned();
                    (key, attribute.value.into_owned())
                });
                found.push(Element {
                    name: name.clone(),
                    attributes: attributes.collect(),
                    path: path.clone(),
                });
                if !VOID.contains(&name.as_str()) {
                    path.push(name);
                }
            }
            Event::End(end) => {
                let opened = path.pop().expect("what ends has begun");
                assert_eq!(end.name().as_ref(), opened, "in {path:?}");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty(), "{path:?}");
    found
}

async fn page() -> Vec<Element> {
    elements(&html(gathered().await))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gathers_give_the_same_bytes() {
    let (one, other) = (gathered().await, gathered_anew().await);
    assert_eq!(html(one), html(&other));
    assert_eq!(junit(one).expect("written"), junit(&other).expect("written"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_for_nothing_and_runs_nothing_but_its_own() {
    let page = html(gathered().await);
    let elements = elements(&page);
    let policy = elements
        .iter()
        .find(|own| own.get("http-equiv") == "Content-Security-Policy");
    let policy = policy.expect("a policy").get("content");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.contains(&digest(STYLE)), "{policy}");
    for element in &elements {
        for (name, value) in &element.attributes {
            assert!(
                name != "style" && !name.starts_with("on") && name != "src",
                "{name}"
            );
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_to_what_is_there_once() {
    let elements = page().await;
    each_leads_somewhere(&elements);
    let ids: BTreeSet<&str> = elements.iter().map(|own| own.get("id")).collect();
    for id in [
        "rule-FX-B-02",
        "scenario-missing-ltr-role",
        "scenario-missing-ltr-role.step-1",
        "matrix-restore-as-files-network",
    ] {
        assert!(ids.contains(id), "{id}");
    }
}

/// Files of two folders may have one name, and any.
#[tokio::test(flavor = "multi_thread")]
async fn scenarios_may_be_called_anything() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = Library::find(None, &root).expect("the scenarios");
    let scenario = library.get("missing-ltr-role").expect("read");
    let called = [
        ("roles", "reader"),
        ("mine", "reader"),
        ("heading", "reader-step-1"),
        ("mine", "two words.step-1"),
    ];
    let scenarios = called.map(|(topic, name)| Scenario {
        topic: topic.to_owned(),
        name: name.to_owned(),
        ..scenario.clone()
    });
    let findings = gather(&scenarios, None, |_| {}).await.expect("gathered");
    let elements = elements(&html(&findings));
    each_leads_somewhere(&elements);
    for element in elements.iter().filter(|own| own.has("id")) {
        assert!(!element.get("id").contains(' '), "{}", element.get("id"));
    }
    let text = junit(&findings).expect("written");
    let cases: Vec<&str> = text.lines().filter(|line| line.contains("<testcase")).collect();
    assert_eq!(cases.len(), BTreeSet::from_iter(&cases).len(), "{cases:#?}");
}

fn each_leads_somewhere(elements: &[Element]) {
    let mut ids = BTreeSet::new();
    for element in elements.iter().filter(|own| own.has("id")) {
        assert!(ids.insert(element.get("id")), "{} twice", element.get("id"));
    }
    for link in elements.iter().filter(|own| own.name == "a") {
        let to = link.get("href").trim_start_matches('#');
        assert!(ids.contains(to), "{to} is nowhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_it_finds_the_way() {
    let elements = page().await;
    let named = |name: &str| elements.iter().filter(|own| own.name == name).collect::<Vec<_>>();
    assert_eq!(named("html")[0].get("lang"), "en");
    for landmark in ["header", "main", "footer", "h1", "title"] {
        assert_eq!(named(landmark).len(), 1, "{landmark}");
    }
    assert!(named("nav").iter().all(|own| own.has("aria-label")));
    let mut before = 1;
    let is_heading = |name: &str| name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok());
    for level in elements.iter().filter_map(|own| is_heading(&own.name)) {
        assert!(level <= before + 1, "h{level} behind h{before}");
        before = level;
    }
    assert_eq!(named("table").len(), named("caption").len());
    assert!(named("th").iter().all(|own| own.has("scope")));
    for picture in named("svg") {
        let told = picture.get("role") == "img" && !picture.get("aria-label").is_empty();
        assert!(told || picture.get("aria-hidden") == "true");
    }
    let labelled: BTreeSet<&str> = named("label").iter().map(|own| own.get("for")).collect();
    for field in named("input").into_iter().chain(named("select")) {
        assert!(labelled.contains(field.get("id")), "{}", field.get("id"));
    }
    // What folds opens by keys if it is a summary, and a summary holds nothing that takes a key itself.
    for element in elements
        .iter()
        .filter(|own| own.path.contains(&"summary".to_owned()))
    {
        assert!(!["a", "button", "input", "select"].contains(&element.name.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_told_is_text() {
    let mut findings = gathered().await.clone();
    let nasty = r#"</p><script>alert("1")</script>&amp;<b>"#;
    let scenario = &mut findings.scenarios[0];
    nasty.clone_into(&mut scenario.claim);
    scenario.held = false;
    nasty.clone_into(&mut scenario.steps[0].title);
    nasty.clone_into(&mut scenario.steps[0].observed.brief);
    scenario.steps[0].observed.missed = vec![nasty.to_owned()];
    nasty.clone_into(&mut findings.rules[0].statement);
    nasty.clone_into(&mut findings.not_played[0].why);
    let page = html(&findings);
    assert!(!page.contains("<script>alert") && !page.contains("&amp;<b>"));
    assert!(page.contains("&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)"));
    assert!(page.contains("An expectation was missed"));
    elements(&page);
}

/// A page of HTML has no way to write what does something to a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn what_acts_is_shown() {
    assert_eq!((harmless(STYLE), harmless(SCRIPT)), (STYLE.into(), SCRIPT.into()));
    let mut findings = gathered().await.clone();
    "a\u{1}b\u{9b}c\u{202e}d\0".clone_into(&mut findings.scenarios[0].claim);
    let page = html(&findings);
    assert!(page.contains("a\u{2401}b&lt;U+009B>c&lt;U+202E>d\u{2400}"));
}

/// The luminance of a colour, by WCAG.
fn luminance(colour: &str) -> f64 {
    let part = |from: usize| {
        let value = u8::from_str_radix(&colour[from..from + 2], 16).expect("hexadecimal");
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn every_text_stands_out_in_light_and_dark() {
    const PAIRS: [(&str, &str); 17] = [
        ("ink", "paper"),
        ("ink", "card"),
        ("ink", "tint"),
        ("ink", "good-tint"),
        ("ink", "bad-tint"),
        ("ink", "warn-tint"),
        ("quiet", "paper"),
        ("quiet", "card"),
        ("quiet", "tint"),
        ("quiet", "warn-tint"),
        ("link", "paper"),
        ("link", "card"),
        ("good", "good-tint"),
        ("bad", "bad-tint"),
        ("warn", "warn-tint"),
        ("bad", "paper"),
        ("good", "paper"),
    ];
    let (light, dark) = STYLE.split_once("prefers-color-scheme: dark").expect("both");
    for (theme, text) in [("light", light), ("dark", dark)] {
        let colour = |name: &str| {
            let begin = format!("--{name}: #");
            let from = text.find(&begin).unwrap_or_else(|| panic!("{theme} {name}")) + begin.len();
            luminance(&text[from..from + 6])
        };
        for (front, back) in PAIRS {
            let (one, other) = (colour(front), colour(back));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{theme}: {front} on {back} is {contrast:.2}");
        }
    }
}
