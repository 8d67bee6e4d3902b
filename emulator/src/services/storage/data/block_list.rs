//! Put Block List and Get Block List.

use std::collections::BTreeMap;
use std::fmt::Write;

use http::StatusCode;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::create::{self, BlobDescription, NewBlob};
use super::{account, headers, incoming, place, preconditions};
use crate::gateway::{Permit, Refusal};
use crate::model::{Extent, Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{BlobType, Block, Container};

/// Which list a block is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Committed,
    Uncommitted,
    Latest,
}

fn malformed() -> Refusal {
    Refusal::of_blob(code::InvalidXmlDocument, &[])
}

/// Reads the body of Put Block List.
pub(super) fn parse(body: &[u8]) -> Result<Vec<(From, String)>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut found: Vec<(From, String)> = Vec::new();
    let (mut depth, mut roots) = (0, 0);
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(tag) => {
                match depth {
                    0 if tag.name().as_ref() == "BlockList" => roots += 1,
                    1 => found.push((list_of(tag.name().as_ref())?, String::new())),
                    _ => return Err(malformed()),
                }
                depth += 1;
            }
            Event::Empty(tag) if depth == 0 && tag.name().as_ref() == "BlockList" => roots += 1,
            Event::End(_) => depth -= 1,
            Event::Text(text) => append(&mut found, depth, &text.xml10_content())?,
            Event::CData(text) => append(&mut found, depth, &text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let letter = reference
                    .resolve_char_ref()
                    .ok()
                    .flatten()
                    .ok_or_else(malformed)?;
                append(&mut found, depth, &letter.to_string())?;
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => break,
            Event::Empty(_) | Event::PI(_) | Event::DocType(_) => return Err(malformed()),
        }
    }
    if depth != 0 || roots != 1 {
        return Err(malformed());
    }
    Ok(found)
}

fn list_of(tag: &str) -> Result<From, Refusal> {
    match tag {
        "Committed" => Ok(From::Committed),
        "Uncommitted" => Ok(From::Uncommitted),
        "Latest" => Ok(From::Latest),
        _ => Err(malformed()),
    }
}

/// Adds text to the id being read; elsewhere only white space may stand.
fn append(found: &mut [(From, String)], depth: usize, text: &str) -> Result<(), Refusal> {
    match found.last_mut() {
        Some((_, id)) if depth == 2 => {
            id.push_str(text.trim());
            Ok(())
        }
        _ if text.trim().is_empty() => Ok(()),
        _ => Err(malformed()),
    }
}

/// Finds the blocks a list names.
fn resolve(
    context: &Context<'_>,
    container: &Container,
    name: &str,
    list: Vec<(From, String)>,
) -> Result<Vec<Block>, Refusal> {
    if !context.rules.blob_limits.blocks.admits(list.len()) {
        return Err(place::refusal(code::BlockListTooLong));
    }
    let staged = container.staged.get(name);
    let committed: BTreeMap<&str, &StoredBody> = container
        .blobs
        .get(name)
        .into_iter()
        .flat_map(|blob| &blob.blocks)
        .map(|block| (block.id.as_str(), &block.body))
        .collect();
    let find = |from: From, id: &str| {
        let staged = || staged.and_then(|staged| staged.get(id));
        let committed = || committed.get(id).copied();
        match from {
            From::Committed => committed(),
            From::Uncommitted => staged(),
            From::Latest => staged().or_else(committed),
        }
    };
    list.into_iter()
        .map(|(from, id)| match find(from, &id) {
            Some(body) => Ok(Block {
                body: body.clone(),
                id,
            }),
            None => Err(Refusal::of_blob(code::InvalidBlockList, &[])
                .because(format!("there is no such block: {id}"))),
        })
        .collect()
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    incoming::check_md5_of_bytes(request)?;
    let list = parse(request.body.bytes())?;
    let earlier = create::check(context, permit, request)?;
    let name = permit.params.get("blob");
    let container = place::container(context, permit, request)?;
    let existing = container.blobs.get(name);
    if existing.is_some_and(|blob| blob.kind != BlobType::Block) {
        return Err(place::refusal(code::InvalidBlobType));
    }
    let blocks = resolve(context, container, name, list)?;
    let described = BlobDescription::without_body(context, permit, request)?;
    let extents: Vec<Extent> = blocks
        .iter()
        .flat_map(|block| block.body.extents.iter().copied())
        .collect();
    let content = StoredBody {
        extents,
        length: blocks.iter().map(|block| block.body.length).sum(),
        md5: None,
    };
    // Each block is held by the list it came from, and as often again as the new one names it; what
    // stood there lets go of its own when it is replaced.
    context.own.storage.share(&content);
    let made = NewBlob {
        content,
        kind: BlobType::Block,
        blocks,
        copied: None,
    };
    let version = create::finish(context, permit, request, described, earlier, made)?;
    Ok(headers::written(StatusCode::CREATED, &version))
}

