//! Classes of letters as Go's tables have them: those of Unicode 15.

/// Letters of a class.
pub(crate) struct Letters(Vec<(char, char)>);

impl Letters {
    /// The letters of a class of regular expressions, such as `\pL`, that Unicode 15 has.
    pub(crate) fn of(class: &str) -> Self {
        match regex_syntax::parse(&format!(r"[{class}&&\p{{Age=15.0}}]")).map(regex_syntax::hir::Hir::into_kind) {
            Ok(regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class))) => {
                Letters(class.iter().map(|range| (range.start(), range.end())).collect())
            }
            // The pattern is a class of characters.
            _ => Letters(Vec::new()),
        }
    }

    /// Whether the letter is one of them.
    pub(crate) fn contain(&self, letter: char) -> bool {
        self.0
            .binary_search_by(|(start, end)| match letter {
                _ if *end < letter => std::cmp::Ordering::Less,
                _ if *start > letter => std::cmp::Ordering::Greater,
                _ => std::cmp::Ordering::Equal,
            })
            .is_ok()
    }
}
