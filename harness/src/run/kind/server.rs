//! What servers of every flavour have in common as kinds of resources: all but how they are built.

/// Makes the kind of servers of one flavour.
macro_rules! server_kind {
    ($(#[$what:meta])* $name:ident, $flavour:ident) => {
        $(#[$what])*
        #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub(super) crate::scenario::ServerWorld);

        impl super::resource_kind::ResourceKind for $name {
            fn rank(&self) -> u8 {
                2
            }

            fn part(&self) -> Option<crate::scenario::Part> {
                Some(crate::scenario::Part::Server)
            }

            fn be_called(&mut self, name: &str) {
                name.clone_into(&mut self.0.name);
            }

            fn place(&self) -> Option<(&str, Option<&str>)> {
                Some((&self.0.group, self.0.subscription.as_deref()))
            }

            fn location(&self) -> Option<&str> {
                self.0.location.as_deref()
            }

            fn properties(&self) -> Option<&toml::Table> {
                Some(&self.0.properties)
            }

            fn stand_in(&self, seen: &mut crate::scenario::World) {
                seen.server = crate::scenario::ServerWorld {
                    flavour: crate::scenario::ServerFlavour::$flavour,
                    ..self.0.clone()
                };
            }

            fn id(&self, names: &crate::run::Names) -> String {
                names.server.clone()
            }

            fn check(
                &self,
                _world: &crate::scenario::World,
                _rules: &azdrill_emulator::rules::Rules,
            ) -> Result<(), crate::scenario::Misstated> {
                self.0.check_content()
            }

            fn password(&self) -> Option<&str> {
                Some(self.0.password.as_str())
            }

            fn derive_secrets(&mut self, entropy: &azdrill_emulator::entropy::Entropy) {
                self.0.password.derive(entropy);
            }
        }
    };
}
