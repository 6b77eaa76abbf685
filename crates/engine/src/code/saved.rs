//! Code as it is saved, and what is checked of it besides what the verifier checks of all code: saved code was perhaps
//! not made by the compiler.

use super::index::saved::SavedIndex;
use super::{
    BuiltinIndex, ConstantId, DocumentIndex, Formatting, Function, Key, Label, Op, PathId, Target, Unit, Work, verify,
};
use crate::builtins::{Builtin, Format, shortcut};
use crate::plan::{DocumentId, DocumentKind, Function as Callee, Tree};
use crate::saved::{Result, SavedBuiltin, SavedPath, SavedValue, TextId, Texts, Written, at};
use crate::value::{Bump, Frozen, Symbol, SymbolTable, Value};
use serde::{Deserialize, Serialize};
use solon_syntax::Span;
use std::sync::Arc;

/// A unit, saved. The texts of symbols are the first of all texts.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedUnit {
    constants: SavedValue,
    paths: Vec<SavedPath>,
    builtins: Vec<SavedBuiltin>,
    formats: Vec<SavedFormat>,
    targets: Vec<SavedTarget>,
}

/// The builtin, its first argument, and how many values are in its second.
#[derive(Debug, Serialize, Deserialize)]
struct SavedFormat(BuiltinIndex, ConstantId, u16);

#[derive(Debug, Serialize, Deserialize)]
enum SavedTarget {
    Input(PathId),
    Data(PathId, u32, u32),
    Function(SavedCallee),
    Redirect(SavedCallee, SavedCallee),
}

#[derive(Debug, Serialize, Deserialize)]
enum SavedCallee {
    Document(DocumentId),
    Builtin(SavedBuiltin),
}

/// A function, saved. Its name and arguments are those of its document.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedFunction {
    ops: Vec<Op>,
    registers: u16,
    indexes: Vec<SavedIndex>,
    definitions: Vec<Label>,
    /// Instruction, file, first and last byte.
    spans: Vec<(u32, u32, u32, u32)>,
    documents: Vec<DocumentId>,
    followed: Vec<Vec<Option<TextId>>>,
    listed: Vec<Vec<Option<TextId>>>,
}

impl Unit {
    /// Takes the unit apart.
    pub fn save(&self, texts: &mut Texts) -> SavedUnit {
        let path = |path: &super::Path, texts: &mut Texts| path.iter().map(|key| texts.add(&key.text)).collect();
        SavedUnit {
            constants: SavedValue::save(self.constants.value(), texts),
            paths: self.paths.iter().map(|keys| path(keys, texts)).collect(),
            builtins: self.builtins.iter().map(|builtin| SavedBuiltin::save(builtin, texts)).collect(),
            formats: self.formats.iter().map(SavedFormat::save).collect(),
            targets: self.targets.iter().map(|target| SavedTarget::save(target, texts)).collect(),
        }
    }
}

const NO_FORMAT: &str = "it has formats that are none";

/// Bytes that a place of a format takes, besides its text.
const PLACE: usize = 64;

impl SavedFormat {
    fn save(formatting: &Formatting) -> Self {
        SavedFormat(formatting.builtin, formatting.first, formatting.format.values() as u16)
    }

    fn load(&self, builtins: &[&'static Builtin], constants: &Value<'_>, texts: &Written) -> Result<Formatting> {
        let SavedFormat(builtin, first, values) = *self;
        let of = at(builtins, builtin.0.into(), "builtin")?;
        let text = at(constants.as_array().unwrap_or_default(), first.0, "constant")?.as_str();
        let text = text.ok_or(NO_FORMAT)?;
        // Each place may have a copy of the text.
        texts.take(usize::from(values).saturating_add(1).saturating_mul(text.len() + PLACE))?;
        let format = Format::new(of, text, values.into()).ok_or(NO_FORMAT)?;
        Ok(Formatting { builtin, first, format })
    }
}

impl SavedTarget {
    fn save(target: &Target, texts: &mut Texts) -> Self {
        match target {
            Target::Input(path) => SavedTarget::Input(*path),
            Target::Data(path, documents) => SavedTarget::Data(*path, documents.start, documents.end),
            Target::Function(callee) => SavedTarget::Function(SavedCallee::save(callee, texts)),
            Target::Redirect(from, to) => {
                SavedTarget::Redirect(SavedCallee::save(from, texts), SavedCallee::save(to, texts))
            }
        }
    }

