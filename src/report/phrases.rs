//! Lists of phrases in both languages; each list brings the test that both say the same with the same places.

/// Constants of `Phrase`, named, in Chinese and in English.
macro_rules! phrases {
    ($($name:ident = $zh:literal, $en:literal;)*) => {
        $(pub(super) const $name: Phrase = Phrase::new($zh, $en);)*

        #[test]
        fn every_phrase_stands_in_both_languages_with_the_same_places() {
            crate::report::lang::stands_in_both_languages(&[$((stringify!($name), $name)),*]);
        }
    };
}

pub(super) use phrases;
