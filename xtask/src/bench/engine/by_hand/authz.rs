//! `authz-gdrive` and `authz-tinytodo`.

use super::Rules;
use serde::Deserialize;
use std::borrow::{Borrow, Cow};
use std::collections::{HashMap, HashSet};

/// A name. Their quotes are escaped in JSON, so that most cannot be borrowed from the text.
#[derive(Deserialize, Eq, Hash, PartialEq)]
struct Name(#[serde(borrow)] Cow<'static, str>);

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What lies in what, or who belongs to what.
type Graph = HashMap<Name, Vec<Name>>;

/// Whether what is wanted can be reached in a graph. A node that is not in the graph is not reached.
fn reaches<'a>(graph: &'a Graph, from: impl Iterator<Item = &'a Name>, wanted: impl Fn(&Name) -> bool) -> bool {
    let (mut seen, mut open) = (HashSet::new(), Vec::from_iter(from));
    while let Some(node) = open.pop() {
        let Some(neighbours) = graph.get(node) else { continue };
        if seen.insert(node) {
            if wanted(node) {
                return true;
            }
            open.extend(neighbours);
        }
    }
    false
}

/// A shared drive.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Drive {
    /// What the base document says.
    #[serde(default)]
    graph: Graph,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct DriveRequest {
    principal: Member,
    action: Name,
    resource: File,
    files: Option<Graph>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
#[serde(rename_all = "camelCase")]
struct Member {
    documents_and_folders_with_view_access: Vec<Name>,
    owned_folders: Vec<Name>,
    owned_documents: Vec<Name>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
#[serde(rename_all = "camelCase")]
struct File {
    uid: Name,
    is_public: bool,
}

impl Rules for Drive {
    type Input = DriveRequest;
    type Answer = bool;

    fn decide(&self, input: &DriveRequest) -> bool {
        let files = input.files.as_ref().unwrap_or(&self.graph);
        let (me, target) = (&input.principal, &input.resource.uid);
        let owns = || me.owned_documents.contains(target);
        let owns_folder_of = || reaches(files, [target].into_iter(), |folder| me.owned_folders.contains(folder));
        match &*input.action.0 {
            "Action::\"read\"" => {
                let views = me.documents_and_folders_with_view_access.iter();
                input.resource.is_public || owns() || reaches(files, views, |file| file == target) || owns_folder_of()
            }
            "Action::\"write\"" | "Action::\"share\"" => owns() || owns_folder_of(),
            "Action::\"changeOwner\"" => owns(),
            "Action::\"createDocument\"" => me.owned_folders.contains(target),
            _ => false,
        }
    }
}

/// Lists of things to do.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Todo {
    /// What the base document says.
    #[serde(default)]
    graph: Graph,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct TodoRequest {
    #[serde(rename = "Request")]
    request: Asked,
    #[serde(rename = "Data")]
    data: Option<Groups>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Groups {
    #[serde(rename = "Groups")]
    groups: Graph,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
#[serde(rename_all = "PascalCase")]
struct Asked {
    principal: Name,
    action: Name,
    resource: List,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    #[serde(borrow)]
    owner: Option<Cow<'static, str>>,
    #[serde(default)]
    readers: Vec<Name>,
    #[serde(default)]
    writers: Vec<Name>,
}

impl Rules for Todo {
    type Input = TodoRequest;
    type Answer = bool;

    fn decide(&self, input: &TodoRequest) -> bool {
        let Asked { principal, action, resource } = &input.request;
        let groups = input.data.as_ref().map_or(&self.graph, |data| &data.groups);
        let belongs_to = |members: &[Name]| {
            members.contains(principal)
                || !members.is_empty() && reaches(groups, [principal].into_iter(), |group| members.contains(group))
        };
        if resource.owner.as_ref() == Some(&principal.0) {
            return true;
        }
        match &*action.0 {
            "Action::\"CreateList\"" | "Action::\"GetLists\"" => true,
            "Action::\"GetList\"" => belongs_to(&resource.readers) || belongs_to(&resource.writers),
            "Action::\"UpdateList\""
            | "Action::\"CreateTask\""
            | "Action::\"UpdateTask\""
            | "Action::\"DeleteTask\"" => belongs_to(&resource.writers),
            _ => false,
        }
    }
}
