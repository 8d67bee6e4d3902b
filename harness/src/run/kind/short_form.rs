//! What the kinds that have a table of `[world]` have in common: all but how they are built.

/// Makes the words of a table of `[world]` a kind of resource.
macro_rules! short_form_kind {
    ($own:ty, $part:ident, $place:ident, rank $rank:literal, id $id:ident) => {
        impl crate::run::kind::resource_kind::ResourceKind for $own {
            fn rank(&self) -> u8 {
                $rank
            }

            fn part(&self) -> Option<crate::scenario::Part> {
                Some(crate::scenario::Part::$part)
            }

            in_a_group!();

            fn properties(&self) -> Option<&toml::Table> {
                Some(&self.properties)
            }

            fn stand_in(&self, seen: &mut crate::scenario::World) {
                seen.$place = self.clone();
            }

            fn id(&self, names: &crate::run::Names) -> String {
                names.$id.clone()
            }

            fn check(
                &self,
                world: &crate::scenario::World,
                _rules: &azdrill_emulator::rules::Rules,
            ) -> Result<(), crate::scenario::Misstated> {
                self.check_names(world)
            }
        }
    };
}
