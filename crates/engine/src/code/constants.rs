//! Collecting the constants, paths and targets of a unit.

use super::{BuiltinIndex, ConstantId, FormatId, Formatting, Key, PathId, Target, TargetId, Unit};
use crate::builtins::{Builtin, Format, shortcut};
use crate::hir::Const;
use crate::plan::Constant;
use crate::value::{Bump, Frozen, Make, Symbol, SymbolTable, Value, number};
use hashbrown::HashMap;
use std::mem::discriminant;
use std::sync::Arc;

/// The symbols of a policy: a policy adds to them, a query only looks them up.
pub(super) enum Symbols<'s> {
    Policy(&'s mut SymbolTable),
    Query(&'s SymbolTable),
}

impl Symbols<'_> {
    fn symbol(&mut self, text: &Arc<str>) -> Symbol {
        match self {
            Symbols::Policy(table) => table.intern_shared(text),
            Symbols::Query(table) => table.lookup(text),
        }
    }

    fn table(&self) -> &SymbolTable {
        match self {
            Symbols::Policy(table) => table,
            Symbols::Query(table) => table,
        }
    }
}

/// The tables of a unit under construction.
pub(super) struct Pool<'s> {
    symbols: Symbols<'s>,
    constants: Vec<Constant>,
    /// The constant that a string is, by its symbol.
    strings: Vec<Option<ConstantId>>,
    /// Other scalars, and strings that have no symbol.
    scalars: HashMap<Const, ConstantId>,
    paths: Vec<Box<[Key]>>,
    path_ids: HashMap<Vec<Arc<str>>, PathId>,
    builtins: Vec<&'static Builtin>,
    formats: Vec<Formatting>,
    targets: Vec<Target>,
}

impl<'s> Pool<'s> {
    pub(super) fn new(symbols: Symbols<'s>) -> Self {
        Pool {
            symbols,
            constants: Vec::new(),
            strings: Vec::new(),
            scalars: HashMap::new(),
            paths: Vec::new(),
            path_ids: HashMap::new(),
            builtins: Vec::new(),
            formats: Vec::new(),
            targets: Vec::new(),
        }
    }

    pub(super) fn constant(&mut self, constant: &Constant) -> ConstantId {
        self.constant_with_symbol(constant).0
    }

    /// The number of a constant, and the symbol of one that is a string.
    pub(super) fn constant_with_symbol(&mut self, constant: &Constant) -> (ConstantId, Option<Symbol>) {
        match constant {
            Constant::Scalar(Const::String(text)) => {
                let symbol = self.symbols.symbol(text);
                let id = if symbol.is_some() { self.string(symbol, constant) } else { self.scalar(constant) };
                (id, Some(symbol))
            }
            Constant::Scalar(_) => (self.scalar(constant), None),
            _ => (self.add(constant), None),
        }
    }

    fn string(&mut self, symbol: Symbol, constant: &Constant) -> ConstantId {
        let place = symbol.0 as usize;
        if let Some(id) = self.strings.get(place).copied().flatten() {
            return id;
        }
        let id = self.add(constant);
        if place >= self.strings.len() {
            self.strings.resize(place + 1, None);
        }
        if let Some(known) = self.strings.get_mut(place) {
            *known = Some(id);
        }
        id
    }

    fn scalar(&mut self, constant: &Constant) -> ConstantId {
        let Constant::Scalar(scalar) = constant else { return self.add(constant) };
        if let Some(id) = self.scalars.get(scalar) {
            return *id;
        }
        let id = self.add(constant);
        self.scalars.insert(scalar.clone(), id);
        id
    }

    fn add(&mut self, constant: &Constant) -> ConstantId {
        self.constants.push(constant.clone());
        ConstantId(self.constants.len() as u32 - 1)
    }

    pub(super) fn path(&mut self, path: &[Arc<str>]) -> PathId {
        if let Some(id) = self.path_ids.get(path) {
            return *id;
        }
        let keys = path.iter().map(|text| Key::new(self.symbols.symbol(text), text)).collect();
        let id = PathId(self.paths.len() as u32);
        self.paths.push(keys);
        self.path_ids.insert(path.to_vec(), id);
        id
    }

    pub(super) fn builtin(&mut self, builtin: &'static Builtin) -> BuiltinIndex {
        let at = self.builtins.iter().position(|other| other.name == builtin.name).unwrap_or_else(|| {
            self.builtins.push(builtin);
            self.builtins.len() - 1
        });
        BuiltinIndex(at as u16)
    }

