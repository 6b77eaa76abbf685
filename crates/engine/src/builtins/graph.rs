//! Reachability in graphs given as objects from node to neighbours.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Entry, Object, Set, Value};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "graph.reachable",
        signature: "(graph: object[any: array[any] | set[any]], initial: array[any] | set[any]) -> output: set[any]",
        doc: "The nodes that can be reached from the initial ones, those included. Nodes that are no key of the \
              graph do not count.",
        example: (r#"graph.reachable({"a": ["b"], "b": ["a", "x"], "c": []}, ["a"])"#, r#"["a", "b"]"#),
        purity: Purity::Pure,
        call: reachable,
    },
    Builtin {
        name: "graph.reachable_paths",
        signature: "(graph: object[any: array[any] | set[any]], initial: array[any] | set[any]) \
                    -> output: set[array[any]]",
        doc: "The paths from the initial nodes to nodes without neighbours in the graph, or to where a cycle closes.",
        example: (
            r#"graph.reachable_paths({"a": ["b", "c"], "b": [], "c": ["a"]}, ["a"])"#,
            r#"[["a", "b"], ["a", "c"]]"#,
        ),
        purity: Purity::Pure,
        call: reachable_paths,
    },
];

/// After how many steps the host is asked whether to stop.
const STEPS: usize = 4096;

/// The members of an array or a set; none for others.
fn vertices<'a>(value: Value<'a>) -> &'a [Value<'a>] {
    match value {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        _ => &[],
    }
}

fn operands<'a>(args: &[Value<'a>]) -> Result<(Object<'a>, &'a [Value<'a>]), Failure> {
    let graph = operand::object(args, 1)?;
    match operand::any(args, 2)? {
        initial @ (Value::Array(_) | Value::Set(_)) => Ok((graph, vertices(initial))),
        other => Err(Failure::operand(2, &other, &["{array, set}"])),
    }
}

/// The nodes of a graph by their position among its keys, and marks on them.
struct Nodes<'a> {
    graph: Object<'a>,
    marks: &'a mut [u64],
}

impl<'a> Nodes<'a> {
    fn new(ctx: &Context<'a, '_>, graph: Object<'a>) -> Self {
        Nodes { graph, marks: ctx.arena.alloc_slice_fill_copy(graph.len().div_ceil(64), 0) }
    }

    /// The position of a node and its neighbours, if the graph has it.
    #[inline]
    fn find(&self, node: &Value<'a>) -> Option<(usize, &'a [Value<'a>])> {
        let edges = self.graph.find(node)?;
        // `edges` lies in the entries, so its distance from their beginning tells the position.
        let distance = std::ptr::from_ref(edges).addr() - self.graph.entries().as_ptr().addr();
        Some((distance / size_of::<Entry<'_>>(), vertices(*edges)))
    }

    /// Marks the node at this position; says whether it was not marked before.
    #[inline]
    fn mark(&mut self, at: usize) -> bool {
        let bit = 1 << (at % 64);
        self.marks.get_mut(at / 64).is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }

    #[inline]
    fn unmark(&mut self, at: usize) {
        if let Some(word) = self.marks.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    #[inline]
    fn is_marked(&self, at: usize) -> bool {
        self.marks.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }
}

/// A node that was reached.
#[derive(Clone, Copy)]
struct Reached<'a> {
    at: usize,
    node: Value<'a>,
    neighbors: &'a [Value<'a>],
}

fn reachable<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (graph, initial) = operands(args)?;
    let mut nodes = Nodes::new(ctx, graph);
    let mut reached = bumpalo::collections::Vec::with_capacity_in(initial.len().min(graph.len()).max(8), ctx.arena);
    let mut visit = |from: &'a [Value<'a>], reached: &mut bumpalo::collections::Vec<'a, Reached<'a>>| {
        for node in from {
            if let Some((at, neighbors)) = nodes.find(node)
                && nodes.mark(at)
            {
                reached.push(Reached { at, node: *node, neighbors });
            }
        }
    };
    visit(initial, &mut reached);
    let mut next = 0;
    while let Some(Reached { neighbors, .. }) = reached.get(next).copied() {
        visit(neighbors, &mut reached);
        next += 1;
    }
    // The keys of the graph are sorted, and so are their positions.
    reached.sort_unstable_by_key(|reached| reached.at);
    let sorted = ctx.arena.alloc_slice_fill_iter(reached.iter().map(|reached| reached.node));
    Ok(Value::Set(Set::from_sorted(sorted)))
}

