//! What is kept of responses between evaluations, as RFC 7234 and the request say.

use super::super::time::reading;
use super::super::{Context, Failure};
use super::request;
use super::response::is_cacheable;
use super::{Problem, transmit};
use crate::http::{HttpResponse, KeptResponse};
use crate::value::{Bump, Object, Value};

const SECOND: i64 = 1_000_000_000;

/// How a request wants its response kept.
pub(super) struct Keeping {
    /// For how many seconds, whatever the response says; 0 if the response says it.
    forced_seconds: i64,
}

impl Keeping {
    /// None if the response is not to be kept between evaluations.
    pub(super) fn of(fields: &Object<'_>) -> Result<Option<Self>, Failure> {
        let cache = request::flag(fields, "cache")?;
        if !request::flag(fields, "force_cache")? {
            return Ok(cache.then_some(Keeping { forced_seconds: 0 }));
        }
        let Some(seconds) = fields.get(&Value::string("force_cache_duration_seconds")) else {
            let message = "'force_cache' set but 'force_cache_duration_seconds' parameter is missing";
            return Err(Failure::error(message));
        };
        let text = seconds.to_string();
        let error = |problem: &str| Failure::Error(format!("strconv.ParseInt: parsing {text:?}: {problem}"));
        match text.parse::<i32>() {
            Ok(seconds) => Ok(Some(Keeping { forced_seconds: i64::from(seconds) })),
            Err(_) if seconds.as_i64().is_some() => Err(error("value out of range")),
            Err(_) => Err(error("invalid syntax")),
        }
    }

    /// When a response grows old.
    fn expires(&self, response: &HttpResponse, now: i64) -> Result<i64, Failure> {
        if self.forced_seconds > 0 {
            return Ok(now.saturating_add(self.forced_seconds.saturating_mul(SECOND)));
        }
        let Some(age) = max_age(response)? else {
            return Ok(response.header("Expires").and_then(date).unwrap_or(i64::MIN));
        };
        let text = response.header("Date").ok_or_else(|| Failure::error("no date header"))?;
        let created = date(text).ok_or_else(|| Failure::Error(format!("parsing time {text:?}")))?;
        Ok(created.saturating_add(age.saturating_mul(SECOND)))
    }
}

/// What tells requests apart: all of it but the headers that it says to ignore.
pub(super) fn key<'a>(arena: &'a Bump, fields: &Object<'a>) -> Result<Value<'a>, Failure> {
    let ignored = fields.get(&Value::string("cache_ignored_headers"));
    let headers = fields.get(&Value::string("headers"));
    let mut entries: Vec<_> =
        fields.entries().iter().copied().filter(|(key, _)| key.as_str() != Some("cache_ignored_headers")).collect();
    entries.push((Value::string("cache_ignored_headers"), Value::Null));
    let (Some(ignored), Some(headers)) = (ignored, headers) else { return Ok(Value::new_object(arena, &entries)) };
    let names = ignored.as_array().filter(|names| names.iter().all(|name| name.as_str().is_some()));
    let names = names.ok_or_else(|| Failure::error("cache_ignored_headers must be an array of strings"))?;
    let Some(headers) = headers.as_object() else { return Err(Failure::error("invalid type for headers key")) };
    let left: Vec<_> = headers.entries().iter().copied().filter(|(name, _)| !names.contains(name)).collect();
    entries.retain(|(key, _)| key.as_str() != Some("headers"));
    entries.push((Value::string("headers"), Value::new_object(arena, &left)));
    Ok(Value::new_object(arena, &entries))
}

/// The response that is kept for a request: while it is fresh, or if the server says that it still holds.
pub(super) fn look_up(
    ctx: &mut Context<'_, '_>,
    fields: &Object<'_>,
    key: &Value<'_>,
    keeping: &Keeping,
) -> Result<Option<HttpResponse>, Problem> {
    check_mode(fields)?;
    let now = ctx.now()?;
    let key = key.to_string();
    let Some(cache) = ctx.host.http_cache() else { return Ok(None) };
    let Some(KeptResponse { mut response, expires }) = cache.get(&key) else { return Ok(None) };
    if now < expires {
        return Ok(Some(response));
    }
    let asked = [("If-None-Match", response.header("ETag")), ("If-Modified-Since", response.header("Last-Modified"))];
    let asked: Vec<(String, String)> = asked
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.filter(|value| !value.is_empty())?.to_owned())))
        .collect();
    cache.remove(&key);
    if asked.is_empty() {
        return Ok(None);
    }
    let mut made = request::read(ctx, fields)?;
    made.headers.retain(|(name, _)| !asked.iter().any(|(other, _)| other == name));
    made.headers.extend(asked);
    let fresh = transmit(ctx, &made)?;
    match fresh.status_code {
        304 => {
            response.headers.retain(|(name, _)| fresh.header(name).is_none());
            response.headers.extend(fresh.headers.iter().cloned());
            let expires = keeping.expires(&fresh, now)?;
            cache.insert(key, KeptResponse { response: response.clone(), expires }, now);
            Ok(Some(response))
        }
        200 => {
            if let Some(expires) = expiry(&fresh, keeping, now) {
                cache.insert(key, KeptResponse { response: fresh.clone(), expires }, now);
            }
            Ok(Some(fresh))
        }
        _ => Ok(None),
    }
}

