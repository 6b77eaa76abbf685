//! What types are made of and what can be made of them: unions, items, keys and values.

use super::{Argument, Array, Key, Object, Signature, Type, Union};
use hashbrown::HashSet;
use std::sync::Arc;

impl Array {
    /// The type of the item at `index`.
    pub fn item(&self, index: usize) -> Option<&Type> {
        self.items.get(index).or(self.rest.as_ref())
    }
}

impl Object {
    /// Where a key stands among those that are known.
    pub(super) fn position(&self, key: &Key) -> Option<usize> {
        self.fields.binary_search_by(|(other, _)| other.cmp(key)).ok()
    }

    /// The type of the value at a key.
    pub fn field(&self, key: &Key) -> Option<Type> {
        if let Some(found) = self.position(key).and_then(|at| self.fields.get(at)) {
            return Some(found.1.clone());
        }
        let (keys, value) = self.rest.as_ref()?;
        keys.contains(&key.kind()).then(|| value.clone())
    }

    /// The type of the values at keys that are not named, if that is known.
    pub(super) fn value_of_others(&self) -> Option<&Type> {
        self.rest.as_ref().map(|(_, value)| value).filter(|value| !matches!(value, Type::Unknown))
    }
}

impl Type {
    /// The type itself, or the definition it is a name for.
    pub fn resolved(&self) -> Type {
        match self {
            Type::Recursive(recursive) => recursive.get(),
            other => other.clone(),
        }
    }

    /// Whether it is a name for this very type.
    fn is_name_of(&self, kind: &Type) -> bool {
        matches!(self, Type::Recursive(recursive) if recursive.is_name_of(kind))
    }

    /// Where the type is, which is the same for types that are shared: which kind of type, and where in memory.
    pub(super) fn place(&self) -> Option<(u8, usize)> {
        Some(match self {
            Type::Unknown => (0, 0),
            Type::Null => (1, 0),
            Type::Boolean => (2, 0),
            Type::Number => (3, 0),
            Type::String => (4, 0),
            Type::Any => (5, 0),
            Type::Set(None) => (6, 0),
            Type::Array(array) => (7, Arc::as_ptr(array).addr()),
            Type::Set(Some(of)) => (8, Arc::as_ptr(of).addr()),
            Type::Object(object) => (9, Arc::as_ptr(object).addr()),
            Type::Union(union) => (10, Arc::as_ptr(union).addr()),
            Type::Function(signature) => (11, Arc::as_ptr(signature).addr()),
            Type::Recursive(_) => return None,
        })
    }

    /// Whether every value of the other type is of this one, as far as OPA looks.
    pub(crate) fn contains(&self, other: &Type) -> bool {
        match self {
            Type::Any => !matches!(other, Type::Function(_)),
            Type::Union(union) => !matches!(other, Type::Function(_)) && union.members.binary_search(other).is_ok(),
            _ => self == other,
        }
    }

