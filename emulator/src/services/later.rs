//! What is done after a time, whatever happens meanwhile.

use jiff::SignedDuration;

use super::{Context, Input, Next, Workflow};

#[derive(Clone)]
struct Later<F> {
    by: SignedDuration,
    action: Option<F>,
    waits: bool,
}

/// Does something after a time.
pub(super) fn later<F>(context: &mut Context<'_>, by: SignedDuration, action: F)
where
    F: FnOnce(&mut Context<'_>) + Clone + Send + 'static,
{
    context.start(Later {
        by,
        action: Some(action),
        waits: false,
    });
}

impl<F: FnOnce(&mut Context<'_>) + Clone + Send + 'static> Workflow for Later<F> {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        if !std::mem::replace(&mut self.waits, true) {
            return Next::Sleep(self.by);
        }
        if let Some(action) = self.action.take() {
            action(context);
        }
        Next::Done
    }
}
