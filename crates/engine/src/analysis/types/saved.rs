//! The types of a policy's documents as they are saved.

use super::tree::{NodeId, SavedNode, Tree};
use super::{RuleFacts, Types};
use crate::saved::{Result, Texts, Written};
use crate::types::saved::{SavedKey, SavedTypes, TypeSaver};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};

/// [`Types`], saved.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedDocumentTypes {
    types: SavedTypes,
    nodes: Vec<SavedNode>,
    rules: Vec<SavedRule>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedRule {
    path: Vec<SavedKey>,
    dependents: Vec<u32>,
}

impl Types {
    /// Takes the types apart.
    pub fn save(&self, texts: &mut Texts) -> SavedDocumentTypes {
        let mut types = TypeSaver::new(&self.definitions);
        let nodes = self.tree.save(&mut types, texts);
        let rules = self.rules.iter().map(|rule| SavedRule {
            path: rule.path.iter().map(|key| SavedKey::save(key, texts)).collect(),
            dependents: rule.dependents.iter().map(|number| *number as u32).collect(),
        });
        let rules = rules.collect();
        SavedDocumentTypes { types: types.finish(texts), nodes, rules }
    }
}

impl SavedDocumentTypes {
    /// Puts the types together.
    pub fn load(&self, texts: &Written) -> Result<Types> {
        let types = self.types.load(texts)?;
        let tree = Tree::load(&self.nodes, &types, texts)?;
        let rules = self.rules.iter().map(|rule| {
            if rule.dependents.iter().any(|number| *number as NodeId >= self.rules.len()) {
                return Err("it has types of rules that are not there".to_owned());
            }
            let path = rule.path.iter().map(|key| key.load(texts)).collect::<Result<Arc<[_]>>>()?;
            Ok(RuleFacts { path, dependents: rule.dependents.iter().map(|number| *number as usize).collect() })
        });
        let rules = rules.collect::<Result<_>>()?;
        Ok(Types { tree, definitions: types.definitions, rules, relaxed: Mutex::default() })
    }
}
