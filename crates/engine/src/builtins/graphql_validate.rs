//! GraphQL queries checked against schemas, with the rules of the specification as OPA applies them.
//!
//! The walk goes through each operation, fragments included where they are spread, and then through each fragment.
//! What is wrong is told in the order of the walk and at each node in the order of the rules' names.

use super::Failure;
use super::graphql_merge::Merger;
use super::graphql_parse::{Document, STACK, address, kinds};
use super::graphql_schema::{
    Definition, Schema, base_name, flag, is_compatible, is_required, items, named, text, type_of, type_text, value_kind,
};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

/// How many nodes are looked at before validation is given up: fragments can ask for very many.
const MAX_STEPS: usize = 5_000_000;

/// How many mistakes are told.
const MAX_ERRORS: usize = 1000;

/// Fails if the query is not valid. If `only_fields`, all its selections are fields.
pub(super) fn validate<'a>(schema: &Schema<'a>, query: &Document<'a>, only_fields: bool) -> Result<(), Failure> {
    let mut fragments = HashMap::new();
    for fragment in items(&query.tree, "Fragments") {
        fragments.entry(text(fragment, "Name")).or_insert(*fragment);
    }
    let mut walker = Walker {
        schema,
        query,
        source: Source { fragments, only_fields },
        errors: Vec::new(),
        steps: 0,
        operation: None,
        variables: HashMap::new(),
        used: HashSet::new(),
        spread: HashSet::new(),
        spread_names: HashSet::new(),
        fragments_begun: false,
        places: HashMap::new(),
        merger: Merger::default(),
    };
    walker.document()?;
    walker.result()
}

/// What a selection is.
pub(super) enum Selection {
    Field,
    Spread,
    Inline,
}

/// The document's fragments, and how its selections are told apart.
pub(super) struct Source<'a> {
    pub fragments: HashMap<&'a str, Value<'a>>,
    only_fields: bool,
}

impl Source<'_> {
    pub fn selection(&self, node: &Value<'_>) -> Selection {
        match (self.only_fields, node.field("Alias"), node.field("Name")) {
            (true, ..) | (_, Some(_), _) => Selection::Field,
            (_, None, Some(_)) => Selection::Spread,
            _ => Selection::Inline,
        }
    }
}

/// Where a field stands: the type around it and its definition there.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'s, 'a> {
    pub parent: Option<&'s Definition<'a>>,
    pub definition: Option<Value<'a>>,
}

/// What is expected of a value.
#[derive(Clone, Copy, Default)]
struct Expected<'s, 'a> {
    kind: Option<Value<'a>>,
    has_default: bool,
    definition: Option<&'s Definition<'a>>,
}

struct Walker<'s, 'a> {
    schema: &'s Schema<'a>,
    query: &'s Document<'a>,
    source: Source<'a>,
    /// Addresses of nodes, and messages.
    errors: Vec<(usize, String)>,
    steps: usize,
    operation: Option<Value<'a>>,
    /// The operation's variables.
    variables: HashMap<&'a str, Value<'a>>,
    used: HashSet<usize>,
    /// The fragments that were walked in this operation or fragment.
    spread: HashSet<&'a str>,
    /// The fragments that operations spread.
    spread_names: HashSet<&'a str>,
    /// Whether the first fragment's definition was left: what fragments spread until then counts as used.
    fragments_begun: bool,
    places: HashMap<usize, Place<'s, 'a>>,
    merger: Merger<'a>,
}

type Done = Result<(), Failure>;

