//! Code that no compiler makes: functions of arbitrary instructions whose operands mostly are in range, so that much of
//! it is not refused when it is loaded.
//!
//! Tests of the engine and the fuzz targets use it; bytes decide what is made.

use solon_engine::builtins;
use solon_engine::code::{
    BuiltinIndex, DocumentIndex, IndexId, Label, Op, Operand, PathId, Range, Read, Target, TargetId, Update, Write,
};
use solon_engine::plan::{DocumentId, Function as Callee};
use solon_engine::vm::Code;

/// A module with something of each kind of document, to begin with.
pub const MODULE: &str = r#"package a
f(x) := [x | some y in x] if x.a
g(x, y) := {x: y}
h := g(1, 2)
b[x].c := f(data.e[x]) if { some x in input; input.y == 1 }
c contains x if { some x in data.e; x with input.y as [x] }
d := "a" if startswith(input.d, "a")
d := "b" if startswith(input.d, "b")
d := "c" if input.d == 3
d := "d" if is_array(input.d)
d := "e" if input.k == "a"
n := numbers.range(1, 300)
o := {concat("", ["k", x]): {"k": y % 3} | some y in n; x := format_int(y, 10)}
s contains [x, "k"] if some x in n
p := x if { x := g(d, 1) with count as f }"#;

/// Decisions: those of some bytes, then further ones that follow from them.
pub struct Choices<'b> {
    bytes: &'b [u8],
    state: u64,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        let mix = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Choices { bytes, state: bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix) | 1 }
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        if let Some((chunk, rest)) = self.bytes.split_first_chunk::<2>() {
            self.bytes = rest;
            return usize::from(u16::from_le_bytes(*chunk)) % end.max(1);
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % end.max(1)
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(list.len())).copied()
    }
}

/// Changes some functions of a policy, and what instructions name.
pub fn forge(code: &mut Code, choices: &mut Choices<'_>) {
    name_more(code, choices);
    for _ in 0..=choices.below(3) {
        let at = choices.below(code.functions.len());
        match choices.below(4) {
            0 => change(code, at, choices),
            _ => write(code, at, choices),
        }
        say_documents(code, at);
    }
}

/// More builtins, paths and targets than the policy has.
fn name_more(code: &mut Code, choices: &mut Choices<'_>) {
    let all: Vec<_> = builtins::all().collect();
    for _ in 0..choices.below(4) {
        code.unit.builtins.extend(choices.one_of(&all));
    }
    let keys: Vec<_> = code.unit.paths.iter().flatten().cloned().collect();
    for _ in 0..choices.below(3) {
        let path = (0..choices.below(4)).filter_map(|_| keys.get(choices.below(keys.len())).cloned()).collect();
        code.unit.paths.push(path);
    }
    for _ in 0..choices.below(3) {
        let documents = code.functions.len();
        let (one, other) = (choices.below(documents), choices.below(documents + 1));
        let path = PathId(choices.below(code.unit.paths.len()) as u32);
        let callee = |choices: &mut Choices<'_>, builtins: &[&'static builtins::Builtin]| match choices.below(2) {
            0 => Callee::Document(DocumentId(choices.below(documents) as u32)),
            _ => choices.one_of(builtins).map_or(Callee::Document(DocumentId(0)), Callee::Builtin),
        };
        let builtins = code.unit.builtins.clone();
        code.unit.targets.push(match choices.below(4) {
            0 => Target::Input(path),
            1 => Target::Data(path, one.min(other) as u32..one.max(other) as u32),
            2 => Target::Function(callee(choices, &builtins)),
            _ => Target::Redirect(callee(choices, &builtins), callee(choices, &builtins)),
        });
    }
}

