//! How much may be asked of Resource Manager, and what is said and done about it.

use azdrill_emulator::fault::ThrottlingFault;
use azdrill_emulator::model::{PrincipalId, Request, Response};
use azdrill_emulator::rules::{RequestLimits, TokenBucket};
use azdrill_emulator::state::IdentityKind;
use azdrill_emulator::world::assign;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use crate::bodies::backup_body;
use crate::world::{ARM, World, below_vault};

const READS: &str = "x-ms-ratelimit-remaining-subscription-reads";
const ALL_READS: &str = "x-ms-ratelimit-remaining-subscription-global-reads";
const WRITES: &str = "x-ms-ratelimit-remaining-subscription-writes";
const ALL_WRITES: &str = "x-ms-ratelimit-remaining-subscription-global-writes";
const DELETES: &str = "x-ms-ratelimit-remaining-subscription-deletes";
const OWN: &str = "x-ms-ratelimit-remaining-subscription-resource-requests";
const ABOVE: &str = "x-ms-ratelimit-remaining-tenant-reads";

/// The numbers of an answer, in the order of these names.
fn left<const N: usize>(answer: &Response, names: [&str; N]) -> [Option<u64>; N] {
    names.map(|name| answer.header(name).and_then(|text| text.parse().ok()))
}

/// In which nothing has been asked lately.
fn quiet() -> World {
    let mut world = World::protected();
    world.now += SignedDuration::from_secs(60);
    world
}

fn throttle(world: &mut World, reads: TokenBucket) {
    let usual = world.azure.rules().throttling.limits;
    let fault = ThrottlingFault {
        name: String::new(),
        limits: RequestLimits { reads, ..usual },
        optional: true,
    };
    world.azure.put_throttling(world.now, fault);
}

const FEW: TokenBucket = TokenBucket {
    size: 3,
    refill_per_second: 1,
};

#[test]
fn each_answer_says_what_is_left_by_kind() {
    let mut world = quiet();
    let group = world.get("");
    assert_eq!(
        left(&group, [READS, ALL_READS, WRITES]),
        [Some(249), Some(3749), None]
    );
    let group = world.get("");
    assert_eq!(left(&group, [READS, ALL_READS]), [Some(248), Some(3748)]);
    let tags = json!({"location": "westeurope", "tags": {"a": "b"}});
    let written = world.put("", &tags);
    assert_eq!(
        left(&written, [WRITES, ALL_WRITES, READS]),
        [Some(199), Some(2999), None]
    );
    let lock = "/providers/Microsoft.Authorization/locks/none";
    let deleted = world.delete(lock);
    assert_eq!(left(&deleted, [DELETES, WRITES]), [Some(199), None]);
}

/// The Backup service has limits of its own, but not for what is done by actions.
#[test]
fn the_backup_service_says_it_in_its_own_header() {
    let mut world = quiet();
    let instance = below_vault("backupInstances/one");
    let read = world.get(&instance);
    assert_eq!(left(&read, [OWN, READS, ALL_READS]), [Some(249), None, None]);
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(
        left(&started, [OWN, WRITES, ALL_WRITES]),
        [None, Some(199), Some(2999)]
    );
    let polled = world.follow(&started, "azure-asyncoperation");
    assert_eq!(left(&polled, [OWN]), [Some(248)]);
}

#[test]
fn above_subscriptions_the_tenants_are_counted() {
    let mut world = quiet();
    let request = world.request(Method::GET, "/subscriptions?api-version=2022-12-01");
    let answer = world.send(request);
    assert_eq!(left(&answer, [ABOVE, READS]), [Some(249), None]);
}

#[test]
fn who_is_refused_by_a_gate_has_asked_for_nothing() {
    let mut world = quiet();
    let target = format!("{}?api-version=2024-04-01", world.group());
    let stranger = world.send(Request::new(Method::GET, ARM, &target));
    assert_eq!(stranger.status, 401);
    assert_eq!(left(&stranger, [READS]), [None]);
    assert_eq!(left(&world.get(""), [READS]), [Some(249)]);
}

#[test]
fn where_nobody_is_throttled_a_bucket_stays_empty_and_nothing_is_refused() {
    let mut world = quiet();
    for _ in 0..260 {
        assert_eq!(world.get("").status, 200);
    }
    assert_eq!(left(&world.get(""), [READS, ALL_READS]), [Some(0), Some(3489)]);
    world.now += SignedDuration::from_secs(2);
    assert_eq!(left(&world.get(""), [READS, ALL_READS]), [Some(49), Some(3749)]);
}

#[test]
fn what_is_too_much_is_refused_until_tokens_have_come_back() {
    let mut world = quiet();
    throttle(&mut world, FEW);
    for expected in [2, 1, 0] {
        let answer = world.get("");
        assert_eq!(
            (answer.status.as_u16(), left(&answer, [READS])),
            (200, [Some(expected)])
        );
    }
    let refused = world.get("");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(left(&refused, [READS, ALL_READS]), [Some(0), Some(42)]);
    assert_eq!(refused.header("x-azdrill-gate"), Some("throttling"));
    assert_eq!(refused.header("x-azdrill-rules"), Some("ARM-THROTTLE"));
    let (subscription, who) = (&world.operator.subscription, world.operator.object_id);
    let message = format!(
        "Number of 'read' requests for subscription '{subscription}' actor '{who}' exceeded. Please try again after \
         '1' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional \
         information."
    );
    assert_eq!(
        refused.json_body()["error"],
        json!({"code": "SubscriptionRequestsThrottled", "message": message})
    );
    // What is written is counted apart, and what was refused has taken nothing.
    let tags = json!({"location": "westeurope", "tags": {"a": "b"}});
    assert_eq!(world.put("", &tags).status, 200);
    world.now += SignedDuration::from_secs(1);
    assert_eq!(world.get("").status, 200);
    assert_eq!(world.get("").status, 429);
    let told = world.azure.faults().describe();
    assert!(told[0].ends_with("; 7 matched, 2 struck"), "{told:?}");
}

/// All of a subscription's principals share buckets of fifteen times the size.
#[test]
fn principals_have_buckets_of_their_own_and_share_a_larger_one() {
    let mut world = quiet();
    throttle(
        &mut world,
        TokenBucket {
            size: 1,
            refill_per_second: 1,
        },
    );
    let readers: Vec<PrincipalId> = (0..16)
        .map(|number| world.add_principal(0xb000 + 16 * number, "reader", IdentityKind::Application))
        .collect();
    for who in &readers {
        let (now, group) = (world.now, world.group().parse().expect("an id"));
        world.azure.with_context(now, |context| {
            assign(context, *who, "Reader", &group, SignedDuration::ZERO);
        });
    }
    let target = world.group();
    let mut ask = |who: &PrincipalId| world.arm_as(*who, Method::GET, &target, None).status.as_u16();
    for who in &readers[..15] {
        assert_eq!(ask(who), 200);
    }
    assert_eq!(ask(&readers[0]), 429, "its own is empty");
    assert_eq!(ask(&readers[15]), 429, "the one they share is empty");
}