/// Keeps a response, if it may be kept.
pub(super) fn keep(
    ctx: &mut Context<'_, '_>,
    key: &Value<'_>,
    response: &HttpResponse,
    keeping: &Keeping,
) -> Result<(), Failure> {
    let now = ctx.now()?;
    if let (Some(cache), Some(expires)) = (ctx.host.http_cache(), expiry(response, keeping, now)) {
        cache.insert(key.to_string(), KeptResponse { response: response.clone(), expires }, now);
    }
    Ok(())
}

/// When a response grows old; none if it may not be kept.
fn expiry(response: &HttpResponse, keeping: &Keeping, now: i64) -> Option<i64> {
    let may_store = keeping.forced_seconds > 0 || !directives(response).any(|(name, _)| name == "no-store");
    // What a response says wrongly about its age is no error: it is not kept.
    (may_store && is_cacheable(response.status_code)).then(|| keeping.expires(response, now).ok()).flatten()
}

/// How the cache keeps values in memory is not a policy's business here; what is said of it must be right.
fn check_mode(fields: &Object<'_>) -> Result<(), Failure> {
    match fields.get(&Value::string("caching_mode")) {
        None => Ok(()),
        Some(value) => match value.as_str() {
            Some("serialized" | "deserialized") => Ok(()),
            Some(other) => Err(Failure::Error(format!("invalid value specified for \"caching_mode\" field: {other}"))),
            None => Err(Failure::error("invalid value for \"caching_mode\" field")),
        },
    }
}

/// The parts of the header `Cache-Control`.
fn directives(response: &HttpResponse) -> impl Iterator<Item = (&str, &str)> {
    let parts = response.header("Cache-Control").unwrap_or_default().split(',').map(|part| part.trim_matches(' '));
    parts.filter(|part| !part.is_empty() && part.matches('=').count() < 2).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name.trim_matches(' '), value)
    })
}

/// The directive `max-age`, in seconds.
fn max_age(response: &HttpResponse) -> Result<Option<i64>, Failure> {
    let Some((_, text)) = directives(response).filter(|(name, _)| *name == "max-age").last() else { return Ok(None) };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Error(format!("strconv.ParseUint: parsing {text:?}: invalid syntax")));
    }
    Ok(Some(text.parse().unwrap_or(i64::MAX).min(i64::from(i32::MAX))))
}

/// The forms of a date, RFC 9110, section 5.6.7, in Go's layouts.
const DATES: [&str; 3] =
    ["Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 MST", "Mon Jan _2 15:04:05 2006"];

/// A date in one of the three forms, in nanoseconds.
fn date(text: &str) -> Option<i64> {
    let nanoseconds = DATES.iter().find_map(|layout| reading::parse(layout, text).ok())?;
    i64::try_from(nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(headers: &[(&str, &str)]) -> HttpResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        HttpResponse { status_code: 200, status: "200 OK".into(), headers, body: Vec::new() }
    }

    #[test]
    fn dates_have_three_forms() {
        let second = 784_111_777 * SECOND;
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(date(text), Some(second), "{text}");
        }
        assert_eq!(date("yesterday"), None);
    }

    #[test]
    fn responses_say_how_long_they_hold() {
        let says = Keeping { forced_seconds: 0 };
        let date = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let at = 784_111_777 * SECOND;
        let held = |headers: &[(&str, &str)]| expiry(&response(headers), &says, 0);
        assert_eq!(held(&[date, ("Cache-Control", "public, max-age=10")]), Some(at + 10 * SECOND));
        assert_eq!(held(&[("cache-control", "max-age=10")]), None);
        assert_eq!(held(&[date, ("Cache-Control", "max-age=10, no-store")]), None);
        assert_eq!(held(&[date, ("Cache-Control", "max-age=x")]), None);
        assert_eq!(held(&[("Expires", date.1)]), Some(at));
        assert_eq!(held(&[]), Some(i64::MIN));
        let forced = Keeping { forced_seconds: 5 };
        assert_eq!(expiry(&response(&[("Cache-Control", "no-store")]), &forced, 7), Some(7 + 5 * SECOND));
        let failed = HttpResponse { status_code: 500, ..response(&[]) };
        assert_eq!(expiry(&failed, &forced, 7), None);
    }
}
