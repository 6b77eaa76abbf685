//! Errors in the words of Go's `net`, `crypto/tls` and `net/http`.

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error as TlsError, InvalidMessage};
use solon_engine::{HttpError, HttpRequest};
use std::io;

/// A failure of the network.
pub(crate) fn network(request: &HttpRequest, problem: String) -> HttpError {
    HttpError::Network { method: request.method.clone(), url: request.url.clone(), problem, timed_out: false }
}

/// A request that took too long.
pub(crate) fn timeout(request: &HttpRequest) -> HttpError {
    let problem = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned();
    HttpError::Network { method: request.method.clone(), url: request.url.clone(), problem, timed_out: true }
}

/// Whether an operation was cut short by its time.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// What the system says, without its number and in lower case: `connection refused`.
pub(crate) fn system(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// A failure of an established connection.
pub(crate) fn stream(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(error) => tls(error),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
        None if error.get_ref().is_some() => error.to_string(),
        None => format!("read: {}", system(error)),
    }
}

/// A failure of TLS.
pub(crate) fn tls(error: &TlsError) -> String {
    let untrusted = |what: &str| format!("tls: failed to verify certificate: x509: {what}");
    match error {
        TlsError::InvalidCertificate(problem) => untrusted(&certificate(problem)),
        TlsError::AlertReceived(alert) => format!("remote error: tls: {}", alert_text(*alert)),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "http: server gave HTTP response to HTTPS client".to_owned()
        }
        other => format!("tls: {other}"),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "certificate signed by unknown authority".to_owned(),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => "certificate has expired or is not yet valid".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => name(expected, presented),
        CertificateError::NotValidForName => "certificate is not valid for any names".to_owned(),
        other => other.to_string(),
    }
}

/// A certificate for other names.
fn name(expected: &ServerName<'_>, presented: &[String]) -> String {
    // They are written `DnsName("a")` or `IpAddress(127.0.0.1)`.
    let inside = |kind: &str| -> Vec<String> {
        let names = presented.iter().filter_map(|name| name.strip_prefix(kind)?.strip_suffix(')'));
        names.map(|name| name.trim_matches('"').to_owned()).collect()
    };
    let (names, addresses) = (inside("DnsName("), inside("IpAddress("));
    let expected_text = expected.to_str();
    let valid = match expected {
        ServerName::IpAddress(_) if addresses.is_empty() => {
            return format!("cannot validate certificate for {expected_text} because it doesn't contain any IP SANs");
        }
        ServerName::IpAddress(_) => addresses,
        _ => names,
    };
    match valid.as_slice() {
        [] => format!("certificate is not valid for any names, but wanted to match {expected_text}"),
        valid => format!("certificate is valid for {}, not {expected_text}", valid.join(", ")),
    }
}

fn alert_text(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => "certificate required".to_owned(),
        AlertDescription::BadCertificate => "bad certificate".to_owned(),
        AlertDescription::HandshakeFailure => "handshake failure".to_owned(),
        AlertDescription::UnknownCA => "unknown certificate authority".to_owned(),
        AlertDescription::ProtocolVersion => "protocol version not supported".to_owned(),
        AlertDescription::InternalError => "internal error".to_owned(),
        AlertDescription::UnrecognisedName => "unrecognized name".to_owned(),
        other => format!("{other:?}"),
    }
}
