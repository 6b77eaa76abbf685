//! Where an answer leads (RFC 9110, section 15.4), as Go follows it.

use crate::explain;
use solon_engine::http::resolve;
use solon_engine::{HttpError, HttpRequest, HttpResponse};
use ureq::http::Uri;

/// Headers that another host does not get.
const SECRET: [&str; 4] = ["Authorization", "Cookie", "Cookie2", "Www-Authenticate"];

/// The request that follows a response; none if it is the last one.
pub(crate) fn next(request: &HttpRequest, response: &HttpResponse) -> Result<Option<HttpRequest>, HttpError> {
    let keeps_method = match response.status_code {
        301..=303 => false,
        307 | 308 => true,
        _ => return Ok(None),
    };
    let location = response.header("Location").unwrap_or_default();
    if !request.follows_redirects || location.is_empty() {
        return Ok(None);
    }
    let url = resolve(&request.url, location)
        .ok_or_else(|| explain::network(request, format!("failed to parse Location header {location:?}")))?;
    let mut next = HttpRequest { url, ..request.clone() };
    let is_plain = matches!(next.method.as_str(), "" | "GET" | "HEAD");
    if !keeps_method {
        next.body = Vec::new();
        if !is_plain {
            next.method = "GET".to_owned();
        }
    }
    let (from, to) = (host(&request.url), host(&next.url));
    if let Some(allowed) = &next.allowed_hosts
        && !allowed.contains(&to)
    {
        return Err(explain::network(&next, format!("disallowed host: {to}")));
    }
    let is_below = to.strip_suffix(&from).is_some_and(|below| below.is_empty() || below.ends_with('.'));
    // An address of its own has a host of its own.
    let is_absolute = location.contains("://") || location.starts_with("//");
    next.headers.retain(|(name, _)| {
        let is_secret = SECRET.contains(&name.as_str());
        !(is_secret && !is_below || name == "Referer" || name == "Host" && is_absolute)
    });
    if !(request.url.starts_with("https:") && next.url.starts_with("http:")) {
        next.headers.push(("Referer".to_owned(), request.url.clone()));
    }
    Ok(Some(next))
}

/// The host of an address without port and user, read by what connects to it: another reader could take another part of
/// an odd address for the host. Nothing for what is no address.
pub(crate) fn host(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    uri.as_ref().and_then(Uri::host).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(status_code: u16, method: &str, location: &str) -> Option<HttpRequest> {
        let headers = [("Authorization", "secret"), ("Host", "name"), ("X-A", "1")];
        let request = HttpRequest {
            method: method.into(),
            url: "http://a.example:80/b/c?d".into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: b"body".to_vec(),
            follows_redirects: true,
            allowed_hosts: Some(vec!["a.example".into(), "b.a.example".into(), "other.example".into()]),
            ..HttpRequest::default()
        };
        let headers = vec![("location".to_owned(), location.to_owned())];
        let response = HttpResponse { status_code, headers, ..HttpResponse::default() };
        next(&request, &response).expect("an allowed host")
    }

    #[test]
    fn methods_and_bodies_change() {
        let post = redirected(302, "POST", "/x").expect("a redirect");
        assert_eq!((post.method.as_str(), post.body.len(), post.url.as_str()), ("GET", 0, "http://a.example:80/x"));
        let kept = redirected(307, "PUT", "x").expect("a redirect");
        assert_eq!((kept.method.as_str(), kept.body.len(), kept.url.as_str()), ("PUT", 4, "http://a.example:80/b/x"));
        assert!(redirected(304, "GET", "/x").is_none() && redirected(302, "GET", "").is_none());
    }

    #[test]
    fn hosts_are_those_that_are_connected_to() {
        for (url, expected) in [
            ("http://a.example:80/b", "a.example"),
            ("https://b.example@a.example/", "a.example"),
            ("http://a.example/@b.example", "a.example"),
            ("http://a.example?@b.example", "a.example"),
            ("http://[::1]:80/", "[::1]"),
            ("http://a.example\\@b.example/", ""),
            ("http://a.example b.example/", ""),
            ("/b", ""),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn secrets_stay_with_their_host() {
        let names = |location: &str| -> Vec<String> {
            let next = redirected(302, "GET", location).expect("a redirect");
            next.headers.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names("/x"), ["Authorization", "Host", "X-A", "Referer"]);
        assert_eq!(names("http://b.a.example/x"), ["Authorization", "X-A", "Referer"]);
        assert_eq!(names("http://other.example/x"), ["X-A", "Referer"]);
    }
}
