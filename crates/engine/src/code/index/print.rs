//! The textual form of an index, for golden tests.

use super::{End, Hop, Index, Node, Place, Root};
use crate::code::Unit;
use std::fmt::Write;

impl Index {
    /// The structure, one node a line.
    pub fn print(&self, unit: &Unit) -> String {
        let mut out = String::new();
        Printer { index: self, unit, out: &mut out }.node(0, 1, "");
        out
    }
}

struct Printer<'p> {
    index: &'p Index,
    unit: &'p Unit,
    out: &'p mut String,
}

impl Printer<'_> {
    /// A node, which `answer` leads to.
    fn node(&mut self, node: u32, depth: usize, answer: &str) {
        let indent = "  ".repeat(depth);
        let Some(node) = self.index.nodes.get(node as usize) else { return };
        let (question, mut answers, rest) = match node {
            Node::Leaf(definitions) => {
                let _ = writeln!(self.out, "{indent}{answer}rules {definitions:?}");
                return;
            }
            Node::Equal { place, constants, rest } => {
                let text = |constant: u32| self.constant(constant);
                let answers: Vec<_> = constants.iter().map(|(constant, node)| (text(constant.0), node)).collect();
                (format!("value of {}", self.place(place)), answers, rest)
            }
            Node::Affix { place, end, affixes, rest } => {
                let end = if *end == End::Beginning { "beginning" } else { "end" };
                let answers = affixes.table.iter().map(|entry| (format!("{:?}", entry.text), entry.node)).collect();
                (format!("{end} of {}", self.place(place)), answers, rest)
            }
            Node::Kind { place, by_kind, rest } => {
                let answers = by_kind.iter().map(|(kind, node)| (kind.name().to_owned(), *node)).collect();
                (format!("type of {}", self.place(place)), answers, rest)
            }
            Node::Length { place, by_length, rest } => {
                let answers = by_length.iter().map(|(length, node)| (length.to_string(), *node)).collect();
                (format!("length of {}", self.place(place)), answers, rest)
            }
        };
        let _ = writeln!(self.out, "{indent}{answer}by {question}");
        answers.sort();
        for (answer, node) in answers {
            self.node(node, depth + 1, &format!("{answer}: "));
        }
        if let Some(rest) = rest {
            self.node(*rest, depth + 1, "any: ");
        }
    }

    fn constant(&self, constant: u32) -> String {
        self.unit.constants().get(constant as usize).map(ToString::to_string).unwrap_or_default()
    }

    fn place(&self, place: &Place) -> String {
        let mut text = match place.root {
            Root::Input => "input".to_owned(),
            Root::Data => "base".to_owned(),
            Root::Argument(register) => format!("r{register}"),
        };
        for hop in &place.hops {
            let _ = match hop {
                Hop::Path(path) => {
                    let keys = self.unit.paths.get(path.0 as usize).into_iter().flatten();
                    keys.for_each(|key| {
                        let _ = write!(text, ".{}", key.text);
                    });
                    Ok(())
                }
                Hop::Constant(constant) => write!(text, "[{}]", self.constant(constant.0)),
                Hop::Key(place) => write!(text, "[{}]", self.place(place)),
            };
        }
        text
    }
}
