//! What follows from the list of steps.

/// Makes [`Action`](super::Action) of a list of words and types.
macro_rules! steps {
    ($($(#[$what:meta])* $word:literal $name:ident($module:ident::$kind:ident),)*) => {
        /// What a step does.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Action {
            $($(#[$what])* $name($module::$kind),)*
        }

        impl Action {
            /// The words there are for `do`.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word for it in files.
            pub fn word(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $word,)*
                }
            }

            /// The words a step of this kind may have of its own; `None` if there is no such kind.
            pub(crate) fn own_words(kind: &str) -> Option<Vec<&'static str>> {
                match kind {
                    $($word => Some(words_of::<$module::$kind>()),)*
                    _ => None,
                }
            }

            /// Reads the words of one of the kinds there are.
            pub(crate) fn read(kind: &str, words: Spanned<DeTable<'_>>) -> Result<Self, toml::de::Error> {
                let words = toml::de::Deserializer::from(words);
                match kind {
                    $($word => $module::$kind::deserialize(words).map(Self::$name),)*
                    _ => Err(toml::de::Error::custom(format!("there is no step `{kind}`"))),
                }
            }

            /// Checks what can be checked before there is a world.
            pub(crate) fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
                match self {
                    $(Self::$name(step) => step.check(world, rules),)*
                }
            }

            /// Whether it can happen while a job is under way.
            pub(crate) fn can_happen_during_a_job(&self) -> bool {
                match self {
                    $(Self::$name(_) => <$module::$kind as Take>::DURING,)*
                }
            }

            /// The parts that something of the world has to play in it.
            pub(crate) fn needs(&self) -> Vec<Part> {
                match self {
                    $(Self::$name(step) => step.needs(),)*
                }
            }

            /// The words of each kind, as JSON Schema.
            #[cfg(test)]
            pub(crate) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($word, <$module::$kind as schemars::JsonSchema>::json_schema(generator)),)*]
            }

            /// Does it.
            pub(super) async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
                // What a step waits for is deep: boxed, so that a thread's stack holds one and not all of them.
                match self {
                    $(Self::$name(step) => Box::pin(step.take(play)).await,)*
                }
            }
        }
    };
}
