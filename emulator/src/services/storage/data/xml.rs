//! Small XML bodies as trees. The reading is quick-xml's; what is not well-formed is refused.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::place;
use crate::gateway::Refusal;
use crate::rules::code;

/// Deeper bodies are none of ours.
const DEPTH_MAX: usize = 8;

/// An element: its name, its text, and what is inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    /// How it was written, from its first tag to its last.
    pub(super) source: String,
}

impl Element {
    /// The children of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name; empty if there is none.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }
}

/// Reads a body whose root must have this name.
///
/// # Errors
///
/// 400 if it is not well-formed, too deep, or has another root.
pub(super) fn read(body: &[u8], root: &str) -> Result<Element, Refusal> {
    parse(body)
        .filter(|element| element.name == root)
        .ok_or_else(|| place::refusal(code::InvalidXmlDocument))
}

pub(super) fn parse(body: &[u8]) -> Option<Element> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    // The elements that are open, each with where it began.
    let mut open: Vec<(usize, Element)> = Vec::new();
    let mut root = None;
    loop {
        let begin = usize::try_from(reader.buffer_position()).ok()?;
        match reader.read_event().ok()? {
            Event::Start(tag) if open.len() < DEPTH_MAX && root.is_none() => {
                open.push((begin, named(tag.local_name().as_ref())));
            }
            Event::Empty(tag) if root.is_none() => {
                let mut element = named(tag.local_name().as_ref());
                let end = usize::try_from(reader.buffer_position()).ok()?;
                text.get(begin..end)?.clone_into(&mut element.source);
                close(&mut open, &mut root, element);
            }
            Event::End(_) => {
                let (began, mut element) = open.pop()?;
                let end = usize::try_from(reader.buffer_position()).ok()?;
                text.get(began..end)?.clone_into(&mut element.source);
                element.text = element.text.trim().to_owned();
                close(&mut open, &mut root, element);
            }
            Event::Text(part) => add_text(&mut open, &part.xml10_content())?,
            Event::CData(part) => add_text(&mut open, &part.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().ok()?;
                let name = reference.xml10_content();
                let known = || quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                let letter = character.map(String::from).or_else(known)?;
                add_text(&mut open, &letter)?;
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => break,
            Event::Start(_) | Event::Empty(_) | Event::PI(_) | Event::DocType(_) => return None,
        }
    }
    if open.is_empty() { root } else { None }
}

fn named(name: &str) -> Element {
    Element {
        name: name.to_owned(),
        ..Element::default()
    }
}

fn close(open: &mut [(usize, Element)], root: &mut Option<Element>, element: Element) {
    match open.last_mut() {
        Some((_, parent)) => parent.children.push(element),
        None => *root = Some(element),
    }
}

/// Adds text to the element that is open; outside of all only white space may stand.
fn add_text(open: &mut [(usize, Element)], text: &str) -> Option<()> {
    match open.last_mut() {
        Some((_, element)) => {
            element.text.push_str(text);
            Some(())
        }
        None => text.trim().is_empty().then_some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_text_children_and_their_source() {
        let text =
            "\u{feff}<?xml version=\"1.0\"?><A xmlns=\"x\"><B>1 &amp; &#50;</B><B/><C><![CDATA[<]]></C></A>";
        let root = parse(text.as_bytes()).expect("well-formed");
        assert_eq!(root.name, "A");
        assert_eq!(root.all("B").count(), 2);
        assert_eq!(root.text_of("B"), "1 & 2");
        assert_eq!(root.text_of("C"), "<");
        assert_eq!(root.children[1].source, "<B/>");
        assert_eq!(root.children[0].source, "<B>1 &amp; &#50;</B>");
    }

    #[test]
    fn anything_else_is_nothing() {
        let deep = "<A>".repeat(9) + &"</A>".repeat(9);
        for text in [
            "",
            "A",
            "<A>",
            "</A>",
            "<A></B>",
            "<A/><A/>",
            "<A/>b",
            "<A>&x;</A>",
            &deep,
            "<!DOCTYPE a><A/>",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
