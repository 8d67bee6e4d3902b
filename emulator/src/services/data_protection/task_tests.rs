use http::Method;
use serde_json::json;

use super::*;
use crate::azure::Azure;
use crate::model::{NetworkPath, Request, Timestamp};
use crate::rules::{Assumptions, Profile, Rules};
use crate::services::Settings;
use crate::services::data_protection::operations;
use crate::services::data_protection::violation::Violation;

/// Waits for an answer, as jobs and validations do.
#[derive(Clone)]
struct Asks {
    operation: String,
}

impl Task for Asks {
    fn begin(&mut self, _: &mut Context<'_>) -> Step<Self> {
        let call = Outbound {
            principal: None,
            audience: "",
            path: NetworkPath::internet(),
            request: Request::new(Method::GET, "management.azure.com", "/subscriptions"),
        };
        Step::call(call, |task, context, _| {
            Over::operation(context, &task.operation, operations::ended_well()).into()
        })
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::interrupted();
        violation.note(context, "vault");
        let outcome = operations::refused(&violation.refusal, &violation.info(""));
        Over::operation(context, &self.operation, outcome)
    }
}

/// What comes of the operation of a task that asks, once it has been given this.
fn given(input: Input) -> (OperationOutcome, Vec<&'static str>) {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let mut azure = Azure::new(rules, Settings::default(), 1);
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
    let outcome = azure.with_context(now, |context| {
        let operation = "asked".to_owned();
        context.state.operations.begin(operation.clone(), now);
        let mut running = Running {
            task: Asks { operation },
            then: Then::Woke(Asks::begin),
            clean_up: Vec::new(),
        };
        assert!(matches!(running.step(context, Input::Woke), Next::Call(_)));
        assert!(matches!(running.step(context, input), Next::Done));
        let operation = context.state.operations.get("asked").expect("it is there");
        operation.outcome
    });
    let notes = azure.log().notes().iter().flat_map(|note| &note.rules);
    (outcome, notes.map(|rule| rule.as_str()).collect())
}

#[test]
fn a_task_that_gets_what_it_did_not_wait_for_leaves_nothing_hanging() {
    let (outcome, rules) = given(Input::Answered(Response::new(http::StatusCode::OK)));
    assert_eq!(outcome, operations::ended_well());
    assert!(rules.is_empty());
    for other in [Input::Woke, Input::Worked(EffectResult::ServerDone)] {
        let (outcome, rules) = given(other);
        let OperationOutcome::Failed(error) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error["code"], json!("SyntheticJobInterrupted"));
        assert_eq!(rules, ["DPP-INTERRUPTED"]);
    }
}
