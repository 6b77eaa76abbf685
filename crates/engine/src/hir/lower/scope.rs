//! Which variable a name is.

use super::module::is_root;
use super::names::{names_of_body, names_of_modifiers, names_outside_of_bodies};
use super::{Check, Lowerer, Var};
use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use solon_syntax::{Span, ast};
use std::sync::Arc;

/// How a name came to be known in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    Argument,
    Assigned,
    Some,
    /// By `every`.
    Every,
}

#[derive(Debug)]
struct Declaration {
    name: Arc<str>,
    var: Var,
    how: Declared,
    /// The expression that declares it.
    place: Span,
    is_used: bool,
}

/// Different names, in order.
#[derive(Debug, Default)]
struct NameSet(SmallVec<[Arc<str>; 2]>);

impl NameSet {
    fn of(mut names: SmallVec<[Arc<str>; 2]>) -> Self {
        names.sort_unstable();
        names.dedup();
        NameSet(names)
    }

    fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }
}

/// Whether names that are used in a body count as used in the one around it.
#[derive(Debug, Default, PartialEq, Eq)]
enum ScopeKind {
    /// Not for itself.
    #[default]
    Body,
    /// They do: an operand of `and` or `or`.
    Operand,
    /// Never.
    Comprehension,
}

/// The names of one body.
#[derive(Debug, Default)]
struct Scope {
    declared: Vec<Declaration>,
    /// Names that were used without being declared.
    seen: Vec<Arc<str>>,
    /// Names that the body declares somewhere: no global in it, not even above the declaration.
    declares: NameSet,
    /// Builtins whose names are those of variables.
    hidden: HashSet<Arc<str>>,
    /// Whether names that nothing had declared where they stand are looked up once more at the end of the body.
    is_read_twice: bool,
    /// What kind of body it is.
    kind: ScopeKind,
    /// What these names are, if the body goes on to declare them.
    captured: Vec<(Arc<str>, Var)>,
}

impl Scope {
    fn captured(&self, name: &str) -> Option<Var> {
        self.captured.iter().find(|(captured, _)| **captured == *name).map(|(_, var)| *var)
    }
}

/// The scopes around a place, and the variables nobody declares.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    stack: SmallVec<[Scope; 1]>,
    /// Undeclared variables are the same in all bodies of a rule.
    implicit: HashMap<Arc<str>, Var>,
}

impl Scopes {
    /// Whether a name is a variable here, for all that is known of globals.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.stack.iter().any(|scope| {
            scope.declares.contains(name)
                || scope.hidden.contains(name)
                || scope.declared.iter().any(|declaration| *declaration.name == *name)
        })
    }

    /// Whether a place is in a body inside of another one: of a comprehension, `every`, or `not` with braces.
    pub(super) fn is_nested(&self) -> bool {
        self.stack.iter().any(|scope| scope.is_read_twice || scope.kind == ScopeKind::Comprehension)
    }

    /// Named variables of the outermost scope.
    pub(super) fn visible(&self) -> Vec<(Arc<str>, Var)> {
        let Some(scope) = self.stack.first() else { return Vec::new() };
        let declared = scope.declared.iter().map(|declaration| (declaration.name.clone(), declaration.var));
        let seen = scope.seen.iter().filter_map(|name| Some((name.clone(), *self.implicit.get(name)?)));
        declared.chain(seen).collect()
    }
}

impl Lowerer<'_, '_> {
    /// Opens the scope of `body`.
    pub(super) fn enter(&mut self, body: &ast::Body) {
        let declares = declared_names(body, &|term| self.as_operator(term));
        self.scopes.stack.push(Scope { declares, ..Scope::default() });
    }

    /// Opens the scope of an operand of `and` or `or`.
    pub(super) fn enter_operand(&mut self, body: &ast::Body) {
        self.enter(body);
        self.set_kind(ScopeKind::Operand);
    }

