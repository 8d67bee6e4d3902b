//! What the kinds that stand in a resource group have in common.

/// Where the fields `name`, `group`, `subscription` and `location` say it is; with a type, its id as well.
macro_rules! in_a_group {
    () => {
        fn be_called(&mut self, name: &str) {
            name.clone_into(&mut self.name);
        }

        fn place(&self) -> Option<(&str, Option<&str>)> {
            Some((&self.group, self.subscription.as_deref()))
        }

        fn location(&self) -> Option<&str> {
            self.location.as_deref()
        }
    };
    ($type:literal) => {
        in_a_group!();

        fn id(&self, names: &crate::run::Names) -> String {
            let group = names.group(&self.group, self.subscription.as_deref());
            format!(concat!("{}/providers/", $type, "/{}"), group, self.name)
        }
    };
}
