//! What happens to an answer on its connection, where a fault says so.

use std::io;
use std::time::Duration;

use axum::body::{Body as AxumBody, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::model::Mishap;

/// How often a part of a slow body is sent.
const BEAT: Duration = Duration::from_millis(100);

/// Marks an answer that is not to be sent: the connection is closed instead.
#[derive(Clone, Copy)]
pub(super) struct Closed;

/// Has it happen to an answer.
pub(super) async fn befall(
    mishap: Mishap,
    mut response: http::Response<AxumBody>,
) -> http::Response<AxumBody> {
    match mishap {
        Mishap::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            response
        }
        Mishap::Close => {
            response.extensions_mut().insert(Closed);
            response
        }
        Mishap::CutBody { after_bytes } => response.map(|body| cut(body, after_bytes)),
        Mishap::SlowBody { bytes_per_second } => response.map(|body| slow(body, bytes_per_second)),
        Mishap::FlipBit { at_byte } => response.map(|body| flip(body, at_byte)),
    }
}

/// The first so many bytes of a body, and then an error, which has the connection closed.
fn cut(body: AxumBody, after_bytes: u64) -> AxumBody {
    let state = (body.into_data_stream(), Bytes::new(), after_bytes);
    let cut = futures_util::stream::unfold(state, |(mut frames, mut rest, left)| async move {
        if rest.is_empty() {
            // A body that is all sent before the cut is cut behind its last byte, which nobody notices.
            rest = match next(&mut frames).await? {
                Ok(bytes) => bytes,
                Err(error) => return Some((Err(error), (frames, Bytes::new(), 0))),
            };
        }
        if left == 0 {
            // What was sent before is flushed while this waits, and would be dropped with the error.
            tokio::time::sleep(BEAT).await;
            return Some((Err(io::ErrorKind::ConnectionAborted.into()), (frames, rest, 0)));
        }
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        let part = rest.split_to(length);
        Some((Ok(part), (frames, rest, left - length as u64)))
    });
    AxumBody::from_stream(cut)
}

/// A body that comes slowly.
fn slow(body: AxumBody, bytes_per_second: u64) -> AxumBody {
    let beats = 1000 / BEAT.as_millis().max(1);
    let a_beat = usize::try_from(bytes_per_second / u64::try_from(beats).unwrap_or(1)).unwrap_or(usize::MAX);
    let pauses = if a_beat == 0 {
        Duration::from_secs(1) / u32::try_from(bytes_per_second).unwrap_or(1).max(1)
    } else {
        BEAT
    };
    let state = (body.into_data_stream(), Bytes::new());
    let slow = futures_util::stream::unfold(state, move |(mut frames, mut rest)| async move {
        if rest.is_empty() {
            rest = match next(&mut frames).await? {
                Ok(bytes) => bytes,
                Err(error) => return Some((Err(error), (frames, Bytes::new()))),
            };
        }
        tokio::time::sleep(pauses).await;
        let part = rest.split_to(a_beat.max(1).min(rest.len()));
        Some((Ok(part), (frames, rest)))
    });
    AxumBody::from_stream(slow)
}

async fn next(frames: &mut BodyDataStream) -> Option<io::Result<Bytes>> {
    loop {
        match frames.next().await?.map_err(io::Error::other) {
            Ok(bytes) if bytes.is_empty() => {}
            other => return Some(other),
        }
    }
}

/// A body with one bit turned over; the last byte's, where it has not so many.
fn flip(body: AxumBody, at_byte: u64) -> AxumBody {
    let state = (body.into_data_stream(), None::<Bytes>, at_byte, false);
    // One part is held back, since it may turn out to be the last.
    let flipped =
        futures_util::stream::unfold(state, |(mut frames, mut held, mut at, mut done)| async move {
            loop {
                let came = next(&mut frames).await;
                let part = match came {
                    Some(Err(error)) => return Some((Err(error), (frames, None, at, done))),
                    Some(Ok(bytes)) => match held.replace(bytes) {
                        Some(part) => part,
                        None => continue,
                    },
                    None => {
                        let mut part = held.take()?;
                        if !done {
                            let place = usize::try_from(at).unwrap_or(usize::MAX);
                            part = turned(&part, place.min(part.len() - 1));
                        }
                        return Some((Ok(part), (frames, None, at, true)));
                    }
                };
                let place = usize::try_from(at).unwrap_or(usize::MAX);
                let part = if !done && place < part.len() {
                    done = true;
                    turned(&part, place)
                } else {
                    at = at.saturating_sub(part.len() as u64);
                    part
                };
                return Some((Ok(part), (frames, held, at, done)));
            }
        });
    AxumBody::from_stream(flipped)
}

fn turned(part: &Bytes, place: usize) -> Bytes {
    let mut bytes = BytesMut::from(&**part);
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1;
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn body(parts: &'static [&'static str]) -> AxumBody {
        let parts = parts
            .iter()
            .map(|part| Ok::<_, io::Error>(Bytes::from_static(part.as_bytes())));
        AxumBody::from_stream(futures_util::stream::iter(parts))
    }

    async fn read(body: AxumBody) -> (String, bool) {
        let mut frames = body.into_data_stream();
        let mut text = String::new();
        while let Some(next) = frames.next().await {
            match next {
                Ok(bytes) => text += &String::from_utf8_lossy(&bytes),
                Err(_) => return (text, false),
            }
        }
        (text, true)
    }

    #[tokio::test]
    async fn a_body_is_cut_where_it_is_said() {
        for (at, left) in [(0, ""), (1, "a"), (3, "abc"), (4, "abcd")] {
            let (text, whole) = read(cut(body(&["abc", "def"]), at)).await;
            assert_eq!((&*text, whole), (left, false), "{at}");
        }
        assert_eq!(read(cut(body(&["abc"]), 9)).await, ("abc".to_owned(), true));
    }

    #[tokio::test]
    async fn one_bit_is_another_and_no_more() {
        for (at, text) in [(0, "`bcdef"), (2, "abbdef"), (3, "abceef"), (99, "abcdeg")] {
            assert_eq!(
                read(flip(body(&["abc", "def"]), at)).await,
                (text.to_owned(), true),
                "{at}"
            );
        }
        assert_eq!(read(flip(body(&[]), 0)).await, (String::new(), true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_comes_whole_and_takes_its_time() {
        for rate in [3, 30, 3000] {
            let began = tokio::time::Instant::now();
            let whole = to_bytes(slow(body(&["abcdef", "ghi"]), rate), 100).await;
            assert_eq!(&*whole.expect("it comes whole"), b"abcdefghi");
            let least = if rate == 3 {
                2900
            } else if rate == 30 {
                280
            } else {
                100
            };
            assert!(began.elapsed() >= Duration::from_millis(least), "{rate}");
        }
    }
}
