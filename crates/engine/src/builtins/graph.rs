//! Reachability in graphs given as objects from node to neighbours.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, LateReader, Links, Object, Set, Value};

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
    fn new(arena: &'a Bump, graph: Object<'a>) -> Self {
        let count = graph.unread().map_or_else(|| graph.len(), |unread| unread.count());
        Nodes { graph, marks: arena.alloc_slice_fill_copy(count.div_ceil(64), 0) }
    }

    /// The position of a node, if the graph has it.
    #[inline]
    fn find(&self, node: &Value<'a>) -> Option<usize> {
        self.graph.position(node)
    }

    /// The neighbours of the node at this position.
    #[inline]
    fn neighbors(&self, at: usize) -> &'a [Value<'a>] {
        self.graph.entries().get(at).map_or(&[], |(_, edges)| vertices(*edges))
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

/// The positions of the nodes that were reached, in the order in which they were.
struct Reached<'a> {
    nodes: Nodes<'a>,
    queue: bumpalo::collections::Vec<'a, usize>,
    /// Nodes by their position that may be written otherwise than the graph's key: `1.0` for `1`.
    odd: bumpalo::collections::Vec<'a, (usize, Value<'a>)>,
}

impl<'a> Reached<'a> {
    #[inline]
    fn add(&mut self, vertices: &'a [Value<'a>]) {
        for node in vertices {
            if let Some(at) = self.nodes.find(node)
                && self.nodes.mark(at)
            {
                self.queue.push(at);
                if !matches!(node, Value::String { .. } | Value::Int(_)) {
                    self.odd.push((at, *node));
                }
            }
        }
    }
}

fn reachable<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (graph, initial) = operands(args)?;
    if graph.unread().is_some()
        && let Some(late) = &mut ctx.late
    {
        let nodes = Nodes::new(ctx.arena, graph);
        return reachable_unread(ctx.arena, late, nodes, initial);
    }
    if let Some(links) = graph.links() {
        return Ok(reachable_by_links(ctx.arena, graph, links, initial));
    }
    let mut reached = Reached {
        nodes: Nodes::new(ctx.arena, graph),
        queue: bumpalo::collections::Vec::with_capacity_in(graph.len().min(64), ctx.arena),
        odd: bumpalo::collections::Vec::new_in(ctx.arena),
    };
    reached.add(initial);
    let mut next = 0;
    while let Some(at) = reached.queue.get(next) {
        let neighbors = reached.nodes.neighbors(*at);
        reached.add(neighbors);
        next += 1;
    }
    let Reached { nodes, queue, mut odd } = reached;
    odd.sort_unstable_by_key(|(at, _)| *at);
    Ok(marked(ctx.arena, &nodes, queue.len(), &odd))
}

/// The same in a graph that knows its edges, all of whose nodes are strings.
fn reachable_by_links<'a>(arena: &'a Bump, graph: Object<'a>, links: Links<'a>, initial: &'a [Value<'a>]) -> Value<'a> {
    if let [node] = initial {
        let Some(at) = graph.position(node) else { return Value::Set(Set::EMPTY) };
        if let Some(reached) = links.reached(at) {
            // The keys of the graph are sorted, and so are the positions.
            let mut keys = bumpalo::collections::Vec::with_capacity_in(reached.len(), arena);
            for at in reached {
                if let Some((key, _)) = graph.entries().get(*at as usize) {
                    keys.push(*key);
                }
            }
            return Value::Set(Set::from_sorted(keys.into_bump_slice()));
        }
    }
    let mut nodes = Nodes::new(arena, graph);
    let mut queue = bumpalo::collections::Vec::with_capacity_in(graph.len().min(64), arena);
    queue.extend(initial.iter().filter_map(|node| nodes.find(node).filter(|at| nodes.mark(*at))));
    let mut next = 0;
    while let Some(at) = queue.get(next) {
        for target in links.of(*at) {
            if nodes.mark(*target as usize) {
                queue.push(*target as usize);
            }
        }
        next += 1;
    }
    marked(arena, &nodes, queue.len(), &[])
}

/// The nodes that are marked, of which there are so many; some are written otherwise than the graph's keys.
fn marked<'a>(arena: &'a Bump, nodes: &Nodes<'a>, count: usize, odd: &[(usize, Value<'a>)]) -> Value<'a> {
    let mut next = 0;
    // The keys of the graph are sorted, and so are the marks.
    let mut items = bumpalo::collections::Vec::with_capacity_in(count, arena);
    for (word, bits) in nodes.marks.iter().enumerate() {
        let mut bits = *bits;
        while bits != 0 {
            let at = word * 64 + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            if let Some((_, node)) = odd.get(next).filter(|(other, _)| *other == at) {
                items.push(*node);
                next += 1;
            } else if let Some((key, _)) = nodes.graph.entries().get(at) {
                items.push(*key);
            }
        }
    }
    Value::Set(Set::from_sorted(items.into_bump_slice()))
}

