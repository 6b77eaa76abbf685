//! GraphQL schemas: types and directives by name, checked as OPA checks them.

use super::parser::{self, Document, address, kinds};
use crate::builtins::{Failure, stack};
use crate::value::{Bump, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What every schema has without saying so.
const PRELUDE: &str = "
scalar Int scalar Float scalar String scalar Boolean scalar ID
directive @defer(if: Boolean = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @deprecated(reason: String = \"No longer supported\")
  on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
directive @specifiedBy(url: String!) on SCALAR
directive @oneOf on INPUT_OBJECT
type __Schema { description: String types: [__Type!]! queryType: __Type! mutationType: __Type
  subscriptionType: __Type directives: [__Directive!]! }
type __Type { kind: __TypeKind! name: String description: String specifiedByURL: String
  fields(includeDeprecated: Boolean = false): [__Field!] interfaces: [__Type!] possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
  inputFields(includeDeprecated: Boolean = false): [__InputValue!] ofType: __Type isOneOf: Boolean }
enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }
type __Field { name: String! description: String args(includeDeprecated: Boolean = false): [__InputValue!]!
  type: __Type! isDeprecated: Boolean! deprecationReason: String }
type __InputValue { name: String! description: String type: __Type! defaultValue: String isDeprecated: Boolean!
  deprecationReason: String }
type __EnumValue { name: String! description: String isDeprecated: Boolean! deprecationReason: String }
type __Directive { name: String! description: String isRepeatable: Boolean! locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean = false): [__InputValue!]! }
enum __DirectiveLocation { QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT
  VARIABLE_DEFINITION SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE
  INPUT_OBJECT INPUT_FIELD_DEFINITION }
";

/// The fields that every query has, and the one that every selection has.
const META_FIELDS: &str =
    "type Query { __schema: __Schema! __type(name: String!): __Type } type Any { __typename: String }";

/// A type with its extensions.
pub(super) struct Definition<'a> {
    pub kind: &'a str,
    pub name: &'a str,
    pub directives: Vec<Value<'a>>,
    pub interfaces: Vec<&'a str>,
    pub fields: Vec<Value<'a>>,
    pub types: Vec<&'a str>,
    pub enum_values: Vec<Value<'a>>,
    fields_by_name: HashMap<&'a str, Value<'a>>,
    is_builtin: bool,
    address: usize,
}

impl<'a> Definition<'a> {
    fn new(node: &Value<'a>, is_builtin: bool) -> Self {
        let mut definition = Definition {
            kind: text(node, "Kind"),
            name: text(node, "Name"),
            directives: Vec::new(),
            interfaces: Vec::new(),
            fields: Vec::new(),
            types: Vec::new(),
            enum_values: Vec::new(),
            fields_by_name: HashMap::new(),
            is_builtin,
            address: address(node),
        };
        definition.extend(node);
        definition
    }

    fn extend(&mut self, node: &Value<'a>) {
        let names = |part| items(node, part).iter().filter_map(|name| name.as_str());
        self.directives.extend(items(node, "Directives"));
        self.interfaces.extend(names("Interfaces"));
        self.types.extend(names("Types"));
        self.enum_values.extend(items(node, "EnumValues"));
        self.add_fields(items(node, "Fields"));
    }

    fn add_fields(&mut self, fields: &[Value<'a>]) {
        self.fields.extend(fields);
        for field in fields {
            self.fields_by_name.entry(text(field, "Name")).or_insert(*field);
        }
    }

    pub fn field(&self, name: &str) -> Option<Value<'a>> {
        self.fields_by_name.get(name).copied()
    }

    pub fn is_leaf(&self) -> bool {
        matches!(self.kind, "ENUM" | "SCALAR")
    }

    pub fn is_composite(&self) -> bool {
        matches!(self.kind, "OBJECT" | "INTERFACE" | "UNION")
    }