    /// Opens the scope of a comprehension.
    pub(super) fn enter_comprehension(&mut self, body: &ast::Body) {
        self.enter(body);
        self.set_kind(ScopeKind::Comprehension);
    }

    fn set_kind(&mut self, kind: ScopeKind) {
        if let Some(scope) = self.scopes.stack.last_mut() {
            scope.kind = kind;
        }
    }

    /// Opens the scope of a body of `every` or of a `not` with braces. OPA looks up the names in them twice: `not { x := x }`
    /// asks for the variable that it assigns.
    pub(super) fn enter_twice(&mut self, body: &ast::Body) {
        self.enter(body);
        if let Some(scope) = self.scopes.stack.last_mut() {
            scope.is_read_twice = true;
        }
    }

    /// The variable of the innermost body that is read twice and goes on to declare the name.
    fn capture(&mut self, name: &Arc<str>, span: Span) -> Option<Var> {
        let captures = |scope: &&mut Scope| scope.is_read_twice && scope.declares.contains(name);
        let scope = self.scopes.stack.iter_mut().rev().find(captures)?;
        if let Some(var) = scope.captured(name) {
            return Some(var);
        }
        let var = self.locals.add(name.clone(), span);
        scope.captured.push((name.clone(), var));
        Some(var)
    }

    /// Opens the scope of a rule's body. A variable with the name of a builtin hides it, as in OPA, even if nothing
    /// declares the variable; but not where a modifier names it, which may mean the builtin.
    pub(super) fn enter_rule(&mut self, body: &ast::Body) {
        self.enter(body);
        let is_builtin = |name: &str| name != "input" && self.environment.names.builtin(name).is_some();
        let mut hidden = names_of_body(body, &is_builtin);
        if !hidden.is_empty() {
            let modifiers = names_of_modifiers(body);
            hidden.retain(|name| !modifiers.contains(name) && self.global(name).is_none());
        }
        if let Some(scope) = self.scopes.stack.last_mut() {
            scope.hidden = hidden;
        }
    }

    /// Closes the innermost scope.
    pub(super) fn leave(&mut self) {
        let Some(scope) = self.scopes.stack.pop() else { return };
        let mut unused = Vec::new();
        for declaration in scope.declared {
            if !declaration.is_used {
                unused.push(declaration);
            } else if declaration.how == Declared::Argument {
                self.used_arguments.insert(declaration.name);
            }
        }
        if self.is_strict {
            self.report_unused(&unused, "assigned", &[Declared::Assigned]);
        }
        self.report_unused(&unused, "declared", &[Declared::Some, Declared::Every]);
    }

    /// Reports variables that were declared in certain ways and that nothing names.
    fn report_unused(&mut self, unused: &[Declaration], word: &str, ways: &[Declared]) {
        if self.has_wrong_declaration || self.has_unused {
            return;
        }
        for declaration in unused.iter().filter(|declaration| ways.contains(&declaration.how)) {
            let message = format!("{word} var {} unused", declaration.name);
            self.error(Check::Unused, "rego_compile_error", declaration.place, message);
            self.has_unused = true;
        }
    }

    /// Makes nothing of that the head names its arguments: only uses elsewhere count, or a second one in the head.
    pub(super) fn forget_uses(&mut self, arguments: &[(Arc<str>, Span)]) {
        let Some(scope) = self.scopes.stack.last_mut() else { return };
        for declaration in &mut scope.declared {
            declaration.is_used = arguments.iter().filter(|(name, _)| *name == declaration.name).count() > 1;
        }
    }

