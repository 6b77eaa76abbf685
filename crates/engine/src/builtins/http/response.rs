//! Responses: from bytes to the object that a policy sees.

use super::super::{Context, Failure, Outcome, letters, yaml};
use super::request;
use crate::http::HttpResponse;
use crate::value::{Object, Value, json};

/// What a request says about the body of its response.
#[derive(Clone, Copy)]
pub(super) struct Decoding {
    force_json: bool,
    force_yaml: bool,
}

impl Decoding {
    pub(super) fn of(fields: &Object<'_>) -> Result<Self, Failure> {
        Ok(Decoding {
            force_json: request::flag(fields, "force_json_decode")?,
            force_yaml: request::flag(fields, "force_yaml_decode")?,
        })
    }
}

/// Statuses of responses that may be kept (RFC 7231, section 6.1).
const CACHEABLE: [u16; 11] = [200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501];

pub(super) fn is_cacheable(status: u16) -> bool {
    CACHEABLE.contains(&status)
}

/// The object of a response. A body that cannot be decoded is null.
pub(super) fn value<'a>(ctx: &mut Context<'a, '_>, response: &HttpResponse, decoding: Decoding) -> Outcome<'a> {
    ctx.check_size(response.body.len())?;
    let kind = response.header("Content-Type").unwrap_or_default();
    let text = letters::lossy(&response.body);
    let body = if decoding.force_json || is_json(kind) {
        json(ctx, &text)
    } else if decoding.force_yaml || kind.contains("application/yaml") || kind.contains("application/x-yaml") {
        yaml::read(ctx.arena, &text)
    } else {
        Ok(Value::Null)
    };
    let body = match body {
        Err(limit @ Failure::Halt(_)) => return Err(limit),
        body => body.unwrap_or(Value::Null),
    };
    let entries = [
        (Value::string("body"), body),
        (Value::string("headers"), headers(ctx, response)),
        (Value::string("raw_body"), ctx.string(&text)?),
        (Value::string("status"), Value::new_string(ctx.arena, &response.status)),
        (Value::string("status_code"), Value::Int(i64::from(response.status_code))),
    ];
    Ok(Value::new_object(ctx.arena, &entries))
}

fn json<'a>(ctx: &Context<'a, '_>, text: &str) -> Outcome<'a> {
    let bytes = ctx.arena.alloc_str(text).as_bytes();
    json::parse(ctx.arena, bytes, ctx.symbols).map_err(|error| Failure::error(error.message))
}

/// Whether a media type is JSON.
fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

/// Every name in lower case, with the list of its values.
fn headers<'a>(ctx: &Context<'a, '_>, response: &HttpResponse) -> Value<'a> {
    let mut names: Vec<String> = response.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    let entries: Vec<_> = names
        .iter()
        .map(|name| {
            let values = response.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            let values: Vec<_> = values.map(|(_, value)| Value::new_string(ctx.arena, value)).collect();
            (Value::new_string(ctx.arena, name), Value::new_array(ctx.arena, &values))
        })
        .collect();
    Value::new_object(ctx.arena, &entries)
}
