//! How much has been asked of Azure Resource Manager lately, by whom and where, and what is too much.

use std::collections::BTreeMap;

use super::{Permit, Refusal};
use crate::model::{PrincipalId, Request, TenantId, Timestamp};
use crate::rules::{Gate, OwnLimit, RequestKind, RequestLimits, Rules, TokenBucket, code, rule};

/// A token in the unit it comes back in: as many come back in a nanosecond as the bucket has a second.
const TOKEN: u128 = 1_000_000_000;

/// What an answer says is left: names of headers, and numbers.
pub(crate) type Left = Vec<(&'static str, u64)>;

/// Whose bucket, and for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    place: Place,
    /// Nobody for what all principals of the place share.
    principal: Option<PrincipalId>,
    kind: RequestKind,
}

/// Where is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Subscription(String),
    /// Above subscriptions.
    Tenant(TenantId),
}

/// What has been taken out of a bucket and has not come back.
#[derive(Clone, Debug)]
struct Taken {
    parts: u128,
    at: Timestamp,
    /// By the machine's clock.
    came_at: Option<Timestamp>,
}

/// The buckets that are not full.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: BTreeMap<Bucket, Taken>,
}

/// When a request comes.
#[derive(Clone, Copy)]
struct Moment {
    now: Timestamp,
    came_at: Option<Timestamp>,
}

impl Taken {
    /// Puts back what has come back since. By the world's clock; a client that waits while that stands still waits by
    /// the machine's, and would otherwise wait for ever.
    fn refill(&mut self, bucket: TokenBucket, moment: Moment) {
        let by_world = moment.now.duration_since(self.at);
        let by_machine = moment
            .came_at
            .zip(self.came_at)
            .map(|(now, then)| now.duration_since(then));
        let since = by_machine.map_or(by_world, |own| own.max(by_world));
        let nanoseconds = u128::try_from(since.as_nanos()).unwrap_or_default();
        let back = nanoseconds.saturating_mul(u128::from(bucket.refill_per_second));
        let most = u128::from(bucket.size) * TOKEN;
        self.parts = self.parts.min(most).saturating_sub(back);
        self.at = self.at.max(moment.now);
        self.came_at = self.came_at.max(moment.came_at);
    }

    /// How many tokens there are.
    fn left(&self, bucket: TokenBucket) -> u64 {
        let left = (u128::from(bucket.size) * TOKEN).saturating_sub(self.parts) / TOKEN;
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// How long it takes until there is one, in whole seconds, of which there is one at least.
    fn wait_seconds(&self, bucket: TokenBucket) -> u64 {
        let lacking = (self.parts + TOKEN).saturating_sub(u128::from(bucket.size) * TOKEN);
        let seconds = lacking.div_ceil(u128::from(bucket.refill_per_second.max(1)) * TOKEN);
        u64::try_from(seconds).unwrap_or(u64::MAX).max(1)
    }
}

impl Throttle {
    /// Counts a request that has passed the gates, and answers with what is left. Where `limits` says so, more than there
    /// is, is refused; a request that is refused takes nothing.
    pub(crate) fn count(
        &mut self,
        rules: &Rules,
        limits: Option<&RequestLimits>,
        now: Timestamp,
        permit: &Permit,
        request: &Request,
    ) -> Result<Left, Refusal> {
        let facts = &rules.throttling;
        let (Some(kind), Some(principal)) = (facts.kind(&request.method), permit.caller.principal) else {
            return Ok(Left::new());
        };
        let moment = Moment {
            now,
            came_at: request.came_at,
        };
        let bucket = limits.unwrap_or(&facts.limits).of(kind);
        let Some(subscription) = subscription_of(&request.path) else {
            let Some(tenant) = permit.caller.tenant else {
                return Ok(Left::new());
            };
            // What is told who asks for too much above subscriptions, nobody we know of has seen.
            let taken = self.taken(Place::Tenant(tenant), Some(principal), kind, bucket, moment);
            taken.take(bucket);
            return Ok(told_above(rules, request, kind, taken.left(bucket)));
        };
        let place = Place::Subscription(subscription.to_ascii_lowercase());
        let shared = TokenBucket {
            size: bucket.size.saturating_mul(facts.together),
            refill_per_second: bucket.refill_per_second.saturating_mul(facts.together),
        };
        let all = self.taken(place.clone(), None, kind, shared, moment).clone();
        let own = self.taken(place.clone(), Some(principal), kind, bucket, moment);
        if limits.is_some() && (own.left(bucket) == 0 || all.left(shared) == 0) {
            let seconds = own.wait_seconds(bucket).max(all.wait_seconds(shared));
            let left = told(rules, request, kind, own.left(bucket), all.left(shared));
            return Err(throttled(kind, subscription, principal, seconds, left));
        }
        own.take(bucket);
        let left = own.left(bucket);
        let all = self.taken(place, None, kind, shared, moment);
        all.take(shared);
        Ok(told(rules, request, kind, left, all.left(shared)))
    }