    /// Declares `name` in the innermost scope; `place` is the expression that does, for errors.
    pub(super) fn declare(&mut self, name: &Arc<str>, span: Span, how: Declared, place: Span) -> Var {
        if **name == *"_" {
            return self.locals.add(name.clone(), span);
        }
        // What stands twice in one pattern of `some .. in` is one variable.
        let twin = self.scopes.stack.last().and_then(|scope| {
            scope.declared.iter().find(|declaration| *declaration.name == **name && declaration.place == place)
        });
        if let Some(twin) = twin.filter(|twin| twin.how == Declared::Some && how == Declared::Some && twin.is_used) {
            return twin.var;
        }
        let captured = self.scopes.stack.last().and_then(|scope| scope.captured(name));
        let var = captured.unwrap_or_else(|| self.locals.add(name.clone(), span));
        self.locals.set_declared(var);
        if how == Declared::Assigned {
            self.locals.set_assigned(var);
        }
        let problem = self.scopes.stack.last().and_then(|scope| {
            if let Some(earlier) = scope.declared.iter().find(|declaration| *declaration.name == **name) {
                return Some(match earlier.how {
                    Declared::Argument => format!("arg {name} redeclared"),
                    Declared::Assigned => format!("var {name} assigned above"),
                    Declared::Some | Declared::Every => format!("var {name} declared above"),
                });
            }
            scope.seen.contains(name).then(|| format!("var {name} referenced above"))
        });
        if let Some(message) = problem {
            let place = if how == Declared::Assigned { span } else { place };
            self.error(Check::Locals, "rego_compile_error", place, message);
        }
        if let Some(scope) = self.scopes.stack.last_mut() {
            scope.declared.push(Declaration { name: name.clone(), var, how, place, is_used: false });
        }
        var
    }

    /// Makes the arguments of a function known in the innermost scope.
    pub(super) fn redeclare(&mut self, arguments: &[(Arc<str>, Var)]) {
        let Some(scope) = self.scopes.stack.last_mut() else { return };
        for (name, var) in arguments {
            let (name, place) = (name.clone(), self.locals.span(*var));
            scope.declared.push(Declaration { name, var: *var, how: Declared::Argument, place, is_used: false });
        }
    }

    /// Declares the variable of a pattern of `some .. in`, which is used by being matched.
    pub(super) fn declare_used(&mut self, name: &Arc<str>, span: Span, how: Declared, place: Span) -> Var {
        let var = self.declare(name, span, how, place);
        if let Some(declaration) = self.scopes.stack.last_mut().and_then(|scope| scope.declared.last_mut()) {
            declaration.is_used = true;
        }
        var
    }

    /// Remembers that a name that the innermost body declares was used, which must not happen before.
    pub(super) fn mention(&mut self, name: &Arc<str>) {
        let is_declared = |scope: &Scope| {
            scope.declared.iter().any(|declaration| *declaration.name == **name) || scope.seen.contains(name)
        };
        if !self.scopes.stack.iter().any(is_declared) {
            see(&mut self.scopes.stack, name, |scope| scope.declares.contains(name));
        }
    }

    /// In a head, what a nested body declares must not be named above, even if the rule's body declares it, too: OPA
    /// looks at the head first. What a body around it has named is that body's variable.
    fn mention_in_head(&mut self, name: &Arc<str>) {
        let Some(nested) = self.scopes.stack.get_mut(1..).filter(|_| self.is_in_head) else { return };
        let knows = |scope: &Scope| {
            scope.declared.iter().any(|declaration| *declaration.name == **name) || scope.seen.contains(name)
        };
        if !nested.iter().any(knows) {
            see(nested, name, |_| true);
        }
    }

    /// Names in a term that nothing around it declares, with the term's place.
    pub(super) fn undeclared_names(&self, term: &ast::Term) -> Vec<(Arc<str>, Span)> {
        let mut names = HashSet::new();
        names_outside_of_bodies(term, &mut names);
        let is_declared = |scope: &Scope, name: &str| scope.declared.iter().any(|declared| *declared.name == *name);
        names.retain(|name| !self.scopes.stack.iter().any(|scope| is_declared(scope, name)));
        names.into_iter().map(|name| (name, term.span)).collect()
    }

