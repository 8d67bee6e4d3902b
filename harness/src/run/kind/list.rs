//! What follows from the list of kinds.

/// Makes [`Resource`](super::Resource) of a list of words and types.
macro_rules! kinds {
    ($($(#[$what:meta])* $word:literal $name:ident($words:ty),)*) => {
        /// A named resource of a world, with the words of its kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Resource {
            $($(#[$what])* $name($words),)*
        }

        impl Resource {
            /// The kinds there are.
            pub const KINDS: &'static [&'static str] = &[$($word),*];

            /// The words a resource of this kind may have of its own; `None` if there is no such kind.
            pub(crate) fn own_words(kind: &str) -> Option<Vec<&'static str>> {
                match kind {
                    $($word => Some(crate::run::step::words_of::<$words>()),)*
                    _ => None,
                }
            }

            /// Reads the words of one of the kinds there are.
            pub(crate) fn read<'de, D: Deserializer<'de>>(kind: &str, words: D) -> Result<Self, D::Error> {
                match kind {
                    $($word => <$words>::deserialize(words).map(Self::$name),)*
                    _ => Err(D::Error::custom(format!("there is no kind `{kind}`"))),
                }
            }

            /// The words of each kind, as JSON Schema.
            #[cfg(test)]
            pub(crate) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($word, <$words as schemars::JsonSchema>::json_schema(generator)),)*]
            }

            /// The word for its kind.
            pub(crate) fn word(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $word,)*
                }
            }

            fn kind(&self) -> &dyn ResourceKind {
                match self {
                    $(Self::$name(resource) => resource,)*
                }
            }

            fn kind_mut(&mut self) -> &mut dyn ResourceKind {
                match self {
                    $(Self::$name(resource) => resource,)*
                }
            }

            /// Builds it, in a world in which it and what it is about are in the places of the short forms.
            pub(super) async fn build(
                &self,
                client: &mut Client,
                names: &Names,
                seen: &World,
            ) -> Result<(), RunError> {
                match self {
                    $(Self::$name(resource) => resource.build(client, names, seen).await,)*
                }
            }
        }
    };
}