    /// The type of values that are of one type or the other. Functions of different arity, and a function and a value,
    /// have none in common.
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (Type::Unknown, known) | (known, Type::Unknown) => known,
            (Type::Function(left), Type::Function(right)) => either_function(&left, &right),
            (Type::Function(_), _) | (_, Type::Function(_)) => Type::Unknown,
            (Type::Any, _) | (_, Type::Any) => Type::Any,
            (Type::Union(left), Type::Union(right)) => Type::union([Type::Union(left), Type::Union(right)]),
            (Type::Union(union), other) | (other, Type::Union(union)) => union.with(other),
            (left, right) if left == right || right.is_name_of(&left) => left,
            (left, right) if left.is_name_of(&right) => right,
            (left, right) => Type::union([left, right]),
        }
    }

    /// The union of all types; unknown if there are none.
    pub fn all(types: impl IntoIterator<Item = Type>) -> Type {
        let types: Vec<Type> = types.into_iter().collect();
        if types.iter().any(|each| matches!(each, Type::Function(_))) {
            return Type::all_with_functions(types);
        }
        let mut flat = Vec::new();
        let mut is_union = false;
        for each in types {
            match each {
                Type::Unknown | Type::Function(_) => {}
                Type::Any => return Type::Any,
                Type::Union(union) => {
                    is_union = true;
                    flat.extend(union.members.iter().cloned());
                }
                other => {
                    if flat.last() != Some(&other) {
                        flat.push(other);
                    }
                }
            }
        }
        sort(&mut flat);
        match flat.pop() {
            None => Type::Unknown,
            Some(only) if flat.is_empty() && !is_union => only,
            Some(last) => {
                flat.push(last);
                Type::of_members(flat)
            }
        }
    }

    /// The union of types with functions among them, one after the other: a function and a value are nothing, to which the
    /// next is added. Functions of different arity are nothing as well, and so is a value that comes after them.
    fn all_with_functions(types: Vec<Type>) -> Type {
        let mut all = Type::Unknown;
        let mut differ = false;
        for each in types {
            let is_function = matches!(each, Type::Function(_));
            if differ {
                differ = is_function;
                continue;
            }
            let are_functions = is_function && matches!(all, Type::Function(_));
            all = all.or(each);
            differ = are_functions && matches!(all, Type::Unknown);
        }
        all
    }

    /// The type of what is at a constant key; unknown if nothing can be there.
    pub fn select(&self, key: &Key) -> Type {
        match self {
            Type::Array(array) => key.index().and_then(|index| array.item(index)).cloned().unwrap_or(Type::Unknown),
            Type::Object(object) => object.field(key).unwrap_or(Type::Unknown),
            Type::Set(Some(of)) => {
                let wanted = key.kind();
                match &**of {
                    of if *of == wanted => of.clone(),
                    Type::Any => wanted,
                    of @ Type::Union(_) if of.contains(&wanted) => wanted,
                    _ => Type::Unknown,
                }
            }
            Type::Any => Type::Any,
            Type::Union(union) => Type::all(union.members.iter().map(|member| member.select(key))),
            Type::Recursive(recursive) => recursive.get().select(key),
            _ => Type::Unknown,
        }
    }

    /// The type of the keys that can be enumerated; unknown for what is no collection.
    pub fn keys(&self) -> Type {
        match self {
            Type::Array(_) => Type::Number,
            Type::Object(object) => {
                let named = object.fields.iter().map(|(key, _)| key.kind());
                Type::all(named.chain(object.rest.iter().map(|(key, _)| key.clone())))
            }
            Type::Set(of) => of.as_deref().cloned().unwrap_or(Type::Unknown),
            Type::Any => Type::Any,
            Type::Union(union) => Type::all(union.members.iter().map(Type::keys)),
            Type::Recursive(recursive) => recursive.get().keys(),
            _ => Type::Unknown,
        }
    }

    /// The type of the values that can be enumerated; unknown for what is no collection.
    pub fn values(&self) -> Type {
        match self {
            Type::Array(array) => Type::all(array.items.iter().chain(&array.rest).cloned()),
            Type::Object(object) => {
                let named = object.fields.iter().map(|(_, value)| value.clone());
                Type::all(named.chain(object.rest.iter().map(|(_, value)| value.clone())))
            }
            Type::Set(of) => of.as_deref().cloned().unwrap_or(Type::Unknown),
            Type::Any => Type::Any,
            Type::Union(union) => Type::all(union.members.iter().map(Type::values)),
            Type::Recursive(recursive) => recursive.get().values(),
            _ => Type::Unknown,
        }
    }

    /// Whether it is the type of collections that have nothing in them.
    pub fn is_empty_collection(&self) -> bool {
        match self {
            Type::Array(array) => array.items.is_empty() && array.rest.is_none(),
            Type::Object(object) => object.fields.is_empty() && object.rest.is_none(),
            Type::Set(of) => of.is_none(),
            Type::Recursive(recursive) => recursive.get().is_empty_collection(),
            _ => false,
        }
    }

    /// The keys that objects of the type are known to have, each once, in order.
    pub fn known_keys(&self) -> Vec<Key> {
        let mut keys = match self {
            Type::Object(object) => object.fields.iter().map(|(key, _)| key.clone()).collect(),
            Type::Union(union) => union.members.iter().flat_map(Type::known_keys).collect::<Vec<_>>(),
            Type::Recursive(recursive) => return recursive.get().known_keys(),
            _ => Vec::new(),
        };
        keys.sort();
        keys.dedup();
        keys
    }

    /// The type of a document that two rules define.
    pub fn merge_rules(self, other: Type) -> Type {
        match (self.resolved(), other.resolved()) {
            (Type::Unknown, known) | (known, Type::Unknown) => known,
            (Type::Set(left), Type::Set(right)) => {
                let of = |set: Option<Arc<Type>>| set.map_or(Type::Unknown, Arc::unwrap_or_clone);
                Type::set(of(left).or(of(right)))
            }
            (Type::Object(left), Type::Object(right)) if left.fields.is_empty() && right.fields.is_empty() => {
                match (&left.rest, &right.rest) {
                    (None, _) => Type::Object(right),
                    (_, None) => Type::Object(left),
                    (Some((key, value)), Some((other_key, other_value))) => {
                        let value = match (value, other_value) {
                            // Going into types that contain themselves might not end.
                            (Type::Recursive(_), _) | (_, Type::Recursive(_)) => value.clone().or(other_value.clone()),
                            _ => value.clone().merge_rules(other_value.clone()),
                        };
                        Type::object(key.clone().or(other_key.clone()), value)
                    }
                }
            }
            (Type::Union(union), Type::Object(object)) | (Type::Object(object), Type::Union(union)) => {
                union.merge_object(object)
            }
            (left, right) => left.or(right),
        }
    }
}

