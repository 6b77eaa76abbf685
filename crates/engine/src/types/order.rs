//! The order of types, and with it what types are equal.

use super::{Array, Object, Signature, Type};
use std::cmp::Ordering;
use std::sync::Arc;

impl Type {
    /// Where the type stands in OPA's order.
    fn rank(&self) -> i8 {
        match self {
            Type::Unknown => -1,
            Type::Null => 0,
            Type::Boolean => 1,
            Type::Number => 2,
            Type::String => 3,
            Type::Array(_) => 4,
            Type::Object(_) => 5,
            Type::Set(_) => 6,
            Type::Any | Type::Union(_) => 7,
            Type::Function(_) => 8,
            Type::Recursive(recursive) => recursive.get().rank(),
        }
    }
}

impl Ord for Type {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Type::Array(left), Type::Array(right)) => arrays(left, right),
            (Type::Object(left), Type::Object(right)) => objects(left, right),
            (Type::Set(left), Type::Set(right)) => left.cmp(right),
            (Type::Union(left), Type::Union(right)) => left.members.cmp(&right.members),
            (Type::Any, Type::Union(_)) => Ordering::Less,
            (Type::Union(_), Type::Any) => Ordering::Greater,
            (Type::Function(left), Type::Function(right)) => functions(left, right),
            // Types that contain themselves are equal if they have the same name, and come after others of their kind:
            // going into them might not end. (Unions drop names of what else is in them.)
            (Type::Recursive(left), Type::Recursive(right)) => {
                self.rank().cmp(&other.rank()).then_with(|| left.name().cmp(right.name()))
            }
            (Type::Recursive(_), _) => self.rank().cmp(&other.rank()).then(Ordering::Greater),
            (_, Type::Recursive(_)) => self.rank().cmp(&other.rank()).then(Ordering::Less),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn arrays(left: &Arc<Array>, right: &Arc<Array>) -> Ordering {
    if Arc::ptr_eq(left, right) {
        return Ordering::Equal;
    }
    left.rest.cmp(&right.rest).then_with(|| left.items.cmp(&right.items))
}

fn objects(left: &Arc<Object>, right: &Arc<Object>) -> Ordering {
    if Arc::ptr_eq(left, right) {
        return Ordering::Equal;
    }
    left.rest.cmp(&right.rest).then_with(|| left.fields.cmp(&right.fields))
}

fn functions(left: &Signature, right: &Signature) -> Ordering {
    let kinds = |signature: &Signature| {
        let of = |argument: &Option<super::Argument>| argument.as_ref().map(|argument| argument.kind.clone());
        (of(&signature.result), of(&signature.variadic))
    };
    let args = || left.args.iter().map(|argument| &argument.kind).cmp(right.args.iter().map(|argument| &argument.kind));
    left.args.len().cmp(&right.args.len()).then_with(args).then_with(|| kinds(left).cmp(&kinds(right)))
}

impl PartialOrd for Type {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Type {}