fn write_blocks<'a>(text: &mut String, tag: &str, blocks: impl Iterator<Item = (&'a str, u64)>) {
    let _ = write!(text, "<{tag}>");
    for (id, length) in blocks {
        let id = escape(id);
        let _ = write!(text, "<Block><Name>{id}</Name><Size>{length}</Size></Block>");
    }
    let _ = write!(text, "</{tag}>");
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let asked = request
        .query_value("blocklisttype")
        .unwrap_or_else(|| "committed".to_owned())
        .to_ascii_lowercase();
    if !matches!(asked.as_str(), "committed" | "uncommitted" | "all") {
        return Err(place::invalid_query("blocklisttype"));
    }
    let container = place::container(context, permit, request)?;
    let name = permit.params.get("blob");
    let (blob, staged) = match place::snapshot(request) {
        Some(time) => (
            container
                .snapshots
                .get(name)
                .and_then(|of_blob| of_blob.get(&time)),
            None,
        ),
        None => (container.blobs.get(name), container.staged.get(name)),
    };
    match blob {
        None if staged.is_none() => return Err(place::no_blob()),
        Some(blob) if blob.kind != BlobType::Block => {
            return Err(place::refusal(code::InvalidBlobType));
        }
        Some(blob) => preconditions::for_read(context, request, blob)?,
        None => {}
    }
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>".to_owned();
    if asked != "uncommitted" {
        let blocks = blob.into_iter().flat_map(|blob| &blob.blocks);
        let named = blocks.map(|block| (block.id.as_str(), block.body.length));
        write_blocks(&mut text, "CommittedBlocks", named);
    }
    if asked != "committed" {
        let blocks = staged.into_iter().flatten();
        let named = blocks.map(|(id, body)| (id.as_str(), body.length));
        write_blocks(&mut text, "UncommittedBlocks", named);
    }
    text.push_str("</BlockList>");
    let length = blob.map_or(0, |blob| blob.content.length);
    let response =
        account::xml(StatusCode::OK, text).with_header("x-ms-blob-content-length", &length.to_string());
    Ok(match blob {
        Some(blob) => headers::with_version(response, &blob.version),
        None => response,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_order() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>\n <Latest>QQ==</Latest><Committed>QQ&#61;&#x3D;</Committed>\n<Uncommitted> Qg== </Uncommitted></BlockList>";
        assert_eq!(
            parse(text.as_bytes()).expect("readable"),
            vec![
                (From::Latest, "QQ==".to_owned()),
                (From::Committed, "QQ==".to_owned()),
                (From::Uncommitted, "Qg==".to_owned())
            ]
        );
        for empty in ["<BlockList/>", "<BlockList></BlockList>"] {
            assert_eq!(parse(empty.as_bytes()).expect("readable"), Vec::new());
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "",
            "QQ==",
            "<BlockList>",
            "<BlockList><Latest>QQ==</BlockList>",
            "<BlockList><Newest>QQ==</Newest></BlockList>",
            "<BlockList><Latest/></BlockList>",
            "<BlockList>QQ==</BlockList>",
            "<Blocks></Blocks>",
            "<BlockList/><BlockList/>",
            "<BlockList><Latest>&lt;</Latest></BlockList>",
            "<!DOCTYPE a><BlockList/>",
        ] {
            assert_eq!(
                parse(text.as_bytes()).expect_err(text).code,
                "InvalidXmlDocument",
                "{text}"
            );
        }
    }
}
