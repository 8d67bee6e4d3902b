//! Bodies through the front door: read, stored, cut short, too long, and answered.

use std::io;

use azdrill_emulator::server::{AnswerBody, BodySource, CHUNK_BYTES};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::{Method, StatusCode};

use crate::core_double::{BUFFER_BYTES_MAX, CoreDouble, STORE_BYTES_MAX};
use crate::in_process::{World, get, put};

fn world() -> World {
    World::new(CoreDouble::default(), None)
}

fn pieces(pieces: &'static [&'static [u8]]) -> BodySource {
    BodySource::stream(stream::iter(
        pieces.iter().map(|piece| Ok(Bytes::from_static(piece))),
    ))
}

#[tokio::test]
async fn a_stored_body_comes_back_whole_and_in_ranges() {
    let world = world();
    let answer = world
        .send(
            put("/blobs/a").with_header("x-want-md5", "yes"),
            pieces(&[b"hello ", b"world"]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let md5 = world.front_door.with_core(|core| core.blobs["/blobs/a"].md5);
    assert_eq!(md5.unwrap()[..2], [0x5e, 0xb6]);

    let whole = world.send(get("/blobs/a"), BodySource::Empty).await;
    assert_eq!(whole.header("content-length"), Some("11"));
    assert_eq!(whole.header("date"), Some("Wed, 26 Jun 2024 07:50:23 GMT"));
    assert_eq!(whole.into_response(11).unwrap().body.bytes(), b"hello world");

    let part = get("/blobs/a").with_header("x-ms-range", "bytes=4-7");
    let part = world.send(part, BodySource::Empty).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header("content-length"), Some("4"));
    assert_eq!(part.into_response(4).unwrap().body.bytes(), b"o wo");
}

#[tokio::test]
async fn a_long_answer_is_streamed_and_survives_deletion() {
    let world = world();
    let bytes: Vec<u8> = (0..2 * CHUNK_BYTES + 100).map(|i| (i % 253) as u8).collect();
    let body = BodySource::Bytes(bytes.clone().into());
    world.send(put("/blobs/long"), body).await;
    let answer = world.send(get("/blobs/long"), BodySource::Empty).await;
    let deleted = get("/blobs/long");
    let deleted = world
        .send(
            azdrill_emulator::model::Request {
                method: Method::DELETE,
                ..deleted
            },
            BodySource::Empty,
        )
        .await;
    assert_eq!(deleted.status, StatusCode::ACCEPTED);
    assert_eq!(world.live_bytes(), 0);
    let AnswerBody::Stored(reader) = answer.body else {
        panic!("it should be streamed");
    };
    let chunks: Vec<Bytes> = reader.map(Result::unwrap).collect().await;
    assert_eq!(chunks.len(), 3);
    assert_eq!(chunks.concat(), bytes);
}

#[tokio::test]
async fn an_answer_too_long_for_memory_is_an_error() {
    let world = world();
    let body = BodySource::Bytes(vec![1; CHUNK_BYTES + 1].into());
    world.send(put("/blobs/long"), body).await;
    let answer = world.send(get("/blobs/long"), BodySource::Empty).await;
    assert!(answer.into_response(CHUNK_BYTES as u64).is_err());
}

#[tokio::test]
async fn replacing_a_blob_gives_its_bytes_back() {
    let world = world();
    world.send(put("/blobs/a"), pieces(&[b"0123456789"])).await;
    world.send(put("/blobs/a"), pieces(&[b"0123"])).await;
    assert_eq!(world.live_bytes(), 4);
}

#[tokio::test]
async fn head_tells_the_length_and_nothing_else() {
    let world = world();
    world.send(put("/blobs/a"), pieces(&[b"12345"])).await;
    let mut head = get("/blobs/a");
    head.method = Method::HEAD;
    let answer = world.send(head, BodySource::Empty).await;
    assert_eq!(answer.header("content-length"), Some("5"));
    assert!(matches!(answer.body, AnswerBody::Empty));
    let nothing = world.send(get("/nothing"), BodySource::Empty).await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT);
    assert_eq!(nothing.header("content-length"), None);
}

#[tokio::test]
async fn a_body_cut_short_leaves_nothing_and_is_not_called() {
    let world = world();
    let broken = || {
        stream::iter([
            Ok(Bytes::from_static(b"first")),
            Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        ])
    };
    for target in ["/blobs/a", "/echo"] {
        let answer = world.send(put(target), BodySource::stream(broken())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{target}");
    }
    let slow = stream::iter([Err(io::Error::from(io::ErrorKind::TimedOut))]);
    let answer = world.send(put("/blobs/a"), BodySource::stream(slow)).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    for said in [4, 6] {
        let wrong_length = BodySource::Stream {
            length: Some(said),
            bytes: Box::pin(stream::iter([Ok(Bytes::from_static(b"12345"))])),
        };
        let answer = world.send(put("/blobs/a"), wrong_length).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "said {said}");
    }
    assert_eq!(world.live_bytes(), 0);
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing() {
    let world = world();
    let endless = stream::iter([Ok(Bytes::from_static(b"first"))]).chain(stream::pending());
    let underway = world.send(put("/blobs/a"), BodySource::stream(endless));
    assert!(underway.now_or_never().is_none(), "it waits for more");
    assert_eq!(world.live_bytes(), 0);
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn too_long_a_body_is_refused_whether_it_says_so_or_not() {
    let world = world();
    for (target, limit) in [("/blobs/a", STORE_BYTES_MAX), ("/echo", BUFFER_BYTES_MAX)] {
        let said = BodySource::Stream {
            length: Some(limit + 1),
            bytes: Box::pin(stream::pending()),
        };
        let answer = world.send(put(target), said).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{target}");
        let piece = Bytes::from(vec![0; limit as usize]);
        let unsaid = stream::iter([Ok(piece), Ok(Bytes::from_static(b"!"))]);
        let answer = world.send(put(target), BodySource::stream(unsaid)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{target}");
        assert_eq!(answer.header("x-ms-error-code"), Some("RequestBodyTooLarge"));
    }
    assert_eq!(world.live_bytes(), 0);
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn a_service_says_in_its_own_words_that_a_body_is_too_long() {
    let world = world();
    for target in ["/words", "/echo"] {
        let piece = Bytes::from(vec![0; BUFFER_BYTES_MAX as usize + 1]);
        let body = BodySource::stream(stream::iter([Ok(piece)]));
        let answer = world.send(put(target), body).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        let own = (target == "/words").then_some("words");
        assert_eq!(answer.header("x-own"), own, "{target}");
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_written() {
    let world = World::with_limit(CoreDouble::default(), None, 10);
    let answer = world.send(put("/blobs/a"), pieces(&[b"12345", b"678901"])).await;
    assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(answer.header("x-ms-error-code"), Some("SyntheticStorageFull"));
    assert_eq!(answer.header("x-azdrill-synthetic"), Some("true"));
    assert_eq!(world.live_bytes(), 0);
    assert!(world.calls().is_empty());
    let answer = world.send(put("/blobs/a"), pieces(&[b"12345", b"67890"])).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_refused_request_and_an_unknown_host_are_never_called() {
    let world = world();
    let refused = world.send(put("/refused"), pieces(&[b"body"])).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.header("content-length"), Some("12"));
    let mut elsewhere = put("/blobs/a");
    elsewhere.host = "example.com".to_owned();
    let answer = world.send(elsewhere, pieces(&[b"body"])).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let text = answer.into_response(1000).unwrap();
    assert!(String::from_utf8_lossy(text.body.bytes()).contains("`example.com`"));
    assert!(world.calls().is_empty());
}
