//! How long a connection may keep us waiting.
//!
//! hyper has a timeout of its own for headers, but it also counts the time between two requests.
//! Clients keep a connection and poll every ten seconds, so the two need different limits: closing
//! a kept connection at the moment the next request is on its way loses that request.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::slots::Activity;

/// Longest that the head of one request may take to arrive.
pub(super) const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// Longest that a connection may be silent between two requests.
pub(super) const IDLE_TIME_MAX: Duration = Duration::from_secs(300);

/// Longest that the body of a request may stop arriving.
pub(super) const BODY_PAUSE_MAX: Duration = Duration::from_secs(30);

/// The slowest that the body of a request may arrive, in bytes a second, once it has had a pause.
/// Without it, one byte every now and then would keep a request under way for ever.
const BODY_RATE_MIN: u32 = 240;

/// How long to wait for more of a body of which so much has come in that time.
pub(super) fn body_patience(arrived: u64, elapsed: Duration) -> Duration {
    let earned = Duration::from_secs(arrived) / BODY_RATE_MIN;
    (BODY_PAUSE_MAX + earned)
        .saturating_sub(elapsed)
        .min(BODY_PAUSE_MAX)
}

/// The requests of one connection, or of what is inside its tunnel. Clones count the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    arrived: AtomicU64,
    underway: AtomicU64,
    connection: Arc<Activity>,
}

impl Traffic {
    /// No requests yet, of the connection with this activity.
    pub(super) fn of(connection: &Arc<Activity>) -> Self {
        Self(Arc::new(Counts {
            connection: Arc::clone(connection),
            ..Counts::default()
        }))
    }

    /// Notes that the head of a request is complete. The request is under way until the last clone
    /// of the answer is dropped.
    pub(super) fn begin_request(&self) -> RequestUnderWay {
        self.0.arrived.fetch_add(1, Ordering::Relaxed);
        self.enter();
        RequestUnderWay(self.clone())
    }

    fn enter(&self) {
        self.0.underway.fetch_add(1, Ordering::Relaxed);
        self.0.connection.begin();
    }

    fn leave(&self) {
        self.0.underway.fetch_sub(1, Ordering::Relaxed);
        self.0.connection.end();
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.0.arrived.load(Ordering::Relaxed)
    }

    fn is_busy(&self) -> bool {
        self.0.underway.load(Ordering::Relaxed) > 0
    }
}

/// A request whose body is being read or whose answer is being sent.
#[derive(Debug)]
pub(super) struct RequestUnderWay(Traffic);

impl Clone for RequestUnderWay {
    fn clone(&self) -> Self {
        self.0.enter();
        Self(self.0.clone())
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A connection that fails with [`io::ErrorKind::TimedOut`] when the other side is too slow.
pub(super) struct PatientStream<S> {
    inner: S,
    traffic: Traffic,
    /// When the head that is arriving began, and how many requests there had been.
    head_began: Option<(Instant, u64)>,
    last_activity: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> PatientStream<S> {
    pub(super) fn new(inner: S, traffic: Traffic) -> Self {
        Self {
            inner,
            traffic,
            head_began: None,
            last_activity: Instant::now(),
            timer: None,
        }
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    fn note_activity(&mut self) {
        self.last_activity = Instant::now();
    }

    fn note_bytes_read(&mut self) {
        self.note_activity();
        self.forget_complete_head();
        if self.head_began.is_none() && !self.traffic.is_busy() {
            self.head_began = Some((self.last_activity, self.traffic.requests()));
        }
    }

    fn forget_complete_head(&mut self) {
        if let Some((_, requests)) = self.head_began
            && (requests != self.traffic.requests() || self.traffic.is_busy())
        {
            self.head_began = None;
        }
    }

    /// Ready when the other side has kept us waiting for too long.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            self.forget_complete_head();
            let deadline = match self.head_began {
                Some((began, _)) => began + HEAD_TIME_MAX,
                None => self.last_activity + IDLE_TIME_MAX,
            };
            if deadline <= Instant::now() {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            // A timer that goes off too early is cheaper than setting it anew for every request.
            if timer.deadline() > deadline || timer.is_elapsed() {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PatientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if polled.is_pending() {
            return self.poll_deadline(context).map(Err);
        }
        if buffer.filled().len() > before {
            self.note_bytes_read();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PatientStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        if polled.is_ready() {
            self.note_activity();
        }
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        if polled.is_ready() {
            self.note_activity();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn error_of(patient: &mut PatientStream<tokio::io::DuplexStream>) -> io::ErrorKind {
        patient.read_u8().await.unwrap_err().kind()
    }

    #[test]
    fn a_body_has_to_come_at_some_rate() {
        let seconds = Duration::from_secs;
        assert_eq!(body_patience(0, seconds(0)), BODY_PAUSE_MAX);
        assert_eq!(body_patience(1_000_000, seconds(100)), BODY_PAUSE_MAX);
        assert_eq!(body_patience(240, seconds(25)), seconds(6));
        assert_eq!(body_patience(240, seconds(32)), seconds(0));
        assert_eq!(body_patience(u64::MAX, seconds(1)), BODY_PAUSE_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_head_is_given_up_before_a_silent_connection() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut patient = PatientStream::new(server, Traffic::default());
        let began = Instant::now();
        client.write_all(b"G").await.unwrap();
        patient.read_u8().await.unwrap();
        assert_eq!(error_of(&mut patient).await, io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), HEAD_TIME_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_there_is_more_time() {
        let (mut client, server) = tokio::io::duplex(64);
        let traffic = Traffic::default();
        let mut patient = PatientStream::new(server, traffic.clone());
        let began = Instant::now();
        client.write_all(b"G").await.unwrap();
        patient.read_u8().await.unwrap();
        drop(traffic.begin_request());
        assert_eq!(error_of(&mut patient).await, io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), IDLE_TIME_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_of_a_body_are_no_head() {
        let (mut client, server) = tokio::io::duplex(64);
        let traffic = Traffic::default();
        let request = traffic.begin_request();
        let mut patient = PatientStream::new(server, traffic);
        client.write_all(b"body").await.unwrap();
        patient.read_u32().await.unwrap();
        let slow = tokio::time::timeout(HEAD_TIME_MAX * 2, patient.read_u8());
        assert!(slow.await.is_err(), "still waiting");
        drop(request);
    }
}
