//! What is worked out beside the core.

use std::sync::mpsc;

use azdrill_emulator::model::Preparation;
use azdrill_emulator::server::{Answer, AnswerBody, BodySource};
use serde_json::{Value, json};

use crate::core_double::CoreDouble;
use crate::in_process::{World, get};

fn body(answer: Answer) -> Value {
    match answer.body {
        AnswerBody::Bytes(bytes) => serde_json::from_slice(&bytes).unwrap(),
        _ => Value::Null,
    }
}

/// The preparation goes on only once another request has been answered: were the core locked, it never would.
#[tokio::test]
async fn nobody_waits_for_what_another_request_has_worked_out() {
    let (others, answered) = mpsc::channel::<()>();
    let mut core = CoreDouble::default();
    let preparation = Preparation::new(move || {
        answered.recv().unwrap();
        "a key".to_owned()
    });
    core.preparations.insert("/slow".to_owned(), preparation);
    let world = World::new(core, None);
    let slow = world.send(get("/slow"), BodySource::Empty);
    let quick = async {
        let answer = world.send(get("/quick"), BodySource::Empty).await;
        others.send(()).unwrap();
        answer
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(body(slow)["prepared"], json!("a key"));
    assert_eq!(body(quick)["prepared"], Value::Null);
    assert_eq!(world.calls(), ["GET /quick?", "GET /slow?"]);
}

#[tokio::test]
async fn what_fails_beside_the_core_is_answered() {
    let mut core = CoreDouble::default();
    let preparation = Preparation::new(|| -> String { panic!("a mistake") });
    core.preparations.insert("/slow".to_owned(), preparation);
    let world = World::new(core, None);
    let answer = world.send(get("/slow"), BodySource::Empty).await;
    assert_eq!(answer.status, 500);
    assert!(world.calls().is_empty());
    assert_eq!(world.send(get("/slow"), BodySource::Empty).await.status, 200);
}