    /// What is taken out of a bucket at a moment.
    fn taken(
        &mut self,
        place: Place,
        principal: Option<PrincipalId>,
        kind: RequestKind,
        bucket: TokenBucket,
        moment: Moment,
    ) -> &mut Taken {
        let own = Bucket {
            place,
            principal,
            kind,
        };
        let taken = self.buckets.entry(own).or_insert(Taken {
            parts: 0,
            at: moment.now,
            came_at: moment.came_at,
        });
        taken.refill(bucket, moment);
        taken
    }
}

impl Taken {
    /// Takes a token. Where there is none, and nobody is refused for that, the bucket stays empty.
    fn take(&mut self, bucket: TokenBucket) {
        self.parts = (self.parts + TOKEN).min(u128::from(bucket.size) * TOKEN);
    }
}

fn throttled(
    kind: RequestKind,
    subscription: &str,
    principal: PrincipalId,
    seconds: u64,
    left: Left,
) -> Refusal {
    let fill = [
        ("kind", kind.word()),
        ("subscription", subscription),
        ("actor", &principal.0.to_string()),
        ("seconds", &seconds.to_string()),
    ];
    let mut refusal = Refusal::of(code::SubscriptionRequestsThrottled, &fill)
        .at(Gate::Throttling)
        .by([rule::ARM_THROTTLE]);
    refusal.headers = left
        .into_iter()
        .map(|(name, number)| (name, number.to_string()))
        .collect();
    refusal.headers.push(("retry-after", seconds.to_string()));
    refusal
}

/// What an answer below a subscription says is left.
fn told(rules: &Rules, request: &Request, kind: RequestKind, own: u64, all: u64) -> Left {
    let (name, together) = match kind {
        RequestKind::Reads => (
            "x-ms-ratelimit-remaining-subscription-reads",
            "x-ms-ratelimit-remaining-subscription-global-reads",
        ),
        RequestKind::Writes => (
            "x-ms-ratelimit-remaining-subscription-writes",
            "x-ms-ratelimit-remaining-subscription-global-writes",
        ),
        RequestKind::Deletes => (
            "x-ms-ratelimit-remaining-subscription-deletes",
            "x-ms-ratelimit-remaining-subscription-global-deletes",
        ),
    };
    match rules.throttling.own(provider_of(&request.path), &request.method) {
        None => vec![(name, own), (together, all)],
        Some(OwnLimit::ResourceRequests) => {
            vec![("x-ms-ratelimit-remaining-subscription-resource-requests", own)]
        }
        Some(OwnLimit::None) => Left::new(),
    }
}

/// The same above subscriptions, where nobody says it of deletes.
fn told_above(rules: &Rules, request: &Request, kind: RequestKind, own: u64) -> Left {
    let own_limit = rules.throttling.own(provider_of(&request.path), &request.method);
    match kind {
        _ if own_limit.is_some() => Left::new(),
        RequestKind::Reads => vec![("x-ms-ratelimit-remaining-tenant-reads", own)],
        RequestKind::Writes => vec![("x-ms-ratelimit-remaining-tenant-writes", own)],
        RequestKind::Deletes => Left::new(),
    }
}

fn subscription_of(path: &str) -> Option<&str> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let first = parts.next()?;
    parts
        .next()
        .filter(|_| first.eq_ignore_ascii_case("subscriptions"))
}

