//! How sketches are written: word lists, settings made of them, and every combination of those.

/// A word list: the enum, all of its words in order, and what a table prints for each.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$word_about:meta])* $word:ident = $label:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$word_about])* $word,)+ }

        impl $name {
            /// All of them. The first is the one that stands least in the way.
            pub const ALL: &[Self] = &[$(Self::$word,)+];

            /// The word a table prints.
            pub fn label(self) -> &'static str {
                match self { $(Self::$word => $label,)+ }
            }
        }

        impl $crate::sketch::Word for $name {
            fn labels() -> Vec<&'static str> {
                Self::ALL.iter().map(|word| word.label()).collect()
            }

            fn chosen(index: usize) -> Self {
                Self::ALL[index]
            }
        }
    };
}
