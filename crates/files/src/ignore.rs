//! `--ignore`: names of files and folders that are not loaded, as patterns of Go's `path/filepath.Match`.

/// Whether a name matches a pattern. A pattern that is wrong matches nothing.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    match_rest(&pattern, &name)
}

/// Matches by keeping the last `*` to come back to, so that it takes no more than the product of the lengths.
fn match_rest(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, in_name));
            at += 1;
            continue;
        }
        if at >= pattern.len() && in_name >= name.len() {
            return true;
        }
        let step = name.get(in_name).and_then(|character| one(pattern.get(at..).unwrap_or_default(), *character));
        if let Some(length) = step {
            at += length;
            in_name += 1;
            continue;
        }
        match star {
            Some((star_at, seen)) if seen < name.len() => {
                star = Some((star_at, seen + 1));
                (at, in_name) = (star_at + 1, seen + 1);
            }
            _ => return false,
        }
    }
}

/// How much of the pattern matches one character, if it does.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == character).then_some(2),
        ['[', rest @ ..] => {
            let is_negated = rest.first() == Some(&'^');
            let mut at = usize::from(is_negated);
            let mut found = false;
            let mut count = 0;
            while count == 0 || rest.get(at) != Some(&']') {
                let (low, length) = member(rest.get(at..)?)?;
                at += length;
                let mut high = low;
                if rest.get(at) == Some(&'-') {
                    let (end, length) = member(rest.get(at + 1..)?)?;
                    high = end;
                    at += 1 + length;
                }
                found |= (low..=high).contains(&character);
                count += 1;
            }
            (found != is_negated).then_some(at + 2)
        }
        [plain, ..] => (*plain == character).then_some(1),
        [] => None,
    }
}

/// A character of a class, and how much of the pattern it takes.
fn member(pattern: &[char]) -> Option<(char, usize)> {
    match pattern {
        ['\\', escaped, ..] => Some((*escaped, 2)),
        ['-' | ']', ..] | [] => None,
        [plain, ..] => Some((*plain, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go() {
        for (pattern, name) in [
            ("*", ""),
            (".*", ".git"),
            ("*_test.rego", "a_test.rego"),
            ("a*b*c", "aXbXbc"),
            ("[a-c]?", "bx"),
            ("[^a-c]", "d"),
            ("\\*", "*"),
            ("[\\]]", "]"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "a"),
            (".*", "a.b"),
            ("a", "ab"),
            ("[a-c]", "d"),
            ("[^a-c]", "a"),
            ("[a", "a"),
            ("[]", "]"),
            ("a*b", "aXc"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
