//! The names of a policy's rules as they are saved.

use super::Names;
use crate::capabilities::saved::SavedCapabilities;
use crate::saved::{Result, SavedPath, TextId, Texts, Written};
use serde::{Deserialize, Serialize};

/// [`Names`], saved.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedNames {
    functions: Vec<(SavedPath, u32)>,
    firsts: Vec<(SavedPath, Vec<TextId>)>,
    paths: Vec<SavedPath>,
    capabilities: SavedCapabilities,
}

impl Names {
    /// Takes the names apart, in an order that is always the same.
    pub fn save(&self, texts: &mut Texts) -> SavedNames {
        let mut functions: Vec<_> = self.functions.iter().collect();
        functions.sort_unstable();
        let functions = functions.into_iter().map(|(path, arguments)| (texts.path(path), *arguments as u32)).collect();
        let mut packages: Vec<_> = self.firsts.iter().collect();
        packages.sort_unstable_by_key(|(package, _)| *package);
        let firsts = packages.into_iter().map(|(package, names)| {
            let mut names: Vec<_> = names.iter().collect();
            names.sort_unstable();
            (texts.path(package), names.into_iter().map(|name| texts.add(name)).collect())
        });
        let firsts = firsts.collect();
        let mut paths: Vec<_> = self.paths.iter().collect();
        paths.sort_unstable();
        let paths = paths.into_iter().map(|path| texts.path(path)).collect();
        SavedNames { functions, firsts, paths, capabilities: self.capabilities.save(texts) }
    }
}

impl SavedNames {
    /// Puts the names together.
    pub fn load(&self, texts: &Written) -> Result<Names> {
        let functions = self.functions.iter().map(|(path, arguments)| Ok((texts.path(path)?, *arguments as usize)));
        let firsts = self.firsts.iter().map(|(package, names)| {
            let names = names.iter().map(|name| texts.get(*name).cloned()).collect::<Result<_>>()?;
            Ok((texts.path(package)?, names))
        });
        Ok(Names {
            functions: functions.collect::<Result<_>>()?,
            firsts: firsts.collect::<Result<_>>()?,
            paths: self.paths.iter().map(|path| texts.path(path)).collect::<Result<_>>()?,
            capabilities: self.capabilities.load(texts)?,
        })
    }
}