/// Changes a few instructions of a function.
fn change(code: &mut Code, at: usize, choices: &mut Choices<'_>) {
    for _ in 0..=choices.below(3) {
        let Some(function) = code.functions.get(at) else { return };
        let (length, registers) = (function.ops.len(), function.registers);
        let pc = choices.below(length);
        let Some(op) = any_op(code, at, registers, pc + 1, choices) else { continue };
        let label = Label(choices.below(length) as u32);
        let Some(function) = code.functions.get_mut(at) else { return };
        match choices.below(5) {
            0 => function.ops.insert(pc, op),
            1 => drop(function.ops.remove(pc)),
            2 => function.registers = function.registers.wrapping_add(choices.below(5) as u16),
            3 => function.definitions.iter_mut().take(1 + choices.below(3)).for_each(|place| *place = label),
            _ => function.ops[pc] = op,
        }
        if function.ops.is_empty() {
            function.ops.push(Op::Return {});
        }
    }
}

/// An instruction with operands that mostly are in range, and goes on not far behind `next`, or anywhere.
fn any_op(code: &Code, at: usize, registers: u16, next: usize, choices: &mut Choices<'_>) -> Option<Op> {
    let name = choices.one_of(Op::NAMES)?;
    let mut label = |choices: &mut Choices<'_>| match choices.below(8) {
        0 => choices.below(next),
        _ => next + choices.below(3),
    };
    made(code, at, name, (registers, registers), &mut label, choices)
}