/// The same in a graph of the input whose entries have not been read: only the neighbours of nodes that are reached are.
fn reachable_unread<'a>(
    arena: &'a Bump,
    late: &mut LateReader<'a>,
    mut nodes: Nodes<'a>,
    initial: &'a [Value<'a>],
) -> Outcome<'a> {
    let mut found = bumpalo::collections::Vec::new_in(arena);
    let mut places = bumpalo::collections::Vec::new_in(arena);
    let (mut neighbors, mut next) = (initial, 0);
    loop {
        for node in neighbors {
            if let Some(at) = late.find(nodes.graph, node)
                && nodes.mark(at)
            {
                found.push(*node);
                places.push(at);
            }
        }
        let Some(at) = places.get(next) else { break };
        let edges = late.value(nodes.graph, *at).map_err(|error| Failure::Fatal(error.to_string()))?;
        neighbors = vertices(edges);
        next += 1;
    }
    Ok(Value::Set(Set::from_unsorted(arena, found.into_bump_slice_mut())))
}

fn reachable_paths<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (graph, initial) = operands(args)?;
    let (arena, nodes) = (ctx.arena, Nodes::new(ctx.arena, graph));
    let (path, found) = (bumpalo::collections::Vec::new_in(arena), bumpalo::collections::Vec::new_in(arena));
    let mut search = Search { ctx, nodes, path, found, bytes: 0 };
    for node in initial {
        let Some(at) = search.nodes.find(node) else { continue };
        search.path.clear();
        search.path.push(*node);
        search.nodes.mark(at);
        match search.nodes.neighbors(at) {
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
            let Some(at) = self.nodes.find(neighbor) else {
                self.commit()?;
                continue;
            };
            // As in OPA, the initial node may follow itself once.
            if frames.len() > 1 && self.nodes.is_marked(at) {
                self.commit()?;
                continue;
            }
            self.path.push(*neighbor);
            match self.nodes.neighbors(at) {
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

#[cfg(test)]
mod tests {
    use super::super::testing::call_on;
    use super::*;
    use crate::host::NoHost;
    use crate::value::{Frozen, SymbolTable};

    #[test]
    fn graphs_that_are_kept_have_the_same_nodes_in_reach() {
        let mut seed = 7u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as usize % below
        };
        let (mut linked, mut noted) = (0, 0);
        for round in 0..300 {
            let arena = Bump::new();
            let count = 1 + random(80);
            // Some neighbours are no keys.
            let names: Vec<Value<'_>> =
                (0..count + 5).map(|node| Value::new_string(&arena, &format!("node {}", node * 7 % 89))).collect();
            let entries: Vec<_> = (0..count)
                .map(|node| {
                    let mut edges: Vec<Value<'_>> = (0..random(5)).map(|_| names[random(names.len())]).collect();
                    if round % 10 == 0 && node == count / 2 {
                        edges.push(Value::Int(1));
                    }
                    let is_set = random(2) == 0;
                    let edges = if is_set { Value::new_set(&arena, &edges) } else { Value::new_array(&arena, &edges) };
                    (names[node], edges)
                })
                .collect();
            let plain = Value::new_object(&arena, &entries);
            let kept = Frozen::new(plain, &SymbolTable::new());
            let links = kept.value().as_object().and_then(|object| object.links());
            linked += usize::from(links.is_some());
            noted += usize::from(links.is_some_and(|links| links.reached(0).is_some()));
            for name in &names {
                assert_eq!(plain.get(name), kept.value().get(name), "{name} in {plain}");
            }
            let first = random(names.len());
            for initial in [&[names[first], names[0], Value::Int(1)][..], &[names[first]], &[Value::Int(1)], &[]] {
                let initial = Value::new_array(&arena, initial);
                let reached =
                    |graph| call_on(&arena, &NoHost, "graph.reachable", &[graph, initial]).map(|set| set.to_string());
                assert_eq!(reached(plain), reached(kept.value()), "from {initial} in {plain}");
            }
        }
        assert!((200..=290).contains(&linked), "{linked}");
        // Of large ones with many edges it is too much.
        assert!((50..=250).contains(&noted), "{noted}");
    }
}
