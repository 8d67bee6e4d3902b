//! Properties as ARM spells them, laid over those of a body.

use serde_json::Value;

use crate::run::names::Names;

/// Properties that are said besides, over those of a body.
pub(in crate::run) fn over(body: &mut Value, properties: &toml::Table, names: &Names) {
    let Ok(mut said) = serde_json::to_value(properties) else {
        return;
    };
    names.fill_value(&mut said);
    lay(&mut body["properties"], said);
}

/// Objects are merged member by member; everything else is replaced.
fn lay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                lay(below.entry(name).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