    /// Reports undeclared names of an `every`'s domain that its body declares: OPA takes them for those of the body.
    pub(super) fn check_captured(&mut self, undeclared: &[(Arc<str>, Span)]) {
        for (name, span) in undeclared {
            let is_declared =
                self.scopes.stack.last().is_some_and(|scope| scope.declared.iter().any(|own| own.name == *name));
            if is_declared {
                let message = format!("var {name} is unsafe");
                self.error(Check::BodySafety, "rego_unsafe_var_error", *span, message);
            }
        }
    }

    /// The declared variable that `name` is here.
    pub(super) fn declared(&mut self, name: &str) -> Option<Var> {
        for scope in self.scopes.stack.iter_mut().rev() {
            if let Some(declaration) = scope.declared.iter_mut().rev().find(|declaration| *declaration.name == *name) {
                declaration.is_used = true;
                return Some(declaration.var);
            }
        }
        None
    }

    /// The variable that `name` is here, declared or not. (Globals have been looked for before.)
    pub(super) fn variable(&mut self, name: &Arc<str>, span: Span) -> Var {
        if **name == *"_" {
            return self.locals.add(name.clone(), span);
        }
        self.mention_in_head(name);
        if let Some(var) = self.declared(name) {
            return var;
        }
        if !self.scopes.stack.iter().any(|scope| scope.seen.contains(name)) {
            see(&mut self.scopes.stack, name, |_| true);
        }
        if let Some(var) = self.capture(name, span) {
            return var;
        }
        let var = match self.scopes.implicit.get(name) {
            Some(var) => *var,
            None => {
                let var = self.locals.add(name.clone(), span);
                self.scopes.implicit.insert(name.clone(), var);
                var
            }
        };
        if self.is_in_head && self.scopes.stack.len() == 1 {
            self.locals.set_in_head(var, span);
        }
        var
    }
}

/// Remembers that the innermost of some scopes uses a name, and those that count it as used in them.
fn see(scopes: &mut [Scope], name: &Arc<str>, is_wanted: impl Fn(&Scope) -> bool) {
    let mut counts = true;
    for scope in scopes.iter_mut().rev() {
        if counts && is_wanted(scope) {
            scope.seen.push(name.clone());
        }
        match scope.kind {
            ScopeKind::Body => counts = false,
            ScopeKind::Operand => counts = true,
            ScopeKind::Comprehension => break,
        }
    }
}

/// Names that a body declares at its own level.
fn declared_names<'t>(
    body: &'t ast::Body,
    as_operator: &dyn Fn(&'t ast::Term) -> Option<(ast::Operator, &'t [ast::Term])>,
) -> NameSet {
    let mut names = SmallVec::new();
    let mut add = |name: &Arc<str>| names.push(name.clone());
    for expr in body {
        match &expr.kind {
            ast::ExprKind::Term(term) => {
                if let Some((ast::Operator::Assign, [pattern, _])) = as_operator(term) {
                    pattern_names(pattern, &mut add);
                }
            }
            ast::ExprKind::Some(vars) => vars.iter().for_each(|name| add(&name.text)),
            ast::ExprKind::SomeIn { key, value, .. } => {
                // `input` and `data` are the documents in it.
                let mut add = |name: &Arc<str>| {
                    if !is_root(name) {
                        add(name)
                    }
                };
                key.iter().chain([value]).for_each(|pattern| pattern_names(pattern, &mut add));
            }
            _ => {}
        }
    }
    NameSet::of(names)
}

/// Shows the names that a pattern may bind.
pub(super) fn pattern_names(pattern: &ast::Term, show: &mut dyn FnMut(&Arc<str>)) {
    match &pattern.kind {
        ast::TermKind::Var(name) => show(name),
        ast::TermKind::Array(items) | ast::TermKind::Set(items) => {
            items.iter().for_each(|item| pattern_names(item, show));
        }
        ast::TermKind::Object(entries) => entries.iter().for_each(|(_, value)| pattern_names(value, show)),
        _ => {}
    }
}
