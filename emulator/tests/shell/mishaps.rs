//! What a client sees of an answer to which something happens on its connection.

use std::time::{Duration, Instant};

use azdrill_emulator::model::Mishap;

use crate::wire::{Running, start};

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: management.azure.com\r\nConnection: close\r\n\r\n";

async fn answered(mishap: Option<Mishap>) -> String {
    let running: Running = start().await;
    running.server.front_door().with_core(|core| core.mishap = mishap);
    running.exchange(GET).await
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn a_connection_is_closed_instead_of_an_answer() {
    assert_eq!(answered(Some(Mishap::Close)).await, "");
}

/// The length that is told is that of the whole body: a client can see that it did not come.
#[tokio::test]
async fn a_body_that_is_cut_is_announced_whole() {
    let (whole, cut) = (
        answered(None).await,
        answered(Some(Mishap::CutBody { after_bytes: 5 })).await,
    );
    assert_eq!(body(&cut), body(&whole).get(..5).unwrap());
    let length = format!("content-length: {}", body(&whole).len());
    assert!(cut.contains(&length), "{cut}");
}

#[tokio::test]
async fn an_answer_is_held_back_or_comes_slowly() {
    let whole = answered(None).await;
    let length = u64::try_from(body(&whole).len()).unwrap();
    for mishap in [
        Mishap::Delay { milliseconds: 250 },
        Mishap::SlowBody {
            bytes_per_second: length * 4,
        },
    ] {
        let began = Instant::now();
        let answer = answered(Some(mishap)).await;
        assert_eq!(body(&answer), body(&whole));
        assert!(began.elapsed() >= Duration::from_millis(190), "{mishap}");
    }
}

#[tokio::test]
async fn one_bit_of_a_body_is_another() {
    let (whole, flipped) = (
        answered(None).await,
        answered(Some(Mishap::FlipBit { at_byte: 3 })).await,
    );
    let (whole, flipped) = (body(&whole).as_bytes(), body(&flipped).as_bytes());
    let others: Vec<usize> = (0..whole.len())
        .filter(|place| whole[*place] != flipped[*place])
        .collect();
    assert_eq!((whole.len(), others), (flipped.len(), vec![3]));
}
