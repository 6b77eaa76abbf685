//! Reads the notation of types: a parser by recursive descent over the text.

use super::{Argument, MAX_DEPTH, NotationError, Signature, Type};

/// Reads a type that takes up the whole text.
pub(super) fn parse_type(text: &str) -> Result<Type, NotationError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let parsed = parser.union()?;
    parser.end()?;
    Ok(parsed)
}

/// Reads a signature that takes up the whole text.
pub(super) fn parse_signature(text: &str) -> Result<Signature, NotationError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let mut signature = Signature { args: Vec::new(), result: None, variadic: None };
    parser.expect("(", "`(`")?;
    while !parser.accept(")") {
        if signature.variadic.is_some() {
            return Err(parser.error("`)`"));
        }
        let argument = parser.argument()?;
        if parser.accept("...") {
            signature.variadic = Some(argument);
        } else {
            signature.args.push(argument);
        }
        if !parser.accept(",") {
            parser.expect(")", "`,` or `)`")?;
            break;
        }
    }
    if parser.accept("->") {
        signature.result = Some(parser.argument()?);
    }
    parser.end()?;
    Ok(signature)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn error(&self, expected: &'static str) -> NotationError {
        NotationError { offset: self.at, expected }
    }

    /// What is left, without space before it.
    fn rest(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn accept(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str, expected: &'static str) -> Result<(), NotationError> {
        if self.accept(token) { Ok(()) } else { Err(self.error(expected)) }
    }

    fn end(&mut self) -> Result<(), NotationError> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.error("the end")) }
    }

    /// A word of letters, digits and underscores; empty if there is none.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end;
        word
    }

    /// One or more words and `:`, if that is what comes; otherwise nothing is read.
    fn name(&mut self) -> Option<String> {
        let start = self.at;
        let mut words = Vec::new();
        loop {
            match self.word() {
                "" => break,
                word => words.push(word),
            }
        }
        if !words.is_empty() && self.accept(":") {
            return Some(words.join(" "));
        }
        self.at = start;
        None
    }

    fn argument(&mut self) -> Result<Argument, NotationError> {
        let name = self.name().unwrap_or_default();
        Ok(Argument { name, kind: self.union()? })
    }

    /// A type, or several between `|`.
    fn union(&mut self) -> Result<Type, NotationError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("a type that nests less deep"));
        }
        self.depth += 1;
        let first = self.single()?;
        let mut members = vec![first];
        while self.accept("|") {
            members.push(self.single()?);
        }
        self.depth -= 1;
        match members.pop() {
            Some(only) if members.is_empty() => Ok(only),
            last => Ok(Type::union(members.into_iter().chain(last))),
        }
    }

    fn single(&mut self) -> Result<Type, NotationError> {
        if self.accept("(") {
            let inner = self.union()?;
            self.expect(")", "`)`")?;
            return Ok(inner);
        }
        let start = self.at;
        match self.word() {
            "null" => Ok(Type::Null),
            "boolean" => Ok(Type::Boolean),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            "any" => Ok(Type::union(self.angled(Self::union)?)),
            "array" => Ok(Type::Array { items: self.angled(Self::union)?, rest: self.bracketed()? }),
            "set" => Ok(Type::Set(self.bracketed()?)),
            "object" => self.object(),
            _ => {
                self.at = start;
                Err(self.error("a type"))
            }
        }
    }

    /// `<...>` around items; none if it is not there.
    fn angled<T>(&mut self, item: fn(&mut Self) -> Result<T, NotationError>) -> Result<Vec<T>, NotationError> {
        let mut items = Vec::new();
        if self.accept("<") {
            items.push(item(self)?);
            while self.accept(",") {
                items.push(item(self)?);
            }
            self.expect(">", "`,` or `>`")?;
        }
        Ok(items)
    }

    /// `[T]`, if it is there.
    fn bracketed(&mut self) -> Result<Option<Box<Type>>, NotationError> {
        if !self.accept("[") {
            return Ok(None);
        }
        let inner = self.union()?;
        self.expect("]", "`]`")?;
        Ok(Some(Box::new(inner)))
    }

    /// What follows `object`.
    fn object(&mut self) -> Result<Type, NotationError> {
        let mut fields = self.angled(|parser| {
            let name = parser.name().ok_or_else(|| parser.error("a field's name and `:`"))?;
            Ok((name, parser.union()?))
        })?;
        fields.sort();
        let mut rest = None;
        if self.accept("[") {
            let key = self.union()?;
            self.expect(":", "`:`")?;
            let value = self.union()?;
            self.expect("]", "`]`")?;
            rest = Some(Box::new((key, value)));
        }
        Ok(Type::Object { fields, rest })
    }
}
