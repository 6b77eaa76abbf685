//! The tables of terms and of texts.

use crate::kinds::Kind;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A piece of a way to write a term.
pub enum Piece {
    Text(String),
    Term(Kind),
    Pool(String),
}

/// Ways to write terms, and texts for arguments.
#[derive(Default)]
pub struct Tables {
    leaves: HashMap<Kind, Vec<Vec<Piece>>>,
    grown: HashMap<Kind, Vec<Vec<Piece>>>,
    pools: HashMap<String, Vec<String>>,
}

/// Those of `terms.txt` and `pools.txt`.
pub static TABLES: LazyLock<Tables> =
    LazyLock::new(|| Tables::read(include_str!("terms.txt"), include_str!("pools.txt")));

impl Tables {
    fn read(terms: &str, pools: &str) -> Tables {
        let mut tables = Tables::default();
        for (name, text) in lines(terms) {
            let (map, name) = match name.strip_prefix('=') {
                Some(name) => (&mut tables.leaves, name),
                None => (&mut tables.grown, name),
            };
            if let Some(kind) = Kind::named(name) {
                map.entry(kind).or_default().push(pieces(text));
            }
        }
        for (name, text) in lines(pools) {
            tables.pools.entry(name.to_owned()).or_default().push(text.to_owned());
        }
        tables
    }

    /// Ways to write a term of a kind: those that do not grow, and those that do.
    pub fn ways(&self, kind: Kind, is_grown: bool) -> &[Vec<Piece>] {
        let map = if is_grown { &self.grown } else { &self.leaves };
        map.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// The texts of a pool.
    pub fn pool(&self, name: &str) -> &[String] {
        self.pools.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        let after = &after[1..];
        let (is_pool, after) = after.strip_prefix('@').map_or((false, after), |after| (true, after));
        let length = after.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (name, after) = after.split_at(length);
        found.push(Piece::Text(before.to_owned()));
        match Kind::named(name) {
            _ if is_pool => found.push(Piece::Pool(name.to_owned())),
            Some(kind) => found.push(Piece::Term(kind)),
            // A template string's own sign.
            None => found.push(Piece::Text(format!("${name}"))),
        }
        rest = after;
    }
    found.push(Piece::Text(rest.to_owned()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::KINDS;

    #[test]
    fn every_name_is_known() {
        for (_, kind) in KINDS {
            assert!(!TABLES.ways(*kind, false).is_empty() || !TABLES.ways(*kind, true).is_empty(), "{kind:?}");
            for piece in [false, true].into_iter().flat_map(|grown| TABLES.ways(*kind, grown)).flatten() {
                if let Piece::Pool(name) = piece {
                    assert!(!TABLES.pool(name).is_empty(), "{name}");
                }
            }
        }
        for (name, text) in lines(include_str!("terms.txt")) {
            assert!(Kind::named(name.trim_start_matches('=')).is_some(), "{name} {text}");
        }
    }
}
