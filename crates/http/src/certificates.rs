//! Certificates and keys in PEM: as text, in files, in the environment.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use solon_engine::HttpError;
use solon_engine::http::Pem;
use std::fs;

type Result<T> = std::result::Result<T, HttpError>;

/// What is read of a file, in Go's words where it cannot be.
fn file(path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| HttpError::Request(format!("open {path}: {}", crate::explain::system(&error))))
}

fn variable(name: &str) -> Vec<u8> {
    std::env::var(name).unwrap_or_default().into_bytes()
}

fn bytes(pem: &Pem) -> Result<Vec<u8>> {
    match pem {
        Pem::Text(text) => Ok(text.clone().into_bytes()),
        Pem::File(path) => file(path),
        Pem::Variable(name) => Ok(variable(name)),
    }
}

/// Certificates that are trusted: at least one.
pub(crate) fn authorities(pem: &Pem) -> Result<Vec<CertificateDer<'static>>> {
    let found = parse(&bytes(pem)?);
    if !found.is_empty() {
        return Ok(found);
    }
    Err(HttpError::Request(match pem {
        Pem::Text(_) => "could not append certificates".to_owned(),
        Pem::File(path) => format!("could not append CA certificates from {path:?}"),
        Pem::Variable(name) => {
            format!("could not add CA certificates from envvar {name:?}: could not append certificates")
        }
    }))
}

/// What can be read as certificates; the rest is passed over, as Go does.
fn parse(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).filter_map(std::result::Result::ok).collect()
}

/// A client's certificates, its own first, with their key.
pub(crate) fn client(certificate: &Pem, key: &Pem) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let (certificate_bytes, key_bytes) = (bytes(certificate)?, bytes(key)?);
    let wrong = |problem: &str| {
        HttpError::Request(match (certificate, key) {
            (Pem::Variable(certificate), Pem::Variable(key)) => {
                format!("cannot extract public/private key pair from envvars {certificate:?}, {key:?}: {problem}")
            }
            _ => problem.to_owned(),
        })
    };
    let certificates = parse(&certificate_bytes);
    if certificates.is_empty() {
        return Err(wrong("tls: failed to find any PEM data in certificate input"));
    }
    let key = PrivateKeyDer::from_pem_slice(&key_bytes)
        .map_err(|_| wrong("tls: failed to find any PEM data in key input"))?;
    Ok((certificates, key))
}