/// An instruction of a name that calls what it can; those that are written are below the first number of registers.
fn made(
    code: &Code,
    at: usize,
    name: &str,
    (written, registers): (u16, u16),
    label: &mut dyn FnMut(&mut Choices<'_>) -> usize,
    choices: &mut Choices<'_>,
) -> Option<Op> {
    let unit = &code.unit;
    let mut first: Option<usize> = None;
    let mut number = |operand: Operand| -> u32 {
        let constants = unit.constants().len().min(usize::from(Read::CONSTANTS));
        let found = match operand {
            Operand::Write(_) | Operand::Update(_) => choices.below(written.into()),
            Operand::Read(_) if choices.below(4) == 0 && constants > 0 => {
                choices.below(constants) | usize::from(Read::CONSTANTS)
            }
            Operand::Read(_) => choices.below(registers.into()),
            // First where it begins, then how many it has.
            Operand::Range(_) => match first.take() {
                Some(first) => {
                    let left = usize::from(registers) - first;
                    let most = if choices.below(8) == 0 { left + 1 } else { left.min(3) + 1 };
                    choices.below(most)
                }
                None => {
                    let begin = choices.below(registers.into());
                    first = Some(begin);
                    begin
                }
            },
            Operand::Label(_) => label(choices),
            // Few constants are keys.
            Operand::Keys(_) => {
                let are_keys = |at: &usize| unit.constants().get(*at).is_some_and(|keys| keys.as_array().is_some());
                let keys: Vec<usize> = (0..constants).filter(are_keys).collect();
                choices.one_of(&keys).unwrap_or_else(|| choices.below(constants))
            }
            Operand::Constant(_) => choices.below(constants),
            Operand::Path(_) => choices.below(unit.paths.len()),
            Operand::Document(_) => choices.below(code.functions.len()),
            Operand::Builtin(_) => choices.below(unit.builtins.len()),
            Operand::Format(_) => choices.below(unit.formats.len()),
            Operand::Count(_) => choices.below(4),
            Operand::Kind(_) => choices.below(8),
            Operand::Index(_) => choices.below(code.functions.get(at).map_or(0, |function| function.indexes.len())),
            Operand::Target(_) => choices.below(unit.targets.len()),
        };
        found as u32
    };
    Op::made(name, &mut number).filter(|op| fits(code, op))
}

/// Whether what an instruction calls takes as many arguments as it gives.
fn fits(code: &Code, op: &Op) -> bool {
    let document = |index: DocumentIndex, given: u16| {
        code.functions.get(index.0 as usize).is_some_and(|function| function.arguments == given)
    };
    let builtin = |index: BuiltinIndex, given: usize| {
        code.unit.builtins.get(usize::from(index.0)).is_some_and(|builtin| builtin.signature().accepts(given))
    };
    match *op {
        Op::Document { document: index, .. } => document(index, 0),
        Op::Call { document: index, args, .. } => document(index, args.count),
        Op::Call1 { document: index, .. } | Op::CallHolds { document: index, .. } => document(index, 1),
        Op::Call2 { document: index, .. } => document(index, 2),
        Op::Builtin { builtin: index, args, .. } => builtin(index, args.count.into()),
        Op::Builtin1 { builtin: index, .. } | Op::IsKind { builtin: index, .. } => builtin(index, 1),
        Op::Builtin2 { builtin: index, .. } | Op::BuiltinHolds { builtin: index, .. } => builtin(index, 2),
        Op::Builtin3 { builtin: index, .. } => builtin(index, 3),
        _ => true,
    }
}

/// Says which documents a function asks for, and that it follows any path.
fn say_documents(code: &mut Code, at: usize) {
    let Some(function) = code.functions.get(at) else { return };
    let called = |op: &Op| match *op {
        Op::Document { document, .. }
        | Op::Call { document, .. }
        | Op::Call1 { document, .. }
        | Op::Call2 { document, .. }
        | Op::CallHolds { document, .. } => Some(DocumentId(document.0)),
        Op::Redirect { target } => match code.unit.targets.get(target.0 as usize) {
            Some(Target::Redirect(_, Callee::Document(document))) => Some(*document),
            _ => None,
        },
        _ => None,
    };
    let mut documents: Vec<DocumentId> = function.ops.iter().filter_map(called).collect();
    documents.sort_unstable();
    documents.dedup();
    let lengths = |is_listed: bool| {
        let keys = function.ops.iter().filter_map(move |op| match op {
            Op::Data { keys, .. } if !is_listed => Some(keys.count),
            Op::DataKeys { keys, .. } if is_listed => Some(keys.count),
            _ => None,
        });
        keys.map(|count| vec![None; count.into()]).collect::<Vec<_>>()
    };
    let (followed, listed) = (lengths(false), lengths(true));
    if let Some(function) = code.functions.get_mut(at) {
        (function.documents, function.followed, function.listed) = (documents, followed, listed);
        let length = function.ops.len();
        function.spans.retain(|(op, _)| (*op as usize) < length);
    }
}

/// Writes a function anew.
fn write(code: &mut Code, at: usize, choices: &mut Choices<'_>) {
    let arguments = code.functions.get(at).map_or(0, |function| function.arguments);
    let free = match choices.below(20) {
        0 => 3000,
        _ => 2 + choices.below(10) as u16,
    };
    let free = arguments + free;
    let mut writer = Writer { code, at, free, registers: free + OWN, own: free, ops: Vec::new(), heads: Vec::new() };
    writer.begin(choices);
    writer.pieces(4, false, choices);
    match choices.below(2) {
        0 => writer.ops.push(Op::Return {}),
        _ => writer.ops.push(Op::ReturnValue { src: Read(choices.below(free.into()) as u16) }),
    }
    let Writer { registers, ops, heads, .. } = writer;
    let Some(function) = code.functions.get_mut(at) else { return };
    let last = Label(ops.len() as u32 - 1);
    (function.ops, function.registers) = (ops, registers);
    for definition in &mut function.definitions {
        *definition = choices.one_of(&heads).unwrap_or(last);
    }
    if choices.below(2) == 0 {
        function.spans.clear();
    }
}

/// Registers for iterators, marks and worlds, that other instructions do not write.
const OWN: u16 = 24;

/// Documents that have much in them.
const LARGE: &[&str] = &["rule data.a.n"];

struct Writer<'c> {
    code: &'c Code,
    at: usize,
    /// Registers that anything may write.
    free: u16,
    registers: u16,
    /// The next of the others.
    own: u16,
    ops: Vec<Op>,
    /// Where rules that an index found can go.
    heads: Vec<Label>,
}