    /// The call of a builtin with a constant text and an array of so many values, if a format is known that writes it.
    pub(super) fn format(&mut self, builtin: &'static Builtin, first: &Arc<str>, values: usize) -> Option<FormatId> {
        let format = Format::new(builtin, first, values)?;
        let first = self.constant(&Constant::Scalar(Const::String(Arc::clone(first))));
        let builtin = self.builtin(builtin);
        self.formats.push(Formatting { builtin, first, format });
        Some(FormatId(self.formats.len() as u32 - 1))
    }

    pub(super) fn target(&mut self, target: Target) -> TargetId {
        self.targets.push(target);
        TargetId(self.targets.len() as u32 - 1)
    }

    pub(super) fn finish(mut self) -> Unit {
        let same = same(&self.constants);
        let firsts = self.constants.iter().zip(&same).filter(|(_, same)| same.is_none());
        firsts.for_each(|(constant, _)| intern(constant, &mut self.symbols));
        let mut known = vec![Symbol::NONE; self.constants.len()];
        for (symbol, id) in self.strings.iter().enumerate() {
            if let Some(known) = id.and_then(|id| known.get_mut(id.0 as usize)) {
                *known = Symbol(symbol as u32);
            }
        }
        let (arena, table) = (Bump::new(), self.symbols.table());
        let constants = Frozen::made(|make| {
            let mut items: Vec<Value<'_>> = Vec::with_capacity(self.constants.len());
            for ((constant, symbol), same) in self.constants.iter().zip(&known).zip(&same) {
                items.push(match (constant, same.and_then(|same| items.get(same))) {
                    (_, Some(same)) => *same,
                    (Constant::Scalar(Const::String(text)), None) if symbol.is_some() => {
                        Value::String { symbol: *symbol, text: make.distinct(text) }
                    }
                    (constant, None) => make.copy(value(&arena, constant), table),
                });
            }
            Value::Array(make.array(&items))
        });
        let shortcuts = self.builtins.iter().map(|builtin| shortcut(builtin)).collect();
        let Pool { paths, builtins, formats, targets, .. } = self;
        Unit { constants, paths, builtins, shortcuts, formats, targets }
    }
}

/// For each constant the number of an earlier one that is a copy of the same collection.
fn same(constants: &[Constant]) -> Vec<Option<usize>> {
    let mut firsts: HashMap<_, usize> = HashMap::new();
    let mut first = |(number, constant)| {
        // Empty ones of several kinds may be in one place.
        let first = *firsts.entry((discriminant(constant), address(constant)?)).or_insert(number);
        (first < number).then_some(first)
    };
    constants.iter().enumerate().map(&mut first).collect()
}

/// Where the parts of a collection are, which copies of it share.
fn address(constant: &Constant) -> Option<usize> {
    match constant {
        Constant::Scalar(_) => None,
        Constant::Array(items) | Constant::Set(items) => Some(items.as_ptr().addr()),
        Constant::Object(entries) => Some(entries.as_ptr().addr()),
    }
}

/// Gives symbols to the strings in a collection. Other strings got theirs when they became constants.
fn intern(constant: &Constant, symbols: &mut Symbols<'_>) {
    match constant {
        Constant::Scalar(_) => {}
        Constant::Array(items) | Constant::Set(items) => items.iter().for_each(|item| intern_part(item, symbols)),
        Constant::Object(entries) => {
            for (key, value) in &**entries {
                intern_part(key, symbols);
                intern_part(value, symbols);
            }
        }
    }
}

fn intern_part(part: &Constant, symbols: &mut Symbols<'_>) {
    match part {
        Constant::Scalar(Const::String(text)) => {
            symbols.symbol(text);
        }
        part => intern(part, symbols),
    }
}

/// The hash of a constant's value.
pub(super) fn hash(constant: &Constant) -> u64 {
    value(&Bump::new(), constant).hash_code()
}

/// A constant as a value.
pub(super) fn value<'a>(arena: &'a Bump, constant: &'a Constant) -> Value<'a> {
    match constant {
        Constant::Scalar(Const::Null) => Value::Null,
        Constant::Scalar(Const::Bool(value)) => Value::Bool(*value),
        Constant::Scalar(Const::Number(text)) => number::parse(arena, arena.alloc_str(text)).unwrap_or(Value::Null),
        Constant::Scalar(Const::String(text)) => Value::string(text),
        Constant::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| value(arena, item)).collect();
            Value::new_array(arena, &items)
        }
        Constant::Set(items) => {
            let items: Vec<_> = items.iter().map(|item| value(arena, item)).collect();
            Value::new_set(arena, &items)
        }
        Constant::Object(entries) => {
            let entries: Vec<_> = entries.iter().map(|(key, item)| (value(arena, key), value(arena, item))).collect();
            Value::new_object(arena, &entries)
        }
    }
}