    pub fn is_input(&self) -> bool {
        matches!(self.kind, "SCALAR" | "ENUM" | "INPUT_OBJECT")
    }
}

/// A schema that has been checked.
pub(super) struct Schema<'a> {
    pub types: BTreeMap<&'a str, Definition<'a>>,
    pub directives: BTreeMap<&'a str, Value<'a>>,
    /// The types that a value of a type may have.
    pub possible: HashMap<&'a str, Vec<&'a str>>,
    /// The names of the types where `query`, `mutation` and `subscription` begin.
    pub roots: HashMap<&'static str, &'a str>,
    /// `__typename`.
    pub type_name: Value<'a>,
}

impl<'a> Schema<'a> {
    pub fn root(&self, operation: &str) -> Option<&Definition<'a>> {
        self.types.get(self.roots.get(if operation.is_empty() { "query" } else { operation })?)
    }

    pub fn type_of(&self, kind: &Value<'a>) -> Option<&Definition<'a>> {
        self.types.get(base_name(kind))
    }
}

/// The string in a part of a node; empty if there is none.
pub(super) fn text<'a>(node: &Value<'a>, part: &str) -> &'a str {
    node.field(part).and_then(|value| value.as_str()).unwrap_or("")
}

/// The list in a part of a node.
pub(super) fn items<'a>(node: &Value<'a>, part: &str) -> &'a [Value<'a>] {
    node.field(part).and_then(|value| value.as_array()).unwrap_or(&[])
}

/// Whether a part of a node is `true`.
pub(super) fn flag(node: &Value<'_>, part: &str) -> bool {
    matches!(node.field(part), Some(Value::Bool(true)))
}

/// The node with a name among others.
pub(super) fn named<'a>(nodes: &[Value<'a>], name: &str) -> Option<Value<'a>> {
    nodes.iter().find(|node| text(node, "Name") == name).copied()
}

/// The kind of a value node.
pub(super) fn value_kind(value: &Value<'_>) -> i64 {
    value.field("Kind").and_then(|kind| kind.as_i64()).unwrap_or_default()
}

/// The type of a node.
pub(super) fn type_of<'a>(node: &Value<'a>) -> Value<'a> {
    node.field("Type").unwrap_or(Value::Null)
}

/// The name in a type, whatever lists are around it.
pub(super) fn base_name<'a>(kind: &Value<'a>) -> &'a str {
    let mut kind = *kind;
    while let (true, Some(element)) = (text(&kind, "NamedType").is_empty(), kind.field("Elem")) {
        kind = element;
    }
    text(&kind, "NamedType")
}

/// A type as documents write it.
pub(super) fn type_text(kind: &Value<'_>) -> String {
    let mark = if flag(kind, "NonNull") { "!" } else { "" };
    match (text(kind, "NamedType"), kind.field("Elem")) {
        ("", Some(element)) => format!("[{}]{mark}", type_text(&element)),
        (name, _) => format!("{name}{mark}"),
    }
}

/// Whether a value of one type can stand where the other is expected; `non_null` is whether that may not be null.
pub(super) fn is_compatible(kind: &Value<'_>, expected: &Value<'_>, non_null: bool) -> bool {
    let elements = match (kind.field("Elem"), expected.field("Elem")) {
        (Some(element), Some(expected)) => is_compatible(&element, &expected, flag(&expected, "NonNull")),
        (Some(_), None) => false,
        (None, _) => true,
    };
    text(kind, "NamedType") == text(expected, "NamedType") && elements && (!non_null || flag(kind, "NonNull"))
}

/// Whether an argument with this definition must be given.
pub(super) fn is_required(definition: &Value<'_>) -> bool {
    flag(&type_of(definition), "NonNull") && definition.field("DefaultValue").is_none()
}

struct Checker<'a, 'd> {
    schema: Schema<'a>,
    document: &'d Document<'a>,
}

type Check = Result<(), Failure>;