impl Union {
    /// The union with one more member, a union or function aside.
    fn with(self: Arc<Union>, member: Type) -> Type {
        let has_name = |kind: &Type| matches!(kind, Type::Recursive(_));
        if has_name(&member) || self.members.iter().any(has_name) {
            return Type::union([Type::Union(self), member]);
        }
        let Err(at) = self.members.binary_search(&member) else { return Type::Union(self) };
        let mut union = Arc::unwrap_or_clone(self);
        union.members.insert(at, member);
        Type::of_members(union.members)
    }

    /// The union of rules' types with an object: one without named keys joins the first such object in the union.
    fn merge_object(self: Arc<Union>, object: Arc<Object>) -> Type {
        let is_open = |object: &Object| object.fields.is_empty() && object.rest.is_some();
        let place = self.members.iter().position(|member| matches!(member, Type::Object(inner) if is_open(inner)));
        let (Some(place), true, Some((key, value))) = (place, is_open(&object), &object.rest) else {
            return self.with(Type::Object(object));
        };
        let mut members = self.members.clone();
        if let Some(member) = members.get_mut(place)
            && let Type::Object(inner) = &*member
            && let Some((inner_key, inner_value)) = &inner.rest
        {
            *member = Type::object(inner_key.clone().or(key.clone()), inner_value.clone().or(value.clone()));
        }
        Type::of_members(members)
    }
}

/// Sorts the members of a union; those that are there twice, by a name or as such, are kept once.
pub(super) fn sort(members: &mut Vec<Type>) {
    members.sort();
    members.dedup();
    if members.iter().any(|member| matches!(member, Type::Recursive(_))) {
        let places: HashSet<(u8, usize)> = members.iter().filter_map(Type::place).collect();
        members.retain(|member| match member {
            Type::Recursive(recursive) => !recursive.get().place().is_some_and(|place| places.contains(&place)),
            _ => true,
        });
    }
}

/// The function whose arguments and result are of the types of one function or the other.
fn either_function(left: &Signature, right: &Signature) -> Type {
    if left.args.len() != right.args.len() || left.variadic.is_some() != right.variadic.is_some() {
        return Type::Unknown;
    }
    let or = |left: Option<&Argument>, right: Option<&Argument>| {
        let kind = |argument: Option<&Argument>| argument.map_or(Type::Unknown, |argument| argument.kind.clone());
        kind(left).or(kind(right))
    };
    let pairs = left.args.iter().zip(&right.args);
    let args = pairs.map(|(left, right)| or(Some(left), Some(right)));
    Type::function(args, or(left.result.as_ref(), right.result.as_ref()))
}