impl<'s, 'a> Walker<'s, 'a> {
    fn error(&mut self, node: &Value<'a>, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push((address(node), message.into()));
        }
    }

    /// All errors as OPA tells them: the place of the first, its text, and the others as they are.
    fn result(self) -> Done {
        let Some((first, _)) = self.errors.first() else {
            return Ok(());
        };
        let place = |address: &usize| self.query.positions.get(address);
        let mut all = String::new();
        for (address, message) in &self.errors {
            match place(address) {
                Some((line, column)) => all.push_str(&format!("input:{line}:{column}: {message}\n")),
                None => all.push_str(&format!("input: {message}\n")),
            }
        }
        let Some((line, column)) = place(first) else {
            return Err(Failure::Error(format!("GraphQL parse error: {all}")));
        };
        let told = all.splitn(4, ':').nth(3).unwrap_or("").trim_start_matches(' ');
        let told = told.strip_suffix(".\n").unwrap_or(told);
        Err(Failure::Error(format!("{told} in GraphQL string at location {line}:{column}")))
    }

    fn step(&mut self) -> Done {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Failure::Halt("GraphQL validation takes too long".into()));
        }
        Ok(())
    }

    fn document(&mut self) -> Done {
        let tree = self.query.tree;
        let mut names = HashSet::new();
        let operations = items(&tree, "Operations");
        for operation in operations {
            self.spread.clear();
            self.walk_operation(operation)?;
            self.check_operation(operation, operations.len(), &mut names)?;
            self.operation = None;
        }
        let (mut visited, mut seen) = (HashSet::new(), HashSet::new());
        for fragment in items(&tree, "Fragments") {
            self.spread.clear();
            let kind = self.schema.types.get(text(fragment, "TypeCondition"));
            self.directives(items(fragment, "Directives"), "FRAGMENT_DEFINITION")?;
            self.selections(kind, items(fragment, "SelectionSet"))?;
            self.check_fragment(fragment, kind, &mut visited, &mut seen)?;
        }
        Ok(())
    }

    fn walk_operation(&mut self, operation: &Value<'a>) -> Done {
        self.operation = Some(*operation);
        self.variables.clear();
        let variables = items(operation, "VariableDefinitions");
        for variable in variables {
            self.variables.entry(text(variable, "Variable")).or_insert(*variable);
            let name = base_name(&type_of(variable));
            if !self.schema.types.contains_key(name) {
                self.error(variable, format!("Unknown type \"{name}\"."));
            }
        }
        for variable in variables {
            if let Some(default) = variable.field("DefaultValue") {
                let kind = type_of(variable);
                let definition = self.schema.type_of(&kind);
                self.value(&default, Expected { kind: Some(kind), has_default: false, definition })?;
            }
            self.directives(items(variable, "Directives"), "VARIABLE_DEFINITION")?;
        }
        let name = text(operation, "Operation");
        let location = match name {
            "mutation" => "MUTATION",
            "subscription" => "SUBSCRIPTION",
            _ => "QUERY",
        };
        self.directives(items(operation, "Directives"), location)?;
        self.selections(self.schema.root(name), items(operation, "SelectionSet"))
    }

    fn check_operation(&mut self, operation: &Value<'a>, count: usize, names: &mut HashSet<&'a str>) -> Done {
        let (kind, name) = (text(operation, "Operation"), text(operation, "Name"));
        if self.schema.root(kind).is_none() {
            self.error(operation, format!("Schema does not support operation type \"{kind}\""));
        }
        if name.is_empty() && count > 1 {
            self.error(operation, "This anonymous operation must be the only defined operation.");
        }
        let variables = items(operation, "VariableDefinitions");
        for variable in variables {
            if !self.used.contains(&address(variable)) {
                let within = if name.is_empty() { String::new() } else { format!(" in operation \"{name}\"") };
                let variable_name = text(variable, "Variable");
                self.error(variable, format!("Variable \"${variable_name}\" is never used{within}."));
            }
        }
        self.conflicts(operation)?;
        if kind == "subscription" && self.schema.root(kind).is_some() {
            self.single_field(operation, name)?;
        }
        if !names.insert(name) {
            self.error(operation, format!("There can be only one operation named \"{name}\"."));
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for variable in variables {
            let variable_name = text(variable, "Variable");
            let times = seen.entry(variable_name).or_default();
            // Told once, however many there are.
            if *times == 1 {
                self.error(variable, format!("There can be only one variable named \"${variable_name}\"."));
            }
            *times += 1;
        }
        for variable in variables {
            let kind = type_of(variable);
            if self.schema.type_of(&kind).is_some_and(|definition| !definition.is_input()) {
                let (name, kind) = (text(variable, "Variable"), type_text(&kind));
                self.error(variable, format!("Variable \"${name}\" cannot be non-input type \"{kind}\"."));
            }
        }
        Ok(())
    }

    fn single_field(&mut self, operation: &Value<'a>, name: &str) -> Done {
        let mut fields: Vec<Value<'a>> = Vec::new();
        let (mut names, mut spread) = (HashSet::new(), HashSet::new());
        let mut rest: Vec<Value<'a>> = items(operation, "SelectionSet").iter().rev().copied().collect();
        while let Some(selection) = rest.pop() {
            self.step()?;
            let within = match self.source.selection(&selection) {
                Selection::Field => {
                    if names.insert(text(&selection, "Name")) {
                        fields.push(selection);
                    }
                    continue;
                }
                Selection::Inline => Some(selection),
                Selection::Spread => {
                    let fragment = text(&selection, "Name");
                    self.source.fragments.get(fragment).copied().filter(|_| spread.insert(fragment))
                }
            };
            rest.extend(within.iter().flat_map(|within| items(within, "SelectionSet")).rev());
        }
        let name = if name.is_empty() { "Anonymous Subscription".into() } else { format!("Subscription \"{name}\"") };
        if let Some(second) = fields.get(1) {
            self.error(second, format!("{name} must select only one top level field."));
        }
        for field in fields.iter().filter(|field| text(field, "Name").starts_with("__")) {
            self.error(field, format!("{name} must not select an introspection top level field."));
        }
        Ok(())
    }

    fn check_fragment(
        &mut self,
        fragment: &Value<'a>,
        kind: Option<&Definition<'a>>,
        visited: &mut HashSet<&'a str>,
        seen: &mut HashSet<&'a str>,
    ) -> Done {
        let (name, condition) = (text(fragment, "Name"), text(fragment, "TypeCondition"));
        match kind {
            Some(kind) if !kind.is_composite() && !condition.is_empty() => {
                let message = format!("Fragment \"{name}\" cannot condition on non composite type \"{condition}\".");
                self.error(fragment, message);
            }
            None => self.error(fragment, format!("Unknown type \"{condition}\".")),
            Some(_) => {}
        }
        self.cycles(fragment, visited, &mut Vec::new())?;
        self.fragments_begun = true;
        if !self.spread_names.contains(name) {
            self.error(fragment, format!("Fragment \"{name}\" is never used."));
        }
        self.conflicts(fragment)?;
        if !seen.insert(name) {
            self.error(fragment, format!("There can be only one fragment named \"{name}\"."));
        }
        Ok(())
    }

    /// Looks for fragments that spread themselves. `path` holds the fragments on the way and what they spread.
    fn cycles(
        &mut self,
        fragment: &Value<'a>,
        visited: &mut HashSet<&'a str>,
        path: &mut Vec<(&'a str, &'a str)>,
    ) -> Done {
        let name = text(fragment, "Name");
        if !visited.insert(name) {
            return Ok(());
        }
        let mut sets = vec![items(fragment, "SelectionSet")];
        let mut spreads = Vec::new();
        while let Some(set) = sets.pop() {
            for selection in set {
                self.step()?;
                match self.source.selection(selection) {
                    Selection::Spread => spreads.push(*selection),
                    _ => sets.push(items(selection, "SelectionSet")),
                }
            }
        }
        for spread in spreads {
            let target = text(&spread, "Name");
            path.push((name, target));
            if let Some(start) = path.iter().position(|(fragment, _)| *fragment == target) {
                let between = path.get(start..path.len() - 1).unwrap_or(&[]);
                let names: Vec<_> = between.iter().map(|(_, name)| format!("\"{name}\"")).collect();
                let via = if names.is_empty() { String::new() } else { format!(" via {}", names.join(", ")) };
                self.error(&spread, format!("Cannot spread fragment \"{target}\" within itself{via}."));
            } else if let Some(next) = self.source.fragments.get(target).copied() {
                stacker::maybe_grow(STACK.0, STACK.1, || self.cycles(&next, visited, path))?;
            }
            path.pop();
        }
        Ok(())
    }

    fn conflicts(&mut self, node: &Value<'a>) -> Done {
        let found = self.merger.conflicts(self.schema, &self.source, &self.places, items(node, "SelectionSet"))?;
        for (field, message) in found {
            self.error(&field, message);
        }
        Ok(())
    }

    fn directives(&mut self, directives: &[Value<'a>], location: &str) -> Done {
        for directive in directives {
            self.step()?;
            let name = text(directive, "Name");
            let definition = self.schema.directives.get(name).copied();
            let (arguments, defined) = (
                items(directive, "Arguments"),
                definition.as_ref().map_or([].as_slice(), |definition| items(definition, "Arguments")),
            );
            self.arguments(arguments, defined)?;
            let Some(definition) = definition else {
                self.error(directive, format!("Unknown directive \"@{name}\"."));
                self.unique_arguments(arguments);
                continue;
            };
            for argument in arguments.iter().filter(|argument| named(defined, text(argument, "Name")).is_none()) {
                let argument = text(argument, "Name");
                self.error(directive, format!("Unknown argument \"{argument}\" on directive \"@{name}\"."));
            }
            if !items(&definition, "Locations").iter().any(|known| known.as_str() == Some(location)) {
                self.error(directive, format!("Directive \"@{name}\" may not be used on {location}."));
            }
            self.required_arguments(directive, &format!("Directive \"@{name}\""), arguments, defined);
            self.unique_arguments(arguments);
        }
        let mut seen = HashSet::new();
        for directive in directives {
            let name = text(directive, "Name");
            let repeatable = self.schema.directives.get(name).is_some_and(|found| flag(found, "IsRepeatable"));
            if !seen.insert(name) && !repeatable {
                self.error(directive, format!("The directive \"@{name}\" can only be used once at this location."));
            }
        }
        Ok(())
    }

    fn arguments(&mut self, arguments: &[Value<'a>], defined: &[Value<'a>]) -> Done {
        for argument in arguments {
            let expected = match named(defined, text(argument, "Name")) {
                Some(definition) => self.expected(&definition),
                None => Expected::default(),
            };
            if let Some(value) = argument.field("Value") {
                self.value(&value, expected)?;
            }
        }
        Ok(())
    }

    /// What an argument or field of an input type expects.
    fn expected(&self, definition: &Value<'a>) -> Expected<'s, 'a> {
        let kind = type_of(definition);
        let has_default = definition.field("DefaultValue").is_some_and(|value| value_kind(&value) != kinds::NULL);
        Expected { kind: Some(kind), has_default, definition: self.schema.type_of(&kind) }
    }

    fn required_arguments(&mut self, node: &Value<'a>, what: &str, given: &[Value<'a>], defined: &[Value<'a>]) {
        for argument in defined.iter().filter(|argument| is_required(argument)) {
            let name = text(argument, "Name");
            if named(given, name).is_none() {
                let kind = type_text(&type_of(argument));
                let message =
                    format!("{what} argument \"{name}\" of type \"{kind}\" is required, but it was not provided.");
                self.error(node, message);
            }
        }
    }

    fn unique_arguments(&mut self, arguments: &[Value<'a>]) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for argument in arguments {
            let name = text(argument, "Name");
            let times = seen.entry(name).or_default();
            if *times == 1 {
                self.error(argument, format!("There can be only one argument named \"{name}\"."));
            }
            *times += 1;
        }
    }

    fn value(&mut self, value: &Value<'a>, expected: Expected<'s, 'a>) -> Done {
        self.step()?;
        let kind = value_kind(value);
        let variable = self.variables.get(text(value, "Raw")).copied();
        let variable = variable.filter(|_| kind == kinds::VARIABLE && self.operation.is_some());
        if let Some(variable) = variable {
            self.used.insert(address(&variable));
        }
        let children = items(value, "Children");
        for child in children {
            let within = match kind {
                kinds::OBJECT => {
                    let field = expected.definition.and_then(|found| found.field(text(child, "Name")));
                    field.map_or(Expected::default(), |field| self.expected(&field))
                }
                kinds::LIST => {
                    let element = expected.kind.and_then(|kind| kind.field("Elem"));
                    let definition = expected.definition.filter(|_| element.is_some());
                    Expected { kind: element, has_default: false, definition }
                }
                _ => continue,
            };
            if let Some(value) = child.field("Value") {
                stacker::maybe_grow(STACK.0, STACK.1, || self.value(&value, within))?;
            }
        }
        if let Some(operation) = self.operation.filter(|_| kind == kinds::VARIABLE && variable.is_none()) {
            let (raw, name) = (text(value, "Raw"), text(&operation, "Name"));
            let by = if name.is_empty() { String::new() } else { format!(" by operation \"{name}\"") };
            self.error(value, format!("Variable \"${raw}\" is not defined{by}."));
        }
        if kind == kinds::OBJECT {
            let mut seen = HashSet::new();
            for child in children.iter().filter(|child| !seen.insert(text(child, "Name"))) {
                self.error(child, format!("There can be only one input field named \"{}\".", text(child, "Name")));
            }
        }
        if let (Some(definition), Some(kind)) = (expected.definition, expected.kind) {
            self.check_value(value, definition, &kind);
        }
        self.check_variable(value, variable, expected)
    }

    fn check_variable(&mut self, value: &Value<'a>, variable: Option<Value<'a>>, expected: Expected<'s, 'a>) -> Done {
        if let (Some(variable), Some(wanted)) = (variable, expected.kind) {
            let default = variable.field("DefaultValue").is_some_and(|value| value_kind(&value) != kinds::NULL);
            let non_null = flag(&wanted, "NonNull") && !default && !expected.has_default;
            let kind = type_of(&variable);
            if !is_compatible(&kind, &wanted, non_null) {
                let message = format!(
                    "Variable \"${}\" of type \"{}\" used in position expecting type \"{}\".",
                    text(value, "Raw"),
                    type_text(&kind),
                    type_text(&wanted)
                );
                self.error(value, message);
            }
        }
        let definition = expected.definition.filter(|_| value_kind(value) == kinds::OBJECT);
        let Some(definition) = definition.filter(|found| named(&found.directives, "oneOf").is_some()) else {
            return Ok(());
        };
        for field in items(value, "Children").iter().filter_map(|child| child.field("Value")) {
            let name = text(&field, "Raw");
            let variable = self.variables.get(name).filter(|_| value_kind(&field) == kinds::VARIABLE).copied();
            let variable = variable.filter(|variable| self.operation.is_some() && !flag(&type_of(variable), "NonNull"));
            if let Some(variable) = variable {
                let (kind, input) = (type_text(&type_of(&variable)), definition.name);
                let message = format!(
                    "Variable \"${name}\" is of type \"{kind}\" but must be non-nullable to be used for OneOf Input \
                     Object \"{input}\"."
                );
                self.error(&variable, message);
            }
        }
        Ok(())
    }

    /// Checks that a literal is of the type that is expected.
    fn check_value(&mut self, value: &Value<'a>, definition: &Definition<'a>, expected: &Value<'a>) {
        let kind = value_kind(value);
        let (raw, name) = (text(value, "Raw"), definition.name);
        if kind == kinds::NULL && flag(expected, "NonNull") {
            let (wanted, found) = (type_text(expected), value_text(value));
            self.error(value, format!("Expected value of type \"{wanted}\", found {found}."));
        }
        let is_custom = definition.kind == "SCALAR" && !matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID");
        if is_custom {
            return;
        }
        if unreadable(value) {
            self.unexpected(value, definition, expected);
        }
        let is_enum = definition.kind == "ENUM";
        let fits = match kind {
            kinds::LIST => expected.field("Elem").is_some(),
            kinds::INT => matches!(name, "Int" | "Float" | "ID"),
            kinds::FLOAT => name == "Float",
            kinds::BOOLEAN => name == "Boolean",
            kinds::STRING | kinds::BLOCK if is_enum => {
                let (wanted, found) = (type_text(expected), value_text(value));
                return self.error(value, format!("Enum \"{wanted}\" cannot represent non-enum value: {found}."));
            }
            kinds::STRING | kinds::BLOCK => matches!(name, "String" | "ID"),
            kinds::ENUM if is_enum => {
                if named(&definition.enum_values, raw).is_none() {
                    let wanted = type_text(expected);
                    self.error(value, format!("Value \"{raw}\" does not exist in \"{wanted}\" enum."));
                }
                true
            }
            kinds::ENUM => false,
            kinds::OBJECT => {
                self.check_object(value, definition);
                true
            }
            _ => true,
        };
        if !fits {
            self.unexpected(value, definition, expected);
        }
    }

    fn unexpected(&mut self, value: &Value<'a>, definition: &Definition<'a>, expected: &Value<'a>) {
        let (wanted, found) = (type_text(expected), value_text(value));
        let message = match wanted.as_str() {
            "Int" | "Int!" if is_whole(text(value, "Raw")) && text(value, "Raw").parse::<i32>().is_err() => {
                format!("Int cannot represent non 32-bit signed integer value: {found}")
            }
            "Int" | "Int!" => format!("Int cannot represent non-integer value: {found}"),
            "String" | "String!" | "[String]" => format!("String cannot represent a non string value: {found}"),
            "Boolean" | "Boolean!" => format!("Boolean cannot represent a non boolean value: {found}"),
            "Float" | "Float!" => format!("Float cannot represent non numeric value: {found}"),
            "ID" | "ID!" => format!("ID cannot represent a non-string and non-integer value: {found}"),
            _ if definition.kind == "ENUM" => {
                format!("Enum \"{wanted}\" cannot represent non-enum value: {found}.")
            }
            _ => format!("Expected value of type \"{wanted}\", found {found}."),
        };
        self.error(value, message);
    }

    fn check_object(&mut self, value: &Value<'a>, definition: &Definition<'a>) {
        let (children, name) = (items(value, "Children"), definition.name);
        for field in definition.fields.iter().filter(|field| is_required(field)) {
            let field_name = text(field, "Name");
            if named(children, field_name).is_none() {
                let kind = type_text(&type_of(field));
                let message = format!("Field \"{name}.{field_name}\" of required type \"{kind}\" was not provided.");
                self.error(value, message);
            }
        }
        if named(&definition.directives, "oneOf").is_some() {
            match children {
                [only] => {
                    let given = only.field("Value").unwrap_or(Value::Null);
                    if value_kind(&given) == kinds::NULL {
                        let first = definition.fields.first().map_or("", |field| text(field, "Name"));
                        self.error(&given, format!("Field \"{name}.{first}\" must be non-null."));
                    }
                }
                _ => self.error(value, format!("OneOf Input Object \"{name}\" must specify exactly one key.")),
            }
        }
        for child in children.iter().filter(|child| definition.field(text(child, "Name")).is_none()) {
            self.error(child, format!("Field \"{}\" is not defined by type \"{name}\".", text(child, "Name")));
        }
    }

    fn selections(&mut self, parent: Option<&'s Definition<'a>>, selections: &[Value<'a>]) -> Done {
        stacker::maybe_grow(STACK.0, STACK.1, || {
            selections.iter().try_for_each(|selection| match self.source.selection(selection) {
                Selection::Field => self.field(parent, selection),
                Selection::Inline => self.inline(parent, selection),
                Selection::Spread => self.fragment_spread(parent, selection),
            })
        })
    }

    fn field(&mut self, parent: Option<&'s Definition<'a>>, field: &Value<'a>) -> Done {
        self.step()?;
        let name = text(field, "Name");
        let definition = match name {
            "__typename" => Some(self.schema.type_name),
            name => parent.and_then(|parent| parent.field(name)),
        };
        self.places.insert(address(field), Place { parent, definition });
        let kind = definition.as_ref().and_then(|definition| self.schema.type_of(&type_of(definition)));
        let defined = definition.as_ref().map_or([].as_slice(), |definition| items(definition, "Arguments"));
        let (arguments, selections) = (items(field, "Arguments"), items(field, "SelectionSet"));
        self.arguments(arguments, defined)?;
        self.directives(items(field, "Directives"), "FIELD")?;
        self.selections(kind, selections)?;

        if let (Some(parent), None) = (parent, definition) {
            self.error(field, format!("Cannot query field \"{name}\" on type \"{}\".", parent.name));
        }
        if let (Some(parent), Some(_)) = (parent, definition) {
            for argument in arguments.iter().filter(|argument| named(defined, text(argument, "Name")).is_none()) {
                let argument = text(argument, "Name");
                let message = format!("Unknown argument \"{argument}\" on field \"{}.{name}\".", parent.name);
                self.error(field, message);
            }
        }
        if matches!(name, "__schema" | "__type") && self.is_too_deep(field, &mut HashSet::new(), 0)? {
            self.error(field, "Maximum introspection depth exceeded");
        }
        if self.operation.is_some() {
            self.conflicts(field)?;
        }
        self.required_arguments(field, &format!("Field \"{name}\""), arguments, defined);
        if let (Some(definition), Some(kind)) = (definition, kind) {
            if kind.is_leaf() && !selections.is_empty() {
                let message = format!(
                    "Field \"{name}\" must not have a selection since type \"{}\" has no subfields.",
                    kind.name
                );
                self.error(field, message);
            }
            if !kind.is_leaf() && selections.is_empty() {
                let kind = type_text(&type_of(&definition));
                let message = format!(
                    "Field \"{name}\" of type \"{kind}\" must have a selection of subfields. Did you mean \"{name} {{ \
                     ... }}\"?"
                );
                self.error(field, message);
            }
        }
        self.unique_arguments(arguments);
        Ok(())
    }

    /// Whether lists of the introspection nest three deep in a field or fragment.
    fn is_too_deep(&mut self, node: &Value<'a>, within: &mut HashSet<&'a str>, depth: usize) -> Result<bool, Failure> {
        self.step()?;
        let is_field = matches!(self.source.selection(node), Selection::Field);
        let is_list = matches!(text(node, "Name"), "fields" | "interfaces" | "possibleTypes" | "inputFields");
        let depth = depth + usize::from(is_field && is_list);
        if depth >= 3 {
            return Ok(true);
        }
        for selection in items(node, "SelectionSet") {
            let name = text(selection, "Name");
            let spread = matches!(self.source.selection(selection), Selection::Spread);
            let next = match self.source.fragments.get(name) {
                _ if !spread => *selection,
                Some(fragment) if within.insert(name) => *fragment,
                _ => continue,
            };
            let deep = stacker::maybe_grow(STACK.0, STACK.1, || {
                if spread {
                    self.is_fragment_too_deep(&next, within, depth)
                } else {
                    self.is_too_deep(&next, within, depth)
                }
            })?;
            if spread {
                within.remove(name);
            }
            if deep {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same for a fragment, whose own name does not count.
    fn is_fragment_too_deep(
        &mut self,
        fragment: &Value<'a>,
        within: &mut HashSet<&'a str>,
        depth: usize,
    ) -> Result<bool, Failure> {
        for selection in items(fragment, "SelectionSet") {
            let name = text(selection, "Name");
            let deep = match self.source.selection(selection) {
                Selection::Spread => match self.source.fragments.get(name).copied() {
                    Some(next) if within.insert(name) => {
                        let deep =
                            stacker::maybe_grow(STACK.0, STACK.1, || self.is_fragment_too_deep(&next, within, depth))?;
                        within.remove(name);
                        deep
                    }
                    _ => false,
                },
                _ => stacker::maybe_grow(STACK.0, STACK.1, || self.is_too_deep(selection, within, depth))?,
            };
            if deep {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn inline(&mut self, parent: Option<&'s Definition<'a>>, fragment: &Value<'a>) -> Done {
        self.step()?;
        let condition = text(fragment, "TypeCondition");
        let kind = if condition.is_empty() { parent } else { self.schema.types.get(condition) };
        self.directives(items(fragment, "Directives"), "INLINE_FRAGMENT")?;
        self.selections(kind, items(fragment, "SelectionSet"))?;
        match kind.filter(|_| !condition.is_empty()) {
            Some(kind) if !kind.is_composite() => {
                self.error(fragment, format!("Fragment cannot condition on non composite type \"{condition}\"."));
            }
            None if !condition.is_empty() => self.error(fragment, format!("Unknown type \"{condition}\".")),
            _ => {}
        }
        self.conflicts(fragment)?;
        if let Some(parent) = parent.filter(|parent| !self.can_spread(parent, condition)) {
            let message = format!(
                "Fragment cannot be spread here as objects of type \"{}\" can never be of type \"{condition}\".",
                parent.name
            );
            self.error(fragment, message);
        }
        Ok(())
    }

    /// Whether a value of the type may be of the other type. Types that are wrong for other reasons count as right.
    fn can_spread(&self, parent: &Definition<'a>, condition: &str) -> bool {
        let possible = |name: &str| self.schema.possible.get(name).map_or([].as_slice(), Vec::as_slice);
        let own = [parent.name];
        let parents = match parent.kind {
            "OBJECT" => &own,
            "INTERFACE" | "UNION" => possible(parent.name),
            _ => return true,
        };
        match self.schema.types.get(condition) {
            Some(kind) if kind.is_composite() => possible(condition).iter().any(|name| parents.contains(name)),
            _ => true,
        }
    }

    fn fragment_spread(&mut self, parent: Option<&'s Definition<'a>>, spread: &Value<'a>) -> Done {
        self.step()?;
        let name = text(spread, "Name");
        let fragment = self.source.fragments.get(name).copied();
        let condition = fragment.as_ref().map_or("", |fragment| text(fragment, "TypeCondition"));
        let kind = self.schema.types.get(condition);
        self.directives(items(spread, "Directives"), "FRAGMENT_SPREAD")?;
        if let Some(fragment) = fragment.filter(|_| self.spread.insert(name)) {
            self.directives(items(&fragment, "Directives"), "FRAGMENT_DEFINITION")?;
            self.selections(kind, items(&fragment, "SelectionSet"))?;
        }
        if self.operation.is_some() || !self.fragments_begun {
            self.spread_names.insert(name);
        }
        if fragment.is_none() {
            self.error(spread, format!("Unknown fragment \"{name}\"."));
        } else if let Some(parent) = parent.filter(|parent| !self.can_spread(parent, condition)) {
            let message = format!(
                "Fragment \"{name}\" cannot be spread here as objects of type \"{}\" can never be of type \
                 \"{condition}\".",
                parent.name
            );
            self.error(spread, message);
        }
        Ok(())
    }
}

fn is_whole(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a number in the value is too large to be read.
fn unreadable(value: &Value<'_>) -> bool {
    let raw = text(value, "Raw");
    match value_kind(value) {
        kinds::INT => raw.parse::<i64>().is_err(),
        kinds::FLOAT => raw.parse::<f64>().is_ok_and(f64::is_infinite),
        kinds::LIST | kinds::OBJECT => {
            items(value, "Children").iter().filter_map(|child| child.field("Value")).any(|value| unreadable(&value))
        }
        _ => false,
    }
}

/// A value as documents write it.
fn value_text(value: &Value<'_>) -> String {
    let raw = text(value, "Raw");
    let child = |node: &Value<'_>| node.field("Value").map(|value| value_text(&value)).unwrap_or_default();
    match value_kind(value) {
        kinds::VARIABLE => format!("${raw}"),
        kinds::STRING | kinds::BLOCK => Value::string(raw).to_string(),
        kinds::LIST => format!("[{}]", items(value, "Children").iter().map(child).collect::<Vec<_>>().join(",")),
        kinds::OBJECT => {
            let field = |node: &Value<'_>| format!("{}:{}", text(node, "Name"), child(node));
            format!("{{{}}}", items(value, "Children").iter().map(field).collect::<Vec<_>>().join(","))
        }
        _ => raw.to_owned(),
    }
}
