//! What values have in common, and what is read of them.
//!
//! A [`Shape`] stands for all values that may be in one place. Values that may be the same have one shape: two are
//! made one by [`Shapes::unify`], together with the shapes of their parts. So whoever reads a part of a value, under
//! whatever name, reads it of the shape.

use crate::value::SymbolTable;
use crate::value::json::{Field, Projection, Wanted};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// The number of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape(u32);

impl Shape {
    /// Of values that are read entirely. All of its parts have it, too.
    pub(super) const ALL: Shape = Shape(0);
    /// Of `input`.
    pub(super) const INPUT: Shape = Shape(1);
}

/// All shapes.
pub(super) struct Shapes<'c> {
    /// For each its representative; itself, if it is one.
    parents: Vec<u32>,
    parts: Vec<Parts<'c>>,
    /// Pairs that wait to be made one.
    waiting: Vec<(Shape, Shape)>,
    /// Whether something was concluded from a constant that turned out to be none.
    is_broken: bool,
}

#[derive(Default)]
struct Parts<'c> {
    /// The shape of every part, once one is read that is not known by its name. Then there are no fields.
    element: Option<Shape>,
    /// Whether anything but a lookup asks for such parts, so that they have to be there.
    is_walked: bool,
    fields: BTreeMap<&'c str, Shape>,
    /// The string it always is.
    text: Option<&'c str>,
    /// Whether somebody relies on that.
    is_relied_on: bool,
}

impl<'c> Shapes<'c> {
    /// The two that are always there.
    pub(super) fn new() -> Self {
        let mut shapes = Shapes { parents: Vec::new(), parts: Vec::new(), waiting: Vec::new(), is_broken: false };
        shapes.add();
        shapes.add();
        if let Some(all) = shapes.parts.first_mut() {
            (all.element, all.is_walked) = (Some(Shape::ALL), true);
        }
        shapes
    }

    /// The shape of something that was not seen before.
    pub(super) fn add(&mut self) -> Shape {
        self.add_text(None)
    }

    /// The same, of a constant string.
    pub(super) fn add_text(&mut self, text: Option<&'c str>) -> Shape {
        let shape = Shape(self.parents.len() as u32);
        self.parents.push(shape.0);
        self.parts.push(Parts { text, ..Parts::default() });
        shape
    }

    /// The string that a value always is.
    pub(super) fn text(&mut self, shape: Shape) -> Option<&'c str> {
        let parts = self.parts_mut(shape)?;
        parts.is_relied_on |= parts.text.is_some();
        parts.text
    }

    /// What is under a key.
    pub(super) fn field(&mut self, shape: Shape, key: &'c str) -> Shape {
        let fresh = Shape(self.parents.len() as u32);
        let Some(parts) = self.parts_mut(shape) else { return Shape::ALL };
        if let Some(element) = parts.element {
            parts.is_walked = true;
            return element;
        }
        let field = *parts.fields.entry(key).or_insert(fresh);
        if field == fresh {
            self.add();
        }
        field
    }

    /// Any element.
    pub(super) fn element(&mut self, shape: Shape) -> Shape {
        self.part(shape, true)
    }

    /// What is under a key that is known at run time, by an instruction that reads what has not been read.
    pub(super) fn lookup(&mut self, shape: Shape) -> Shape {
        self.part(shape, false)
    }

    fn part(&mut self, shape: Shape, is_walked: bool) -> Shape {
        let fresh = Shape(self.parents.len() as u32);
        let Some(parts) = self.parts_mut(shape) else { return Shape::ALL };
        parts.is_walked |= is_walked || !parts.fields.is_empty();
        if let Some(element) = parts.element {
            return element;
        }
        parts.element = Some(fresh);
        let fields = std::mem::take(&mut parts.fields);
        self.add();
        fields.into_values().for_each(|field| self.unify(field, fresh));
        fresh
    }

    /// All of the value is read.
    pub(super) fn read(&mut self, shape: Shape) {
        self.unify(shape, Shape::ALL);
    }

    /// Values of the two shapes may be the same.
    pub(super) fn unify(&mut self, left: Shape, right: Shape) {
        self.waiting.push((left, right));
        while let Some((left, right)) = self.waiting.pop() {
            let (left, right) = (self.find(left), self.find(right));
            if left != right {
                // The older one stays, so that `ALL` does.
                let (kept, gone) = if left.0 < right.0 { (left, right) } else { (right, left) };
                self.merge(kept, gone);
            }
        }
    }

    fn merge(&mut self, kept: Shape, gone: Shape) {
        if let Some(parent) = self.parents.get_mut(gone.0 as usize) {
            *parent = kept.0;
        }
        let Some(old) = self.parts.get_mut(gone.0 as usize).map(std::mem::take) else { return };
        let Some(parts) = self.parts.get_mut(kept.0 as usize) else { return };
        if parts.text != old.text {
            self.is_broken |= parts.is_relied_on || old.is_relied_on;
            parts.text = None;
        }
        parts.is_relied_on |= old.is_relied_on;
        parts.is_walked |= old.is_walked || !parts.fields.is_empty() || !old.fields.is_empty();
        match (parts.element, old.element) {
            (Some(element), Some(other)) => self.waiting.push((element, other)),
            (Some(element), None) | (None, Some(element)) => {
                parts.element = Some(element);
                let fields = std::mem::take(&mut parts.fields).into_values().chain(old.fields.into_values());
                self.waiting.extend(fields.map(|field| (field, element)));
            }
            (None, None) => {
                for (key, field) in old.fields {
                    match parts.fields.get(key) {
                        Some(other) => self.waiting.push((field, *other)),
                        None => {
                            parts.fields.insert(key, field);
                        }
                    }
                }
            }
        }
    }

    fn find(&mut self, shape: Shape) -> Shape {
        let mut at = shape.0;
        while let Some(parent) = self.parents.get(at as usize).copied()
            && parent != at
        {
            // Every second one on the way is put closer.
            let above = self.parents.get(parent as usize).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(at as usize) {
                *place = above;
            }
            at = above;
        }
        Shape(at)
    }

    fn parts_mut(&mut self, shape: Shape) -> Option<&mut Parts<'c>> {
        let shape = self.find(shape);
        self.parts.get_mut(shape.0 as usize)
    }

    /// What is read of `input`.
    pub(super) fn projection(mut self, symbols: &SymbolTable) -> Projection {
        if self.is_broken {
            return Projection::ALL.clone();
        }
        let mut nodes = Vec::new();
        let root = self.find(Shape::INPUT);
        let mut order = vec![root];
        let mut numbers: HashMap<Shape, u32> = HashMap::from([(root, 0)]);
        while let Some(shape) = order.get(nodes.len()).copied() {
            let mut number = |found: Shape| {
                *numbers.entry(found).or_insert_with(|| {
                    order.push(found);
                    order.len() as u32 - 1
                })
            };
            let parts = self.parts.get_mut(shape.0 as usize).map(std::mem::take).unwrap_or_default();
            let wanted = match parts.element {
                _ if shape == Shape::ALL => Wanted::All,
                Some(element) if parts.is_walked => Wanted::Elements(number(self.find(element))),
                Some(element) => Wanted::Lookups(number(self.find(element))),
                None if parts.fields.is_empty() => Wanted::Kind,
                None => {
                    let fields = parts.fields.into_iter().map(|(key, field)| Field {
                        key: key.into(),
                        symbol: symbols.lookup(key),
                        wanted: number(self.find(field)),
                    });
                    Wanted::Fields(fields.collect())
                }
            };
            nodes.push(wanted);
        }
        Projection::new(nodes)
    }
}