/// The schema of a document, with what every schema has.
pub(super) fn load<'a>(arena: &'a Bump, document: &Document<'a>) -> Result<Schema<'a>, Failure> {
    let prelude = parser::parse_schema(arena, PRELUDE)?.tree;
    let meta = parser::parse_schema(arena, META_FIELDS)?.tree;
    let meta_fields =
        |at: usize| items(&meta, "Definitions").get(at).map_or([].as_slice(), |node| items(node, "Fields"));
    let schema = Schema {
        types: BTreeMap::new(),
        directives: BTreeMap::new(),
        possible: HashMap::new(),
        roots: HashMap::new(),
        type_name: meta_fields(1).first().copied().unwrap_or(Value::Null),
    };
    let mut checker = Checker { schema, document };
    checker.collect(&prelude)?;
    checker.check()?;
    let mut schema = checker.schema;
    if let Some(query) = schema.roots.get("query").and_then(|name| schema.types.get_mut(name)) {
        query.add_fields(meta_fields(0));
    }
    Ok(schema)
}

impl<'a> Checker<'a, '_> {
    fn error<T>(&self, address: usize, message: impl AsRef<str>) -> Result<T, Failure> {
        let place = match self.document.positions.get(&address) {
            Some((line, column)) => format!(":{line}:{column}"),
            None => String::new(),
        };
        let message = message.as_ref();
        Err(Failure::Error(format!("Error in gqlparser SchemaDocument to Schema conversion: input{place}: {message}")))
    }

    fn collect(&mut self, prelude: &Value<'a>) -> Check {
        let tree = self.document.tree;
        let mut order = Vec::new();
        for (definitions, is_builtin) in [(items(prelude, "Definitions"), true), (items(&tree, "Definitions"), false)] {
            for node in definitions {
                let name = text(node, "Name");
                if self.schema.types.contains_key(name) {
                    return self.error(address(node), format!("Cannot redeclare type {name}."));
                }
                let is_builtin = is_builtin || flag(node, "BuiltIn");
                self.schema.types.insert(name, Definition::new(node, is_builtin));
                order.push(name);
            }
        }
        for node in items(&tree, "Extensions") {
            let (name, kind) = (text(node, "Name"), text(node, "Kind"));
            match self.schema.types.get_mut(name) {
                None => {
                    self.schema.types.insert(name, Definition::new(node, false));
                    order.push(name);
                }
                Some(definition) if definition.kind != kind => {
                    let base = definition.kind;
                    let message = format!("Cannot extend type {name} because the base type is a {base}, not {kind}.");
                    return self.error(address(node), message);
                }
                Some(definition) => definition.extend(node),
            }
        }
        for name in order {
            let Some(definition) = self.schema.types.get(name) else { continue };
            let possible = &mut self.schema.possible;
            match definition.kind {
                "UNION" => possible.entry(name).or_default().extend(&definition.types),
                "INPUT_OBJECT" | "OBJECT" | "INTERFACE" => {
                    for interface in &definition.interfaces {
                        possible.entry(interface).or_default().push(name);
                    }
                    if definition.kind != "INTERFACE" {
                        possible.entry(name).or_default().push(name);
                    }
                }
                _ => {}
            }
        }
        for node in items(prelude, "Directives").iter().chain(items(&tree, "Directives")) {
            let name = text(node, "Name");
            let known = ["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"];
            if self.schema.directives.insert(name, *node).is_some() && !known.contains(&name) {
                return self.error(address(node), format!("Cannot redeclare directive {name}."));
            }
        }
        Ok(())
    }

    fn check(&mut self) -> Check {
        let tree = self.document.tree;
        let schemas = items(&tree, "Schema");
        if let Some(second) = schemas.get(1) {
            let message = "Cannot have multiple schema entry points, consider schema extensions instead.";
            return self.error(address(second), message);
        }
        for node in schemas.iter().chain(items(&tree, "SchemaExtension")) {
            for entry in items(node, "OperationTypes") {
                let (operation, name) = (text(entry, "Operation"), text(entry, "Type"));
                if !self.schema.types.contains_key(name) {
                    let message = format!("Schema root {operation} refers to a type {name} that does not exist.");
                    return self.error(address(entry), message);
                }
                if let Some(operation) = ["query", "mutation", "subscription"].iter().find(|known| **known == operation)
                {
                    self.schema.roots.insert(operation, name);
                }
            }
            self.directives(items(node, "Directives"), "SCHEMA", None, true)?;
        }
        for definition in self.schema.types.values() {
            self.definition(definition)?;
        }
        self.input_cycles()?;
        for (name, node) in &self.schema.directives {
            self.name(address(node), name)?;
            self.arguments(items(node, "Arguments"), Some(name))?;
        }
        if schemas.is_empty() {
            for (operation, name) in [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")] {
                if let Some((name, _)) = self.schema.types.get_key_value(name) {
                    self.schema.roots.entry(operation).or_insert(name);
                }
            }
        }
        Ok(())
    }

    fn name(&self, address: usize, name: &str) -> Check {
        if name.starts_with("__") {
            let message = "must not begin with \"__\", which is reserved by GraphQL introspection.";
            return self.error(address, format!("Name \"{name}\" {message}"));
        }
        Ok(())
    }

    fn type_reference(&self, kind: &Value<'a>) -> Check {
        let name = base_name(kind);
        if self.schema.types.contains_key(name) {
            return Ok(());
        }
        self.error(address(kind), format!("Undefined type {name}."))
    }

    fn arguments(&self, arguments: &[Value<'a>], directive: Option<&str>) -> Check {
        for argument in arguments {
            let (name, kind) = (text(argument, "Name"), type_of(argument));
            self.name(address(argument), name)?;
            self.type_reference(&kind)?;
            if let Some(definition) = self.schema.type_of(&kind).filter(|definition| !definition.is_input()) {
                let (shown, found) = (type_text(&kind), definition.kind);
                let message =
                    format!("cannot use {shown} as argument {name} because {found} is not a valid input type");
                return self.error(address(argument), message);
            }
            self.directives(items(argument, "Directives"), "ARGUMENT_DEFINITION", directive, true)?;
        }
        Ok(())
    }

    /// Checks directives at a location; `within` is the one that is being defined.
    fn directives(&self, directives: &[Value<'a>], location: &str, within: Option<&str>, once: bool) -> Check {
        let mut seen = HashSet::new();
        for directive in directives {
            let (name, place) = (text(directive, "Name"), address(directive));
            self.name(place, name)?;
            if within == Some(name) {
                return self.error(place, format!("Directive {name} cannot refer to itself."));
            }
            let Some(definition) = self.schema.directives.get(name) else {
                return self.error(place, format!("Undefined directive {name}."));
            };
            if once && !seen.insert(name) && !flag(definition, "IsRepeatable") {
                return self.error(place, format!("The directive {name} can only be used once at this location."));
            }
            if !items(definition, "Locations").iter().any(|known| known.as_str() == Some(location)) {
                return self.error(place, format!("Directive {name} is not applicable on {location}."));
            }
            let (arguments, defined) = (items(directive, "Arguments"), items(definition, "Arguments"));
            for argument in arguments {
                let argument_name = text(argument, "Name");
                if named(defined, argument_name).is_none() {
                    let message = format!("Undefined argument {argument_name} for directive {name}.");
                    return self.error(address(argument), message);
                }
            }
            for argument in defined.iter().filter(|argument| is_required(argument)) {
                let argument_name = text(argument, "Name");
                let given = named(arguments, argument_name).and_then(|argument| argument.field("Value"));
                if given.is_none_or(|value| value_kind(&value) == kinds::NULL) {
                    let message = format!("Argument {argument_name} for directive {name} cannot be null.");
                    return self.error(place, message);
                }
            }
        }
        Ok(())
    }

    fn definition(&self, definition: &Definition<'a>) -> Check {
        let (kind, name, place) = (definition.kind, definition.name, definition.address);
        let is_input = kind == "INPUT_OBJECT";
        for field in &definition.fields {
            self.name(address(field), text(field, "Name"))?;
            self.type_reference(&type_of(field))?;
            self.arguments(items(field, "Arguments"), None)?;
            let location = if is_input { "INPUT_FIELD_DEFINITION" } else { "FIELD_DEFINITION" };
            self.directives(items(field, "Directives"), location, None, true)?;
        }
        for member in &definition.types {
            match self.schema.types.get(member) {
                None => return self.error(place, format!("Undefined type \"{member}\".")),
                Some(found) if found.kind != "OBJECT" => {
                    return self.error(place, format!("{kind} type \"{member}\" must be OBJECT."));
                }
                Some(_) => {}
            }
        }
        for interface in &definition.interfaces {
            self.implements(definition, interface)?;
        }
        self.parts(definition)?;
        let mut seen = HashSet::new();
        if let Some(field) = definition.fields.iter().find(|field| !seen.insert(text(field, "Name"))) {
            let field_name = text(field, "Name");
            return self.error(address(field), format!("Field {name}.{field_name} can only be defined once."));
        }
        seen.clear();
        if let Some(value) = definition.enum_values.iter().find(|value| !seen.insert(text(value, "Name"))) {
            let value_name = text(value, "Name");
            return self.error(address(value), format!("Enum value {name}.{value_name} can only be defined once."));
        }
        seen.clear();
        if let Some(member) = definition.types.iter().find(|member| !seen.insert(member)) {
            return self.error(place, format!("Union type {name} can only include type {member} once."));
        }
        if !definition.is_builtin {
            self.name(place, name)?;
        }
        self.directives(&definition.directives, kind, None, false)
    }

    /// Checks that a type has parts, and of the right kind.
    fn parts(&self, definition: &Definition<'a>) -> Check {
        let (kind, name, place) = (definition.kind, definition.name, definition.address);
        let is_input = kind == "INPUT_OBJECT";
        match kind {
            "OBJECT" | "INTERFACE" | "INPUT_OBJECT" => {
                if definition.fields.is_empty() {
                    let what = if is_input { "input fields" } else { "fields" };
                    return self.error(place, format!("{kind} {name}: must define one or more {what}."));
                }
                for field in &definition.fields {
                    let Some(found) = self.schema.type_of(&type_of(field)) else { continue };
                    if is_input && !found.is_input() {
                        let (kind, name) = (found.kind, text(field, "Name"));
                        let message = format!("{kind} {name}: field must be one of SCALAR, ENUM, INPUT_OBJECT.");
                        return self.error(address(field), message);
                    }
                    if !is_input && found.kind == "INPUT_OBJECT" {
                        let message =
                            format!("{kind} {name}: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.");
                        return self.error(address(field), message);
                    }
                }
            }
            "ENUM" => {
                if definition.enum_values.is_empty() {
                    return self.error(place, format!("{kind} {name}: must define one or more unique enum values."));
                }
                for value in &definition.enum_values {
                    if let value @ ("true" | "false" | "null") = text(value, "Name") {
                        return self.error(place, format!("{kind} {name}: non-enum value {value}."));
                    }
                    self.directives(items(value, "Directives"), "ENUM_VALUE", None, true)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn implements(&self, definition: &Definition<'a>, interface_name: &str) -> Check {
        let (name, place) = (definition.name, definition.address);
        let interface = match self.schema.types.get(interface_name) {
            None => return self.error(place, format!("Undefined type \"{interface_name}\".")),
            Some(found) if found.kind != "INTERFACE" => {
                return self.error(place, format!("\"{interface_name}\" is a non interface type {}.", found.kind));
            }
            Some(found) => found,
        };
        let rule = format!("For {name} to implement {interface_name}");
        for required in &interface.fields {
            let field_name = text(required, "Name");
            let Some(field) = definition.field(field_name) else {
                return self.error(place, format!("{rule} it must have a field called {field_name}."));
            };
            if !self.is_covariant(&type_of(required), &type_of(&field)) {
                let shown = type_text(&type_of(required));
                return self.error(address(&field), format!("{rule} the field {field_name} must have type {shown}."));
            }
            let (arguments, defined) = (items(required, "Arguments"), items(&field, "Arguments"));
            for argument in arguments {
                let argument_name = text(argument, "Name");
                let same = format!("{rule} the field {field_name} must have the same arguments but");
                let Some(found) = named(defined, argument_name) else {
                    return self.error(address(&field), format!("{same} it is missing {argument_name}."));
                };
                let expected = type_of(&found);
                if !is_compatible(&type_of(argument), &expected, flag(&expected, "NonNull")) {
                    return self.error(address(&found), format!("{same} {argument_name} has the wrong type."));
                }
            }
            for argument in defined.iter().filter(|argument| is_required(argument)) {
                let argument_name = text(argument, "Name");
                if named(arguments, argument_name).is_none() {
                    let what =
                        format!("any additional arguments on {field_name} must be optional or have a default value");
                    return self.error(address(argument), format!("{rule} {what} but {argument_name} is required."));
                }
            }
        }
        if let Some(ancestor) = interface.interfaces.iter().find(|ancestor| !definition.interfaces.contains(ancestor)) {
            let message = if *ancestor == name {
                format!("Type {name} cannot implement {interface_name} because it would create a circular reference.")
            } else {
                format!("Type {name} must implement {ancestor} because it is implemented by {interface_name}.")
            };
            return self.error(place, message);
        }
        Ok(())
    }

    fn is_covariant(&self, required: &Value<'a>, actual: &Value<'a>) -> bool {
        if flag(required, "NonNull") && !flag(actual, "NonNull") {
            return false;
        }
        let (required_name, actual_name) = (text(required, "NamedType"), text(actual, "NamedType"));
        if !required_name.is_empty() {
            let possible = self.schema.possible.get(required_name);
            return required_name == actual_name || possible.is_some_and(|names| names.contains(&actual_name));
        }
        match (required.field("Elem"), actual.field("Elem")) {
            (Some(required), Some(actual)) => self.is_covariant(&required, &actual),
            _ => false,
        }
    }

    /// Checks that no input type needs itself.
    fn input_cycles(&self) -> Check {
        let mut visited = HashSet::new();
        for definition in self.schema.types.values().filter(|definition| definition.kind == "INPUT_OBJECT") {
            self.input_cycle(definition, &mut visited, &mut Vec::new())?;
        }
        Ok(())
    }

    fn input_cycle<'s>(
        &'s self,
        definition: &'s Definition<'a>,
        visited: &mut HashSet<&'a str>,
        path: &mut Vec<(&'a str, Value<'a>)>,
    ) -> Check {
        if !visited.insert(definition.name) {
            return Ok(());
        }
        for field in &definition.fields {
            let kind = type_of(field);
            let target = self.schema.types.get(text(&kind, "NamedType")).filter(|_| flag(&kind, "NonNull"));
            let Some(target) = target.filter(|target| target.kind == "INPUT_OBJECT") else { continue };
            path.push((definition.name, *field));
            if let Some(start) = path.iter().position(|(name, _)| *name == target.name) {
                let cycle = path.get(start..).unwrap_or(&[]);
                let names: Vec<_> = cycle.iter().map(|(_, field)| text(field, "Name")).collect();
                let message = format!(
                    "Cannot reference Input Object \"{}\" within itself through a series of non-null fields: \"{}\".",
                    target.name,
                    names.join(".")
                );
                return self.error(cycle.first().map_or(0, |(_, field)| address(field)), message);
            }
            stack::nested(|| self.input_cycle(target, visited, path))?;
            path.pop();
        }
        Ok(())
    }
}