    fn load(&self, paths: &[super::Path], tree: &Tree, texts: &Written) -> Result<Target> {
        Ok(match self {
            SavedTarget::Input(path) => {
                at(paths, path.0, "path")?;
                Target::Input(*path)
            }
            SavedTarget::Data(path, start, end) => {
                at(paths, path.0, "path")?;
                if start > end || *end as usize > tree.documents.len() {
                    return Err("it replaces documents that are not there".to_owned());
                }
                Target::Data(*path, *start..*end)
            }
            SavedTarget::Function(callee) => Target::Function(callee.load(tree, texts)?),
            SavedTarget::Redirect(from, to) => Target::Redirect(from.load(tree, texts)?, to.load(tree, texts)?),
        })
    }
}

impl SavedCallee {
    fn save(callee: &Callee, texts: &mut Texts) -> Self {
        match callee {
            Callee::Document(document) => SavedCallee::Document(*document),
            Callee::Builtin(builtin) => SavedCallee::Builtin(SavedBuiltin::save(builtin, texts)),
        }
    }

    fn load(&self, tree: &Tree, texts: &Written) -> Result<Callee> {
        Ok(match self {
            SavedCallee::Document(document) => {
                at(&tree.documents, document.0, "document")?;
                Callee::Document(*document)
            }
            SavedCallee::Builtin(builtin) => Callee::Builtin(builtin.load(texts)?),
        })
    }
}

impl SavedUnit {
    /// Puts the unit together.
    pub fn load(&self, tree: &Tree, symbols: &SymbolTable, texts: &Written) -> Result<Unit> {
        let arena = Bump::new();
        let constants = self.constants.load(&arena, texts)?;
        if constants.as_array().is_none() {
            return Err("its constants are no array".to_owned());
        }
        let key = |text: &Arc<str>| {
            let symbol = symbols.lookup(text);
            Ok(Key::new(symbol, text))
        };
        let path = |path: &SavedPath| texts.path(path)?.iter().map(key).collect::<Result<super::Path>>();
        let paths = self.paths.iter().map(path).collect::<Result<Vec<_>>>()?;
        if paths.iter().flatten().any(|key| key.symbol == Symbol::ABSENT) {
            return Err("it has paths without symbols".to_owned());
        }
        let builtins =
            self.builtins.iter().map(|builtin| builtin.load(texts)).collect::<Result<Vec<&'static Builtin>>>()?;
        let targets = self.targets.iter().map(|target| target.load(&paths, tree, texts)).collect::<Result<_>>()?;
        let formats =
            self.formats.iter().map(|format| format.load(&builtins, &constants, texts)).collect::<Result<_>>()?;
        let shortcuts = builtins.iter().map(|builtin| shortcut(builtin)).collect();
        Ok(Unit { constants: Frozen::new(constants, symbols), paths, builtins, shortcuts, formats, targets })
    }
}

impl Function {
    /// Takes the function apart.
    pub fn save(&self, texts: &mut Texts) -> SavedFunction {
        let mut paths = |paths: &[Vec<Option<Arc<str>>>]| {
            let path = |path: &Vec<Option<Arc<str>>>| {
                path.iter().map(|key| key.as_ref().map(|key| texts.add(key))).collect::<Vec<_>>()
            };
            paths.iter().map(path).collect::<Vec<_>>()
        };
        let (followed, listed) = (paths(&self.followed), paths(&self.listed));
        SavedFunction {
            ops: self.ops.clone(),
            registers: self.registers,
            indexes: self.indexes.iter().map(|index| index.save(texts)).collect(),
            definitions: self.definitions.clone(),
            spans: self.spans.iter().map(|(op, span)| (*op, span.file, span.start, span.end)).collect(),
            documents: self.documents.clone(),
            followed,
            listed,
        }
    }
}

/// Puts the functions of all documents together.
pub fn load_functions(
    saved: Vec<SavedFunction>,
    tree: &Tree,
    unit: &Unit,
    texts: &Written,
    work: &mut Work,
) -> Result<Vec<Function>> {
    if saved.len() != tree.documents.len() {
        return Err("its documents are not its functions".to_owned());
    }
    let documents = saved.iter().zip(&tree.documents);
    let arguments = documents.map(|(_, document)| match document.kind {
        DocumentKind::Function(arguments) => u16::try_from(arguments).ok(),
        _ => Some(0),
    });
    let arguments: Vec<u16> = arguments.collect::<Option<_>>().ok_or("it has a function with too many arguments")?;
    let mut functions = Vec::with_capacity(saved.len());
    for ((saved, document), own) in saved.into_iter().zip(&tree.documents).zip(&arguments) {
        let wrong = |error: String| format!("the code of data.{} is wrong: {error}", document.path.join("."));
        let function = saved.load(document, *own, unit, texts)?;
        verify::check(&function, unit, tree.documents.len(), work).map_err(wrong)?;
        check_calls(&function, unit, &arguments).map_err(wrong)?;
        functions.push(function);
    }
    Ok(functions)
}

impl SavedFunction {
    fn load(self, document: &crate::plan::Document, arguments: u16, unit: &Unit, texts: &Written) -> Result<Function> {
        let path = |path: &Vec<Option<TextId>>| -> Result<Vec<Option<Arc<str>>>> {
            path.iter().map(|key| key.map(|key| texts.get(key).cloned()).transpose()).collect()
        };
        let mut function = Function {
            arguments,
            registers: self.registers,
            name: super::name_of(document),
            indexes: Vec::with_capacity(self.indexes.len()),
            definitions: self.definitions,
            spans: self.spans.into_iter().map(|(op, file, start, end)| (op, Span { file, start, end })).collect(),
            documents: self.documents,
            followed: self.followed.iter().map(path).collect::<Result<_>>()?,
            listed: self.listed.iter().map(path).collect::<Result<_>>()?,
            ops: self.ops,
        };
        if function.registers < arguments {
            return Err("it has a function without registers for its arguments".to_owned());
        }
        for index in &self.indexes {
            let index = index.load(&function, unit, texts)?;
            function.indexes.push(index);
        }
        Ok(function)
    }
}

/// Checks that what a function calls takes as many arguments as it gives, and that it says which documents it asks for.
fn check_calls(function: &Function, unit: &Unit, arguments: &[u16]) -> Result<()> {
    for op in &function.ops {
        let Some((callee, given)) = called(op, unit, arguments)? else { continue };
        match callee {
            Callee::Builtin(builtin) if builtin.signature().accepts(given) => {}
            Callee::Builtin(builtin) => return Err(format!("{} is called with {given} arguments", builtin.name)),
            Callee::Document(document) => {
                if usize::from(*at(arguments, document.0, "document")?) != given {
                    return Err(format!("document {} is called with {given} arguments", document.0));
                }
                if function.documents.binary_search(&document).is_err() {
                    return Err("it asks for a document and does not say so".to_owned());
                }
            }
        }
    }
    Ok(())
}

/// What an instruction calls, with how many arguments.
fn called(op: &Op, unit: &Unit, arguments: &[u16]) -> Result<Option<(Callee, usize)>> {
    let builtin =
        |index: BuiltinIndex| Ok::<_, String>(Callee::Builtin(at(&unit.builtins, index.0.into(), "builtin")?));
    let document = |index: DocumentIndex| Callee::Document(DocumentId(index.0));
    Ok(Some(match *op {
        Op::Document { document: index, .. }
        | Op::NamedPath { document: index, .. }
        | Op::FixedDocument { document: index, .. } => (document(index), 0),
        Op::Call { document: index, args, .. } => (document(index), args.count.into()),
        Op::Call1 { document: index, .. } | Op::CallHolds { document: index, .. } => (document(index), 1),
        Op::Call2 { document: index, .. } => (document(index), 2),
        Op::Builtin { builtin: index, args, .. } => (builtin(index)?, args.count.into()),
        Op::Builtin1 { builtin: index, .. } | Op::IsKind { builtin: index, .. } => (builtin(index)?, 1),
        Op::Builtin2 { builtin: index, .. }
        | Op::BuiltinHolds { builtin: index, .. }
        | Op::MinusKeys { builtin: index, .. } => (builtin(index)?, 2),
        Op::Builtin3 { builtin: index, .. } => (builtin(index)?, 3),
        Op::Redirect { target } => match at(&unit.targets, target.0, "target")? {
            // A document that stands in for a function gets no arguments, another function gets those of it.
            Target::Redirect(_, Callee::Document(to)) if at(arguments, to.0, "document")? == &0 => {
                (Callee::Document(*to), 0)
            }
            Target::Redirect(Callee::Builtin(from), to) => (*to, from.signature().arity()),
            Target::Redirect(Callee::Document(from), to) => (*to, (*at(arguments, from.0, "document")?).into()),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}