fn reachable_paths<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (graph, initial) = operands(args)?;
    let (arena, nodes) = (ctx.arena, Nodes::new(ctx, graph));
    let (path, found) = (bumpalo::collections::Vec::new_in(arena), bumpalo::collections::Vec::new_in(arena));
    let mut search = Search { ctx, nodes, path, found, bytes: 0 };
    for node in initial {
        let Some((at, neighbors)) = search.nodes.find(node) else { continue };
        search.path.clear();
        search.path.push(*node);
        search.nodes.mark(at);
        match neighbors {
            [] => search.commit()?,
            neighbors => search.follow(neighbors)?,
        }
        search.nodes.unmark(at);
    }
    Ok(Value::Set(Set::from_unsorted(arena, search.found.into_bump_slice_mut())))
}

/// A search in depth; its stack is in the arena, since a path is as long as the graph is large.
struct Search<'s, 'a, 'c> {
    ctx: &'s Context<'a, 'c>,
    /// Those on the path are marked.
    nodes: Nodes<'a>,
    path: bumpalo::collections::Vec<'a, Value<'a>>,
    /// Paths found, some of them maybe twice.
    found: bumpalo::collections::Vec<'a, Value<'a>>,
    bytes: usize,
}

/// A node on the path whose neighbours are being followed.
struct Frame<'a> {
    neighbors: &'a [Value<'a>],
    next: usize,
    /// The position of the node if it was marked when it was entered.
    marked: Option<usize>,
}

impl<'a> Search<'_, 'a, '_> {
    /// Adds the current path to the result. There may be exponentially many, so all count for the limit.
    fn commit(&mut self) -> Result<(), Failure> {
        self.bytes += (self.path.len() + 1) * size_of::<Value<'_>>();
        self.ctx.check_size(self.bytes)?;
        if self.found.len() % STEPS == STEPS - 1 && self.ctx.host.is_cancelled() {
            return Err(Failure::Halt("cancelled".into()));
        }
        self.found.push(Value::new_array(self.ctx.arena, &self.path));
        Ok(())
    }

    /// Follows all paths from the first node of the path, whose neighbours are given.
    fn follow(&mut self, neighbors: &'a [Value<'a>]) -> Result<(), Failure> {
        let mut frames = bumpalo::collections::Vec::new_in(self.ctx.arena);
        frames.push(Frame { neighbors, next: 0, marked: None });
        while let Some(frame) = frames.last_mut() {
            let Some(neighbor) = frame.neighbors.get(frame.next) else {
                // The first frame's node stays, it is not ours.
                if let Some(done) = frames.pop()
                    && !frames.is_empty()
                {
                    self.path.pop();
                    if let Some(at) = done.marked {
                        self.nodes.unmark(at);
                    }
                }
                continue;
            };
            frame.next += 1;
            let Some((at, neighbors)) = self.nodes.find(neighbor) else {
                self.commit()?;
                continue;
            };
            // As in OPA, the initial node may follow itself once.
            if frames.len() > 1 && self.nodes.is_marked(at) {
                self.commit()?;
                continue;
            }
            self.path.push(*neighbor);
            match neighbors {
                [] => {
                    self.commit()?;
                    self.path.pop();
                }
                neighbors => {
                    let marked = self.nodes.mark(at).then_some(at);
                    frames.push(Frame { neighbors, next: 0, marked });
                }
            }
        }
        Ok(())
    }
}
