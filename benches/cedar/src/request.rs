//! A case's inputs as Cedar's requests and entities.

use anyhow::{Context as _, Result};
use cedar_policy::{Context, Entities, Entity, EntityUid, Request};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeSet, HashSet};

/// Which application a case is of.
#[derive(Clone, Copy)]
pub enum Family {
    /// A shared drive.
    Drive,
    /// A code host.
    Github,
    /// Lists of things to do.
    Todo,
}

/// A request, and the entities that came with it.
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// `None` where the graph is data.
    pub entities: Option<Entities>,
}

/// A request in JSON.
#[derive(Deserialize)]
struct Text<'a> {
    principal: Json,
    action: Json,
    resource: Json,
    #[serde(borrow)]
    context: &'a RawValue,
    #[serde(borrow)]
    entities: Option<&'a RawValue>,
}

/// What an input says, in Cedar's terms; names are as in `User::"alice"`.
struct Parts<'a> {
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    context: Json,
    graph: Option<&'a Map<String, Json>>,
}

impl Family {
    /// The one of the case with this name.
    pub fn of(case: &str) -> Option<Family> {
        match case.strip_prefix("authz-")?.split('-').next()? {
            "gdrive" => Some(Family::Drive),
            "github" => Some(Family::Github),
            "tinytodo" => Some(Family::Todo),
            _ => None,
        }
    }

    /// Its policies.
    pub fn policies(self) -> &'static str {
        match self {
            Family::Drive => include_str!("../policies/gdrive.cedar"),
            Family::Github => include_str!("../policies/github.cedar"),
            Family::Todo => include_str!("../policies/tinytodo.cedar"),
        }
    }

    /// The entities of a base document.
    pub fn entities_of_data(self, data: &Json) -> Result<Entities> {
        entities(data["graph"].as_object().context("no graph in the data")?)
    }

    /// An input as a request. Its graph, if it has one, becomes entities.
    pub fn asked(self, input: &Json) -> Result<Asked> {
        let parts = self.parts(input)?;
        let context = Context::from_json_value(parts.context, None)?;
        let (principal, action, resource) = (parts.principal.parse()?, parts.action.parse()?, parts.resource.parse()?);
        let request = Request::new(principal, action, resource, context, None)?;
        Ok(Asked { request, entities: parts.graph.map(entities).transpose()? })
    }

    /// The same as JSON text.
    pub fn json(self, input: &Json) -> Result<String> {
        let Parts { principal, action, resource, context, graph } = self.parts(input)?;
        let mut text = json!({
            "principal": record(principal)?,
            "action": record(action)?,
            "resource": record(resource)?,
            "context": context,
        });
        if let Some(graph) = graph {
            let entities = graph.iter().map(|(uid, parents)| {
                let parents: Vec<Json> = names(parents)?.iter().map(|parent| record(parent)).collect::<Result<_>>()?;
                Ok(json!({"uid": record(uid)?, "attrs": {}, "parents": parents}))
            });
            text["entities"] = Json::Array(entities.collect::<Result<_>>()?);
        }
        Ok(text.to_string())
    }

    fn parts(self, input: &Json) -> Result<Parts<'_>> {
        Ok(match self {
            Family::Drive => {
                let (me, file) = (&input["principal"], &input["resource"]);
                Parts {
                    principal: str_of(&me["uid"])?,
                    action: str_of(&input["action"])?,
                    resource: str_of(&file["uid"])?,
                    context: json!({
                        "isPublic": file["isPublic"],
                        "viewAccess": references(&me["documentsAndFoldersWithViewAccess"])?,
                        "ownedFolders": references(&me["ownedFolders"])?,
                        "ownedDocuments": references(&me["ownedDocuments"])?,
                    }),
                    graph: input["files"].as_object(),
                }
            }
            Family::Github => Parts {
                principal: str_of(&input["principal"])?,
                action: str_of(&input["action"])?,
                resource: "Repository::\"asked\"",
                context: json!({
                    "resource": roles(&input["resource"])?,
                    "owner": roles(&input["resource"]["owner"])?,
                }),
                graph: input["orgs"].as_object(),
            },
            Family::Todo => {
                let asked = &input["Request"];
                let list = &asked["Resource"];
                Parts {
                    principal: str_of(&asked["Principal"])?,
                    action: str_of(&asked["Action"])?,
                    resource: "List::\"asked\"",
                    context: json!({
                        "owner": reference(str_of(&list["Owner"])?)?,
                        "readers": references(&list["Readers"])?,
                        "writers": references(&list["Writers"])?,
                    }),
                    graph: input["Data"]["Groups"].as_object(),
                }
            }
        })
    }
}

impl Asked {
    /// Reads what [`Family::json`] wrote.
    pub fn from_json(text: &str) -> Result<Asked> {
        let text: Text<'_> = serde_json::from_str(text)?;
        let context = Context::from_json_str(text.context.get(), None)?;
        let entities = match text.entities {
            Some(entities) => Some(Entities::from_json_str(entities.get(), None)?),
            None => None,
        };
        let [principal, action, resource] = [text.principal, text.action, text.resource].map(EntityUid::from_json);
        Ok(Asked { request: Request::new(principal?, action?, resource?, context, None)?, entities })
    }
}

/// Nodes with their neighbours as entities with their parents.
fn entities(graph: &Map<String, Json>) -> Result<Entities> {
    let entities = graph.iter().map(|(uid, parents)| {
        let parents = names(parents)?.into_iter().map(|parent| Ok(parent.parse()?));
        Ok(Entity::new_no_attrs(uid.parse()?, parents.collect::<Result<HashSet<EntityUid>>>()?))
    });
    Ok(Entities::from_entities(entities.collect::<Result<Vec<_>>>()?, None)?)
}

/// The holders of a repository's or an organisation's roles, by the role's bare name.
fn roles(holders: &Json) -> Result<Json> {
    let holders = holders.as_object().context("no roles")?;
    let roles = holders.iter().filter_map(|(action, holder)| {
        let role = action.strip_prefix("Action::\"")?.strip_suffix('"')?;
        Some(holder.as_str().context("no name").and_then(|holder| Ok((role.to_owned(), reference(holder)?))))
    });
    roles.collect::<Result<Map<_, _>>>().map(Json::Object)
}

fn references(list: &Json) -> Result<Json> {
    names(list)?.into_iter().map(reference).collect::<Result<_>>().map(Json::Array)
}

/// An entity in a context's JSON.
fn reference(name: &str) -> Result<Json> {
    Ok(json!({"__entity": record(name)?}))
}

/// An entity's name in Cedar's JSON.
fn record(name: &str) -> Result<Json> {
    let uid: EntityUid = name.parse()?;
    Ok(json!({"type": uid.type_name().to_string(), "id": uid.id().unescaped()}))
}

fn names(list: &Json) -> Result<BTreeSet<&str>> {
    list.as_array().context("no list of names")?.iter().map(str_of).collect()
}

fn str_of(value: &Json) -> Result<&str> {
    value.as_str().context("no name")
}
