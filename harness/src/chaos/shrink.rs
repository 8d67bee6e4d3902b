//! Lesser plans: a plan that breaks a command is made less as long as it still does.

use super::{Ends, Plan};

/// The plans that are one step less than this one: without one of its faults, or with one that strikes less often.
pub fn lesser(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (list, faults) in &plan.faults {
        let Some(faults) = faults.as_array() else { continue };
        for number in 0..faults.len() {
            if plan.len() > 1 {
                let mut less = faults.clone();
                less.remove(number);
                plans.push(with(plan, list, less));
            }
        }
    }
    // What lasts is another matter than what passes.
    let lasts = plan.ends == Ends::GivesUp;
    for (list, faults) in plan.faults.iter().filter(|_| !lasts) {
        let Some(faults) = faults.as_array() else { continue };
        for (number, fault) in faults.iter().enumerate() {
            let times = fault.get("times").and_then(toml::Value::as_integer);
            if times.is_some_and(|times| times > 1)
                && let Some(once) = fault.as_table().cloned()
            {
                let mut once = once;
                once.remove("times");
                let mut less = faults.clone();
                less[number] = toml::Value::Table(once);
                plans.push(with(plan, list, less));
            }
        }
    }
    plans
}

fn with(plan: &Plan, list: &str, faults: toml::value::Array) -> Plan {
    let mut less = plan.clone();
    if faults.is_empty() {
        less.faults.remove(list);
    } else {
        less.faults.insert(list.to_owned(), toml::Value::Array(faults));
    }
    less
}