/// The provider that is asked: the last one a path names.
fn provider_of(path: &str) -> &str {
    let mut parts = path.rsplit('/').peekable();
    while let Some(part) = parts.next() {
        if parts
            .peek()
            .is_some_and(|before| before.eq_ignore_ascii_case("providers"))
        {
            return part;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const BUCKET: TokenBucket = TokenBucket {
        size: 3,
        refill_per_second: 2,
    };

    fn fresh() -> Taken {
        Taken {
            parts: 0,
            at: Timestamp::UNIX_EPOCH,
            came_at: None,
        }
    }

    fn after(milliseconds: i64) -> Moment {
        Moment {
            now: Timestamp::UNIX_EPOCH + SignedDuration::from_millis(milliseconds),
            came_at: None,
        }
    }

    #[test]
    fn tokens_come_back_one_by_one_and_no_more_than_there_were() {
        let mut taken = fresh();
        for left in [2, 1, 0, 0] {
            taken.take(BUCKET);
            assert_eq!(taken.left(BUCKET), left);
        }
        for (milliseconds, left) in [(499, 0), (500, 1), (999, 1), (1000, 2), (90_000, 3)] {
            taken.refill(BUCKET, after(milliseconds));
            assert_eq!(taken.left(BUCKET), left, "after {milliseconds} ms");
        }
    }

    #[test]
    fn a_wait_is_long_enough_and_a_second_at_least() {
        let slow = TokenBucket {
            size: 2,
            refill_per_second: 1,
        };
        let mut taken = fresh();
        taken.take(slow);
        taken.take(slow);
        assert_eq!(taken.wait_seconds(slow), 1);
        taken.refill(slow, after(999));
        assert_eq!((taken.left(slow), taken.wait_seconds(slow)), (0, 1));
        taken.refill(slow, after(1000));
        assert_eq!(taken.left(slow), 1);
    }

    /// A client that waits while the world's clock stands still waits by the machine's.
    #[test]
    fn tokens_come_back_by_the_machines_clock_as_well() {
        let come = |seconds: i64| Moment {
            now: Timestamp::UNIX_EPOCH,
            came_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)),
        };
        let mut taken = fresh();
        taken.refill(BUCKET, come(5));
        for _ in 0..3 {
            taken.take(BUCKET);
        }
        taken.refill(BUCKET, come(5));
        assert_eq!(taken.left(BUCKET), 0);
        taken.refill(BUCKET, come(6));
        assert_eq!(taken.left(BUCKET), 2);
        // A clock that was set back puts nothing back, and takes nothing.
        taken.refill(BUCKET, come(1));
        assert_eq!(taken.left(BUCKET), 2);
    }

    #[test]
    fn the_provider_that_is_asked_is_the_last_one_named() {
        let vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v";
        assert_eq!(provider_of(vault), "Microsoft.DataProtection");
        let role = format!("{vault}/providers/Microsoft.Authorization/roleAssignments/r");
        assert_eq!(provider_of(&role), "Microsoft.Authorization");
        assert_eq!(provider_of("/subscriptions/s"), "");
        assert_eq!(subscription_of("/Subscriptions/s/x"), Some("s"));
        assert_eq!(subscription_of("/providers/x"), None);
        assert_eq!(subscription_of("/subscriptions"), None);
    }
}
