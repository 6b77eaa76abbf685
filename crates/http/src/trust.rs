//! Who is trusted, and who asks.

use crate::certificates;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use solon_engine::HttpError;
use solon_engine::http::HttpTls;
use std::sync::Arc;

/// The configuration of TLS for a request.
pub(crate) fn config(tls: &HttpTls, system: impl Fn() -> Arc<RootCertStore>) -> Result<Arc<ClientConfig>, HttpError> {
    let provider = Arc::new(ring::default_provider());
    let wrong = |error: Error| HttpError::Request(format!("tls: {error}"));
    let clients: Result<Vec<_>, HttpError> =
        tls.clients.iter().map(|(certificate, key)| certificates::client(certificate, key)).collect();
    let verifier = verifier(tls, system, provider.clone())?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(wrong)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let config = match clients?.into_iter().next() {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| match error {
            Error::InconsistentKeys(_) => HttpError::Request("tls: private key does not match public key".to_owned()),
            other => wrong(other),
        })?,
        None => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

fn verifier(
    tls: &HttpTls,
    system: impl Fn() -> Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, HttpError> {
    let mut trusted = Vec::new();
    for authority in &tls.authorities {
        trusted.extend(certificates::authorities(authority)?);
    }
    if tls.insecure_skip_verify {
        return Ok(Arc::new(Anyone { provider }));
    }
    let mut roots = match tls.use_system_certs || trusted.is_empty() {
        true => (*system()).clone(),
        false => RootCertStore::empty(),
    };
    roots.add_parsable_certificates(trusted.iter().cloned());
    if roots.is_empty() {
        return Ok(Arc::new(Nobody { provider }));
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| HttpError::Request(format!("tls: {error}")))?;
    Ok(Arc::new(Verifier { inner, trusted }))
}

/// Asks the library, and takes a trusted certificate also as the server's own.
#[derive(Debug)]
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// Certificates that are signed by themselves are often marked as an authority's. The library does not take such
    /// a one for a server; it says so after it has checked when the certificate holds.
    fn is_own_authority(&self, certificate: &CertificateDer<'_>, error: &Error) -> bool {
        let Error::InvalidCertificate(CertificateError::Other(problem)) = error else { return false };
        format!("{problem:?}").contains("CaUsedAsEndEntity") && self.trusted.iter().any(|other| other == certificate)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.inner.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(error) if self.is_own_authority(certificate, &error) => {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Defines a verifier that always gives one answer about certificates. Signatures are checked as ever.
macro_rules! constant_verifier {
    ($(#[$doc:meta])* $name:ident, $answer:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        struct $name {
            provider: Arc<CryptoProvider>,
        }

        impl ServerCertVerifier for $name {
            fn verify_server_cert(
                &self,
                _: &CertificateDer<'_>,
                _: &[CertificateDer<'_>],
                _: &ServerName<'_>,
                _: &[u8],
                _: UnixTime,
            ) -> Result<ServerCertVerified, Error> {
                $answer
            }

            fn verify_tls12_signature(
                &self,
                message: &[u8],
                certificate: &CertificateDer<'_>,
                signature: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, Error> {
                let algorithms = &self.provider.signature_verification_algorithms;
                verify_tls12_signature(message, certificate, signature, algorithms)
            }

            fn verify_tls13_signature(
                &self,
                message: &[u8],
                certificate: &CertificateDer<'_>,
                signature: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, Error> {
                let algorithms = &self.provider.signature_verification_algorithms;
                verify_tls13_signature(message, certificate, signature, algorithms)
            }

            fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
                self.provider.signature_verification_algorithms.supported_schemes()
            }
        }
    };
}

constant_verifier!(
    /// Takes any server, for `tls_insecure_skip_verify`.
    Anyone,
    Ok(ServerCertVerified::assertion())
);

constant_verifier!(
    /// Takes no server, where the system has no certificates.
    Nobody,
    Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
);
