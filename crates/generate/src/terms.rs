//! Terms of a kind.

use crate::generator::Generator;
use crate::kinds::{KINDS, Kind};
use crate::rules::Shape;
use crate::tables::{Piece, TABLES};

impl Generator<'_> {
    /// A term of a kind, `depth` levels deep at most.
    pub fn term(&mut self, kind: Kind, depth: usize) -> String {
        let kind = if self.is_broken && self.choices.once_in(40) { self.kind() } else { kind };
        if self.is_broken && self.choices.once_in(60) {
            return "unbound".to_owned();
        }
        if self.choices.once_in(if self.is_negated { 200 } else { 30 }) {
            return self.open_lookup(kind);
        }
        let variables = self.variables(kind);
        let grown = if depth == 0 || self.is_long() { 0 } else { 8 };
        let has_rules = if self.rules.is_empty() { 0 } else { 3 };
        let comprehends = grown > 0 && self.choices_left();
        match self.choices.weighted(&[
            4,
            if variables.is_empty() { 0 } else { 6 },
            grown,
            has_rules,
            if comprehends { 2 } else { 0 },
        ]) {
            0 => self.way(kind, false, depth),
            1 => variables.get(self.choices.pick(variables.len())).cloned().unwrap_or_default(),
            2 => self.way(kind, true, depth),
            3 => self.of_rule(kind, depth),
            _ => self.comprehension(kind, depth - 1),
        }
    }

    /// A lookup that binds, in the middle of a term; with luck beside what it binds.
    fn open_lookup(&mut self, kind: Kind) -> String {
        let (collection, key) = self.stepped(kind);
        let name = if self.choices.once_in(3) { "_".to_owned() } else { self.fresh() };
        let lookup = format!("{collection}[{name}]");
        if name == "_" {
            return lookup;
        }
        self.bind_later(&name, key);
        match (kind, self.choices.pick(4)) {
            (Kind::Any | Kind::List, 1) => format!("[{name}, {lookup}]"),
            (Kind::Any | Kind::List, 2) => format!("[{lookup}, {name}]"),
            (Kind::Any | Kind::Tree, 3) => format!("{{\"k\": {name}, \"v\": {lookup}}}"),
            (Kind::Str, 1) => format!("sprintf(\"%v %v\", [{name}, {lookup}])"),
            _ => lookup,
        }
    }

    /// A term that does not grow and names no variable.
    pub fn leaf(&mut self, kind: Kind) -> String {
        self.way(kind, false, 0)
    }

    /// A kind, any.
    pub fn kind(&mut self) -> Kind {
        KINDS.get(self.choices.pick(KINDS.len())).map_or(Kind::Num, |(_, kind)| *kind)
    }

    /// A kind of collections.
    pub fn collection_kind(&mut self) -> Kind {
        const KINDS: [Kind; 9] =
            [Kind::Nums, Kind::Nset, Kind::Obj, Kind::Strs, Kind::Sset, Kind::List, Kind::Vset, Kind::Tree, Kind::Any];
        KINDS.get(self.choices.pick(KINDS.len())).copied().unwrap_or(Kind::Nums)
    }

    /// A text of a pool.
    pub fn pool(&mut self, name: &str) -> &'static str {
        let texts = TABLES.pool(name);
        texts.get(self.choices.pick(texts.len())).map_or("", String::as_str)
    }

    fn way(&mut self, kind: Kind, is_grown: bool, depth: usize) -> String {
        let ways = TABLES.ways(kind, is_grown);
        let (ways, depth) = if ways.is_empty() { (TABLES.ways(kind, !is_grown), depth) } else { (ways, depth) };
        let Some(way) = ways.get(self.choices.pick(ways.len())) else { return "1".to_owned() };
        let has = |is_it: fn(&str) -> bool| way.iter().any(|piece| matches!(piece, Piece::Text(text) if is_it(text)));
        let is_out_of_place = has(|text| text.contains(" in ")) && !self.has_keywords
            || has(is_deprecated) && !self.is_v0
            // In queries they have nothing to tell.
            || has(|text| text.starts_with("rego.metadata")) && self.package.is_empty();
        if is_out_of_place {
            return self.way(kind, false, depth);
        }
        let mut text = String::new();
        for piece in way {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Pool(name) => text.push_str(self.pool(name)),
                Piece::Term(kind) => text.push_str(&self.term(*kind, depth.saturating_sub(1))),
            }
        }
        text
    }

    /// What a rule gives, of the kind if there is such a rule.
    fn of_rule(&mut self, kind: Kind, depth: usize) -> String {
        let fitting: Vec<usize> = self
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.kind.fits(kind) || (self.is_broken && rule.kind != kind))
            .map(|(at, _)| at)
            .collect();
        let Some(rule) = fitting.get(self.choices.pick(fitting.len())).and_then(|at| self.rules.get(*at)).cloned()
        else {
            return self.way(kind, false, depth);
        };
        let name = self.name_of(&rule);
        match &rule.shape {
            Shape::Document => name,
            Shape::Function(arguments) => {
                let mut arguments: Vec<String> =
                    arguments.iter().map(|kind| self.term(*kind, depth.saturating_sub(1))).collect();
                if self.is_broken && self.choices.once_in(8) {
                    arguments.pop();
                }
                format!("{name}({})", arguments.join(", "))
            }
        }
    }

    /// A comprehension, or another term if there is none of that kind.
    fn comprehension(&mut self, kind: Kind, depth: usize) -> String {
        let (open, close, is_object) = match kind {
            Kind::Nums | Kind::Strs | Kind::List => ("[", "]", false),
            Kind::Nset | Kind::Sset | Kind::Vset => ("{", "}", false),
            Kind::Obj | Kind::Tree => ("{", "}", true),
            Kind::Num => return format!("count({})", self.comprehension(Kind::List, depth)),
            _ => return self.way(kind, true, depth),
        };
        let mark = self.scope.len();
        self.nested += 1;
        let body = self.body(depth, 3).join("; ");
        self.nested -= 1;
        let (key, value) = kind.parts();
        let depth = depth.min(1);
        let head = if is_object {
            format!("{}: {}", self.term(key, depth), self.term(value, depth))
        } else {
            self.term(value, depth)
        };
        self.scope.truncate(mark);
        format!("{open}{head} | {body}{close}")
    }
}

/// Whether a call is one that only older Rego has.
fn is_deprecated(call: &str) -> bool {
    ["any(", "all(", "re_match(", "set_diff(", "cast_", "net.cidr_overlap("].iter().any(|name| call.starts_with(name))
}
