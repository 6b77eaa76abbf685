//! A place in a manifest with its path, so that every reader's error names field, row and column.

use serde_json::Value;

use crate::document::{Step, path_text};
use crate::error::{Error, ErrorCode};
use crate::manifest::{Manifest, type_name};

/// A value of a manifest and the way to it.
#[derive(Clone)]
pub(crate) struct Cursor<'m> {
    manifest: &'m Manifest,
    path: Vec<Step>,
    value: &'m Value,
}

impl<'m> Cursor<'m> {
    pub fn new(manifest: &'m Manifest) -> Self {
        Cursor { manifest, path: Vec::new(), value: manifest.object() }
    }

    pub fn value(&self) -> &'m Value {
        self.value
    }

    pub fn path(&self) -> &[Step] {
        &self.path
    }

    fn step(&self, step: Step, value: &'m Value) -> Cursor<'m> {
        let mut path = self.path.clone();
        path.push(step);
        Cursor { manifest: self.manifest, path, value }
    }

    pub fn position(&self) -> crate::document::Position {
        self.manifest.position_of(&self.path)
    }

    pub fn error(&self, code: ErrorCode, message: impl Into<String>) -> Error {
        self.manifest.error(code, &self.path, message)
    }

    fn unexpected(&self, what: &str) -> Error {
        let message = format!("`{}` must be {what}, found {}", path_text(&self.path), type_name(self.value));
        self.error(ErrorCode::Unexpected, message)
    }

    /// A field; null counts as absent, as in Kubernetes. An error if this is no object.
    pub fn field(&self, name: &str) -> Result<Option<Cursor<'m>>, Error> {
        let map = self.value.as_object().ok_or_else(|| self.unexpected("an object"))?;
        Ok(map.get(name).filter(|value| !value.is_null()).map(|value| self.step(name.into(), value)))
    }

    /// A field that must be there.
    pub fn required(&self, name: &str, hint: &str) -> Result<Cursor<'m>, Error> {
        self.field(name)?.ok_or_else(|| {
            let mut path = self.path.clone();
            path.push(name.into());
            self.error(ErrorCode::Missing, format!("`{}` is missing", path_text(&path))).hint(hint)
        })
    }

    pub fn text(&self) -> Result<&'m str, Error> {
        self.value.as_str().ok_or_else(|| self.unexpected("text"))
    }

    /// Text that says something.
    pub fn name(&self) -> Result<&'m str, Error> {
        self.text().and_then(|text| if text.is_empty() { Err(self.unexpected("a name")) } else { Ok(text) })
    }

    pub fn boolean(&self) -> Result<bool, Error> {
        self.value.as_bool().ok_or_else(|| self.unexpected("true or false"))
    }

    pub fn items(&self) -> Result<Vec<Cursor<'m>>, Error> {
        let items = self.value.as_array().ok_or_else(|| self.unexpected("a list"))?;
        Ok(items.iter().enumerate().map(|(index, item)| self.step(index.into(), item)).collect())
    }

    /// The items of a field that is a list; none if it is absent.
    pub fn items_of(&self, name: &str) -> Result<Vec<Cursor<'m>>, Error> {
        self.field(name)?.map_or(Ok(Vec::new()), |list| list.items())
    }

    /// The texts of a field that is a list of text; none if it is absent.
    pub fn texts_of(&self, name: &str) -> Result<Vec<String>, Error> {
        self.items_of(name)?.iter().map(|item| item.text().map(str::to_owned)).collect()
    }

    /// The text of a field; empty if it is absent.
    pub fn text_of(&self, name: &str) -> Result<&'m str, Error> {
        self.field(name)?.map_or(Ok(""), |field| field.text())
    }

    /// The text values of a field that is an object; none if it is absent.
    pub fn text_map_of(&self, name: &str) -> Result<Vec<(String, String)>, Error> {
        let Some(field) = self.field(name)? else { return Ok(Vec::new()) };
        let map = field.value.as_object().ok_or_else(|| field.unexpected("an object"))?;
        map.iter()
            .map(|(key, value)| Ok((key.clone(), field.step(key.as_str().into(), value).text()?.to_owned())))
            .collect()
    }

    /// An error unless the manifest is of this kind and of one of these API versions.
    pub fn expect_kind(&self, kind: &str, group: &str, versions: &[&str]) -> Result<(), Error> {
        let (found_group, found_version) = crate::manifest::group_version(self.manifest.api_version());
        if self.manifest.kind() == kind && found_group == group && versions.contains(&found_version) {
            return Ok(());
        }
        let message = format!("expected a {kind}, found {} {}", self.manifest.api_version(), self.manifest.kind());
        let hint = format!("`apiVersion: {group}/{}` and `kind: {kind}`", versions.first().unwrap_or(&"v1"));
        Err(self.manifest.error(ErrorCode::WrongKind, &["kind".into()], message).hint(hint))
    }
}
