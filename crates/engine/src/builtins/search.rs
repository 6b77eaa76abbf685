//! Finding one sequence in another in linear time.

/// Where `part` stands in `whole`: the start of every occurrence, overlapping ones too (Knuth, Morris and Pratt). An
/// empty part stands everywhere, after the end as well.
pub(super) fn occurrences<'t, T: PartialEq>(whole: &'t [T], part: &'t [T]) -> impl Iterator<Item = usize> + 't {
    let borders = if part.len() > whole.len() { Vec::new() } else { borders(part) };
    let mut matched = 0;
    let everywhere = if part.is_empty() { 0..whole.len() + 1 } else { 0..0 };
    let items = if part.is_empty() || part.len() > whole.len() { &[] } else { whole };
    let found = items.iter().enumerate().filter_map(move |(at, item)| {
        matched = advance(part, &borders, matched, item);
        (matched == part.len()).then(|| at + 1 - part.len())
    });
    everywhere.chain(found)
}

/// How many items of `part` match after one more item, `matched` having matched before.
fn advance<T: PartialEq>(part: &[T], borders: &[usize], mut matched: usize, item: &T) -> usize {
    loop {
        if part.get(matched).is_some_and(|expected| expected == item) {
            return matched + 1;
        }
        match matched.checked_sub(1).and_then(|last| borders.get(last)) {
            Some(border) => matched = *border,
            None => return 0,
        }
    }
}

/// For each prefix, by its length minus one, the length of its longest proper prefix that is also its suffix.
fn borders<T: PartialEq>(part: &[T]) -> Vec<usize> {
    let mut table = Vec::with_capacity(part.len());
    let mut matched = 0;
    for (at, item) in part.iter().enumerate() {
        if at > 0 {
            matched = advance(part, &table, matched, item);
        }
        table.push(matched);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::occurrences;

    fn find(whole: &str, part: &str) -> Vec<usize> {
        occurrences(whole.as_bytes(), part.as_bytes()).collect()
    }

    #[test]
    fn overlapping_occurrences_are_found() {
        assert_eq!(find("aaaa", "aa"), [0, 1, 2]);
        assert_eq!(find("abcabcabx", "abcabx"), [3]);
        assert_eq!(find("ababaab", "abaab"), [2]);
        assert_eq!(find("ab", "abc"), [] as [usize; 0]);
        assert_eq!(find("ab", ""), [0, 1, 2]);
    }
}