impl Writer<'_> {
    fn here(&self) -> Label {
        Label(self.ops.len() as u32)
    }

    fn own(&mut self) -> u16 {
        let own = self.own;
        self.own = (own + 1).min(self.registers - 1);
        own
    }

    /// Something is in every register.
    fn begin(&mut self, choices: &mut Choices<'_>) {
        let arguments = self.code.functions.get(self.at).map_or(0, |function| function.arguments);
        for register in arguments..self.registers {
            let dst = Write(register);
            let is_own = register >= self.free;
            let large = self.code.functions.iter().position(|function| LARGE.contains(&function.name.as_str()));
            let large = large.map(|at| at + choices.below(2)).filter(|_| choices.below(3) == 0 && !is_own);
            if let Some(large) = large.filter(|large| *large < self.at) {
                let (document, fail) = (DocumentIndex(large as u32), Label(self.ops.len() as u32 + 2));
                self.ops.extend([Op::BaseData { dst }, Op::Document { dst, document, fail }]);
                continue;
            }
            self.ops.push(match choices.below(if is_own { 1 } else { 5 }) {
                0 => Op::Start { iterator: dst },
                1 | 2 => Op::BaseData { dst },
                3 => Op::Input { dst, fail: Label(self.ops.len() as u32) },
                _ => Op::MakeArray {
                    dst,
                    items: Range { first: 0, count: choices.below(register.into()).min(9) as u16 },
                },
            });
            // What fails goes on, and has to have something all the same.
            if let Some(Op::Input { dst, fail }) = self.ops.last_mut() {
                let (dst, input) = (*dst, Op::Input { dst: *dst, fail: Label(fail.0 + 2) });
                self.ops.pop();
                self.ops.extend([Op::BaseData { dst }, input]);
            }
        }
    }

    fn pieces(&mut self, depth: usize, is_open: bool, choices: &mut Choices<'_>) {
        for _ in 0..=choices.below(5) {
            match choices.below(if depth == 0 { 6 } else { 12 }) {
                0..=4 => self.plain(is_open, choices),
                5 if is_open => self.push(choices),
                5 => self.anything(choices),
                6 | 7 => self.collection(depth - 1, choices),
                8 | 9 => self.walk(depth - 1, is_open, choices),
                10 => self.world(depth - 1, is_open, choices),
                _ => self.rules(depth - 1, is_open, choices),
            }
        }
    }

    fn add(&mut self, name: &str, choices: &mut Choices<'_>) {
        let next = self.ops.len() + 1;
        self.ops.extend(made(self.code, self.at, name, (self.free, self.registers), &mut |_| next, choices));
    }

    /// An instruction that goes on behind it, whatever happens.
    fn plain(&mut self, is_open: bool, choices: &mut Choices<'_>) {
        const NAMES: &[&str] = &[
            "Move",
            "InputPath",
            "BaseData",
            "Path",
            "Index",
            "IndexData",
            "Document",
            "Data",
            "DataKeys",
            "Call",
            "Call1",
            "Call2",
            "CallHolds",
            "Builtin",
            "Builtin1",
            "Builtin2",
            "Builtin3",
            "BuiltinHolds",
            "Equal",
            "Member",
            "IsKind",
            "Among",
            "AmongEntries",
            "NextEqual",
            "NextEqualEntry",
            "NextEqualBoth",
            "Next",
            "MakeArray",
            "MakeSet",
            "MakeObject",
            "Yield",
            "Settle",
        ];
        if is_open && choices.below(4) == 0 {
            return self.push(choices);
        }
        if let Some(name) = choices.one_of(NAMES) {
            self.add(name, choices);
        }
    }

    fn push(&mut self, choices: &mut Choices<'_>) {
        const NAMES: &[&str] = &[
            "Push",
            "PushParts",
            "PushGroups",
            "PushEqualParts",
            "PushKeys",
            "PushEntry",
            "PushNested",
            "PushPlace",
            "PushMember",
        ];
        if let Some(name) = choices.one_of(NAMES) {
            self.add(name, choices);
        }
    }

    /// Any instruction, wherever it goes.
    fn anything(&mut self, choices: &mut Choices<'_>) {
        let next = self.ops.len() + 1;
        self.ops.extend(any_op(self.code, self.at, self.registers, next, choices));
    }

    fn collection(&mut self, depth: usize, choices: &mut Choices<'_>) {
        let register = self.own();
        let (dst, mark) = (Write(choices.below(self.free.into()) as u16), Read(register));
        self.ops.push(Op::Begin { mark: Write(register) });
        self.pieces(depth, true, choices);
        self.ops.push(match choices.below(4) {
            0 => Op::EndArray { dst, mark },
            1 => Op::EndSet { dst, mark },
            2 => Op::EndObject { dst, mark },
            _ => Op::EndNested { dst, mark },
        });
    }

    /// A loop. Its iterator may begin anywhere, and its end may be where it begins.
    fn walk(&mut self, depth: usize, is_open: bool, choices: &mut Choices<'_>) {
        let register = if choices.below(8) == 0 { choices.below(self.free.into()) as u16 } else { self.own() };
        let mut any = |limit: u16| choices.below(limit.into()) as u16;
        let (iterator, collection, equal) = (Update(register), Read(any(self.registers)), Read(any(self.registers)));
        let (key, value) = (Write(any(self.free)), Write(any(self.free)));
        let path = PathId(choices.below(self.code.unit.paths.len()) as u32);
        let done = Label(0);
        let kind = choices.below(6);
        match kind {
            0 | 1 => {
                self.ops.push(Op::Among { dst: value, iterator: Write(register), collection, path, equal });
            }
            _ if choices.below(8) == 0 => {}
            _ => self.ops.push(Op::Start { iterator: Write(register) }),
        }
        let head = self.here();
        let next = |done| match kind {
            0 => Op::NextEqual { iterator, collection, path, equal, value, done },
            1 => Op::NextEqualEntry { iterator, collection, path, equal, key, value, done },
            2 => Op::NextKey { iterator, collection, key, done },
            3 => Op::NextValue { iterator, collection, value, done },
            _ => Op::Next { iterator, collection, key, value, done },
        };
        self.ops.push(next(done));
        self.pieces(depth, is_open, choices);
        self.ops.push(Op::Jump { to: head });
        let out = if choices.below(16) == 0 { head } else { self.here() };
        if let Some(op) = self.ops.get_mut(head.0 as usize) {
            *op = next(out);
        }
    }

    fn world(&mut self, depth: usize, is_open: bool, choices: &mut Choices<'_>) {
        let register = self.own();
        self.ops.push(match choices.below(4) {
            0 => Op::World { dst: Write(register) },
            _ => Op::Enter { outer: Write(register) },
        });
        for _ in 0..choices.below(3) {
            let target = TargetId(choices.below(self.code.unit.targets.len()) as u32);
            let src = Read(choices.below(self.registers.into()) as u16);
            self.ops.push(match self.code.unit.targets.get(target.0 as usize) {
                Some(Target::Redirect(..)) => Op::Redirect { target },
                Some(_) => Op::Replace { target, src },
                None => Op::Move { dst: Write(0), src },
            });
        }
        self.pieces(depth, is_open, choices);
        self.ops.push(Op::SetWorld { src: Read(register) });
    }

    /// Rules that an index finds.
    fn rules(&mut self, depth: usize, is_open: bool, choices: &mut Choices<'_>) {
        let indexes = self.code.functions.get(self.at).map_or(0, |function| function.indexes.len());
        if indexes == 0 {
            return;
        }
        let register = self.own();
        for _ in 0..=choices.below(2) {
            self.ops.push(Op::Dispatch { index: IndexId(choices.below(indexes) as u16), mark: Write(register) });
        }
        let head = self.here();
        self.ops.push(Op::Return {});
        self.heads.push(self.here());
        self.pieces(depth, is_open, choices);
        self.ops.push(Op::Jump { to: head });
        let done = self.here();
        if let Some(op) = self.ops.get_mut(head.0 as usize) {
            *op = Op::Candidate { mark: Read(register), done };
        }
        if choices.below(2) == 0 {
            self.ops.push(Op::Settle { mark: Read(register) });
        }
    }
}
