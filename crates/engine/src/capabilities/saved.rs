//! Capabilities as they are saved.

use super::Capabilities;
use crate::saved::{Result, SavedBuiltin, TextId, Texts, Written};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// [`Capabilities`], saved.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedCapabilities {
    declared: Option<Vec<SavedBuiltin>>,
    denied: Vec<TextId>,
    keywords: Option<Vec<TextId>>,
    features: Option<Vec<TextId>>,
    allow_net: Option<Vec<TextId>>,
}

impl Capabilities {
    /// Takes the capabilities apart.
    pub fn save(&self, texts: &mut Texts) -> SavedCapabilities {
        let mut denied: Vec<&String> = self.denied.iter().collect();
        denied.sort_unstable();
        let declared = self
            .declared
            .as_ref()
            .map(|declared| declared.values().map(|builtin| SavedBuiltin::save(builtin, texts)).collect());
        let denied = denied.into_iter().map(|name| texts.add(name)).collect();
        let mut list =
            |list: &Option<Vec<String>>| list.as_ref().map(|list| list.iter().map(|text| texts.add(text)).collect());
        let (keywords, features, allow_net) = (list(&self.keywords), list(&self.features), list(&self.allow_net));
        SavedCapabilities { declared, denied, keywords, features, allow_net }
    }
}

impl SavedCapabilities {
    /// Puts the capabilities together.
    pub fn load(&self, texts: &Written) -> Result<Capabilities> {
        let text = |id: &TextId| texts.get(*id).map(|text| text.to_string());
        let list = |list: &Option<Vec<TextId>>| -> Result<Option<Vec<String>>> {
            list.as_ref().map(|list| list.iter().map(text).collect()).transpose()
        };
        let declared = self.declared.as_ref().map(|declared| {
            let builtins = declared.iter().map(|saved| saved.load(texts));
            builtins
                .map(|builtin| Ok((builtin.as_ref()?.name.to_owned(), builtin?)))
                .collect::<Result<BTreeMap<_, _>>>()
        });
        Ok(Capabilities {
            declared: declared.transpose()?.map(Arc::new),
            denied: self.denied.iter().map(text).collect::<Result<_>>()?,
            keywords: list(&self.keywords)?,
            features: list(&self.features)?,
            allow_net: list(&self.allow_net)?,
            customs: texts.customs().clone(),
        })
    }
}
