//! Collecting the constants, paths and targets of a unit.

use super::{BuiltinIndex, ConstantId, Key, PathId, Target, TargetId, Unit};
use crate::builtins::{Builtin, shortcut};
use crate::hir::Const;
use crate::plan::Constant;
use crate::value::{Bump, Frozen, Symbol, SymbolTable, Value, number};
use hashbrown::HashMap;
use std::sync::Arc;

/// The symbols of a policy: a policy adds to them, a query only looks them up.
pub(super) enum Symbols<'s> {
    Policy(&'s mut SymbolTable),
    Query(&'s SymbolTable),
}

impl Symbols<'_> {
    fn symbol(&mut self, text: &str) -> Symbol {
        match self {
            Symbols::Policy(table) => table.intern(text),
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
    scalars: HashMap<Scalar, ConstantId>,
    paths: Vec<Box<[Key]>>,
    path_ids: HashMap<Vec<Arc<str>>, PathId>,
    builtins: Vec<&'static Builtin>,
    targets: Vec<Target>,
}

#[derive(PartialEq, Eq, Hash)]
enum Scalar {
    Null,
    Bool(bool),
    Number(Arc<str>),
    String(Arc<str>),
}

impl<'s> Pool<'s> {
    pub(super) fn new(symbols: Symbols<'s>) -> Self {
        Pool {
            symbols,
            constants: Vec::new(),
            scalars: HashMap::new(),
            paths: Vec::new(),
            path_ids: HashMap::new(),
            builtins: Vec::new(),
            targets: Vec::new(),
        }
    }

    pub(super) fn constant(&mut self, constant: &Constant) -> ConstantId {
        let Constant::Scalar(scalar) = constant else { return self.add(constant) };
        let key = match scalar {
            Const::Null => Scalar::Null,
            Const::Bool(value) => Scalar::Bool(*value),
            Const::Number(text) => Scalar::Number(text.clone()),
            Const::String(text) => Scalar::String(text.clone()),
        };
        if let Some(id) = self.scalars.get(&key) {
            return *id;
        }
        let id = self.add(constant);
        self.scalars.insert(key, id);
        id
    }

    /// The symbol of a constant that is a string.
    pub(super) fn symbol(&mut self, constant: &Constant) -> Option<Symbol> {
        match constant {
            Constant::Scalar(Const::String(text)) => Some(self.symbols.symbol(text)),
            _ => None,
        }
    }

    fn add(&mut self, constant: &Constant) -> ConstantId {
        self.constants.push(constant.clone());
        ConstantId(self.constants.len() as u32 - 1)
    }

    pub(super) fn path(&mut self, path: &[Arc<str>]) -> PathId {
        if let Some(id) = self.path_ids.get(path) {
            return *id;
        }
        let keys = path.iter().map(|text| Key { symbol: self.symbols.symbol(text), text: (**text).into() }).collect();
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

    pub(super) fn target(&mut self, target: Target) -> TargetId {
        self.targets.push(target);
        TargetId(self.targets.len() as u32 - 1)
    }

    pub(super) fn finish(mut self) -> Unit {
        self.constants.iter().for_each(|constant| intern(constant, &mut self.symbols));
        let arena = Bump::new();
        let values: Vec<Value<'_>> = self.constants.iter().map(|constant| value(&arena, constant)).collect();
        let constants = Frozen::new(Value::Array(&values), self.symbols.table());
        let shortcuts = self.builtins.iter().map(|builtin| shortcut(builtin)).collect();
        Unit { constants, paths: self.paths, builtins: self.builtins, shortcuts, targets: self.targets }
    }
}

fn intern(constant: &Constant, symbols: &mut Symbols<'_>) {
    match constant {
        Constant::Scalar(Const::String(text)) => {
            symbols.symbol(text);
        }
        Constant::Scalar(_) => {}
        Constant::Array(items) | Constant::Set(items) => items.iter().for_each(|item| intern(item, symbols)),
        Constant::Object(entries) => {
            for (key, value) in entries {
                intern(key, symbols);
                intern(value, symbols);
            }
        }
    }
}

/// The hash of a constant's value.
pub(super) fn hash(constant: &Constant) -> u64 {
    value(&Bump::new(), constant).hash_code()
}

/// A constant as a value.
pub(super) fn value<'a>(arena: &'a Bump, constant: &Constant) -> Value<'a> {
    match constant {
        Constant::Scalar(Const::Null) => Value::Null,
        Constant::Scalar(Const::Bool(value)) => Value::Bool(*value),
        Constant::Scalar(Const::Number(text)) => number::parse(arena, arena.alloc_str(text)).unwrap_or(Value::Null),
        Constant::Scalar(Const::String(text)) => Value::new_string(arena, text),
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
