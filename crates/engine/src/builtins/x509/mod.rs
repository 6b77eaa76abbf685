//! Certificates (RFC 5280), requests for them and private keys.
//!
//! Takes them as PEM, DER or base64 of these, gives objects with the fields of Go's structures and whether chains hold.
//! Bytes become owned structures ([`certificate`]), which are verified ([`verify`]) and shown ([`shapes`]). It must not
//! know of tokens, nor of the machine's own roots of trust.

mod certificate;
pub(super) mod der;
mod extensions;
mod shapes;
mod verify;

use super::encoding::base64_bytes;
use super::failure::operand;
use super::jwt::key_files::{self, PrivateParts};
use super::jwt::keys::PublicKey;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use certificate::{Certificate, parse_all, parse_request};
use der::Malformed;
use shapes::Shapes;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "crypto.x509.parse_certificates",
        signature: "(certs: string) -> output: array[object[string: any]]",
        doc: "The certificates of a string: PEM blocks, or base64 of PEM or DER.",
        example: (r#"crypto.x509.parse_certificates("")"#, "[]"),
        purity: Purity::Pure,
        call: parse_certificates,
    },
    Builtin {
        name: "crypto.x509.parse_and_verify_certificates",
        signature: "(certs: string) -> output: array<boolean, array[object[string: any]]>",
        doc: "Whether the last of the certificates leads to the first, which is trusted, by way of the others, and the \
              certificates of that chain, the last one first.",
        example: (r#"crypto.x509.parse_and_verify_certificates("")"#, "[false, []]"),
        purity: Purity::Nondeterministic,
        call: parse_and_verify,
    },
    Builtin {
        name: "crypto.x509.parse_and_verify_certificates_with_options",
        signature: "(certs: string, options: object[string: any]) \
                    -> output: array<boolean, array[object[string: any]]>",
        doc: "The same with `DNSName`, a name that the certificate must have; `CurrentTime` in nanoseconds; \
              `KeyUsages`, of which the certificate must have one; `MaxConstraintComparisons`.",
        example: (r#"crypto.x509.parse_and_verify_certificates_with_options("", {})"#, "[false, []]"),
        purity: Purity::Nondeterministic,
        call: parse_and_verify_with_options,
    },
    Builtin {
        name: "crypto.x509.parse_certificate_request",
        signature: "(csr: string) -> output: object[string: any]",
        doc: "The certificate request (PKCS #10) of a string: PEM, or base64 of PEM or DER.",
        example: (
            "crypto.x509.parse_certificate_request(\"MIHHMG4CAQAwDDEKMAgGA1UEAxMBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA\
             0IABPF33CF4rgxDUrHr+L5QmQWzVi62DoRNCCG94gijibPRfW39SE3SI095qtKqx0Q4sqI+tGZXdmwYZED5s4AhxY6gADAKBggqh\
             kjOPQQDAgNJADBGAiEAub6RLmWdl8dQyQJUW/YUfb4rGUBEs5YmPyT/IYpf6wMCIQCU3HN7NkRCu6wRkscF3rOZCqrKLnweCASes\
             QZlYxB2rw==\").Subject.CommonName",
            r#""a""#,
        ),
        purity: Purity::Pure,
        call: parse_certificate_request,
    },
    Builtin {
        name: "crypto.x509.parse_keypair",
        signature: "(cert: string, pem: string) -> output: object[string: any]",
        doc: "A certificate chain and the private key that belongs to its first certificate. Fails if it does not.",
        example: (
            "count(crypto.x509.parse_keypair(\"MIIBBzCBraADAgECAgEBMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMTAWEwIBcNMjAwMTA\
             xMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMAwxCjAIBgNVBAMTAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATxd9wheK4MQ1K\
             x6/i+UJkFs1Yutg6ETQghveIIo4mz0X1t/UhN0iNPearSqsdEOLKiPrRmV3ZsGGRA+bOAIcWOMAoGCCqGSM49BAMCA0kAMEYCIQC\
             wdubqGsCzdXirKQLVOWGE50cwXhvK1bj2uTnBMgR2RgIhAJlPbtOZlCWPJaIk4wI5JT+eaWQcY7mv7b/GCc/9QpHG\", \"LS0tLS1\
             CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1IY0NBUUVFSUUrTjhXV1poS3luNUJicnZSWmRTZkJmNTZkU1pUcFYyYTBKSnlxdTE\
             yT1BvQW9HQ0NxR1NNNDkKQXdFSG9VUURRZ0FFOFhmY0lYaXVERU5Tc2V2NHZsQ1pCYk5XTHJZT2hFMElJYjNpQ0tPSnM5RjliZjF\
             JVGRJagpUM21xMHFySFJEaXlvajYwWmxkMmJCaGtRUG16Z0NIRmpnPT0KLS0tLS1FTkQgRUMgUFJJVkFURSBLRVktLS0tLQo=\").\
             Certificate)",
            "1",
        ),
        purity: Purity::Pure,
        call: parse_keypair,
    },
    Builtin {
        name: "crypto.x509.parse_rsa_private_key",
        signature: "(pem: string) -> output: object[string: any]",
        doc: "The JSON Web Key of a private key in PEM, or base64 of it.",
        example: (
            "crypto.x509.parse_rsa_private_key(\"LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1IY0NBUUVFSUUrTjhXV1poS\
             3luNUJicnZSWmRTZkJmNTZkU1pUcFYyYTBKSnlxdTEyT1BvQW9HQ0NxR1NNNDkKQXdFSG9VUURRZ0FFOFhmY0lYaXVERU5Tc2V2N\
             HZsQ1pCYk5XTHJZT2hFMElJYjNpQ0tPSnM5RjliZjFJVGRJagpUM21xMHFySFJEaXlvajYwWmxkMmJCaGtRUG16Z0NIRmpnPT0KL\
             S0tLS1FTkQgRUMgUFJJVkFURSBLRVktLS0tLQo=\").kty",
            r#""EC""#,
        ),
        purity: Purity::Pure,
        call: parse_rsa_private_key,
    },
    Builtin {
        name: "crypto.parse_private_keys",
        signature: "(keys: string) -> output: array[object[string: any]]",
        doc: "The private keys of PEM blocks, or base64 of them.",
        example: (r#"crypto.parse_private_keys("nope")"#, "[]"),
        purity: Purity::Pure,
        call: parse_private_keys,
    },
];

fn failure(error: Malformed) -> Failure {
    Failure::Error(error.0)
}

/// The public key of a certificate in DER.
pub(super) fn public_key(der: &[u8]) -> der::Read<PublicKey> {
    Ok(certificate::parse(der)?.public_key.key)
}

const BEGIN: &str = "-----BEGIN";

/// The certificates of a string.
fn certificates(text: &str) -> Result<Vec<Certificate>, Failure> {
    let bytes = if text.starts_with(BEGIN) { text.as_bytes().to_vec() } else { base64_bytes(text)? };
    if !bytes.starts_with(BEGIN.as_bytes()) {
        return parse_all(&bytes).map_err(failure);
    }
    let mut rest = bytes.as_slice();
    let mut all = Vec::new();
    while let Some((block, after)) = der::pem(rest) {
        if block.label != "CERTIFICATE" {
            return Err(Failure::Error(format!("PEM block type is '{}', expected CERTIFICATE", block.label)));
        }
        all.extend_from_slice(&block.bytes);
        rest = after;
    }
    parse_all(&all).map_err(failure)
}

fn parse_certificates<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let certificates = certificates(operand::string(args, 1)?)?;
    let shown: Vec<_> = certificates.iter().map(|found| Shapes(ctx).certificate(found, true)).collect();
    Ok(Value::new_array(ctx.arena, &shown))
}

fn parse_and_verify<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let found = certificates(operand::string(args, 1)?);
    verify(ctx, found, &verify::Options::default(), true)
}

fn parse_and_verify_with_options<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    let options = operand::object(args, 2)?;
    match certificates(text) {
        Ok(found) => {
            let options = verify::Options::read(options)?;
            verify(ctx, Ok(found), &options, false)
        }
        failed => verify(ctx, failed, &verify::Options::default(), false),
    }
}

fn verify<'a>(
    ctx: &mut Context<'a, '_>,
    found: Result<Vec<Certificate>, Failure>,
    options: &verify::Options,
    has_uri_strings: bool,
) -> Outcome<'a> {
    let now = match options.time {
        Some(time) => time,
        None => ctx.now()?,
    };
    let chain = found.as_ref().ok().and_then(|found| verify::chain(found, options, now));
    let is_valid = chain.is_some();
    let chain = chain.unwrap_or_default();
    let shown: Vec<_> = chain.iter().map(|found| Shapes(ctx).certificate(found, has_uri_strings)).collect();
    Ok(Value::new_array(ctx.arena, &[Value::Bool(is_valid), Value::new_array(ctx.arena, &shown)]))
}

fn parse_certificate_request<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    const LABEL: &str = "CERTIFICATE REQUEST";
    let text = operand::string(args, 1)?;
    let is_pem = text.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_prefix(LABEL)).is_some();
    let bytes = if is_pem { text.as_bytes().to_vec() } else { base64_bytes(text)? };
    let bytes = match der::pem(&bytes) {
        Some((block, _)) if block.label == LABEL => block.bytes,
        Some(_) => return Err(Failure::error("invalid PEM-encoded certificate signing request")),
        None => bytes,
    };
    let request = parse_request(&bytes).map_err(failure)?;
    Ok(Shapes(ctx).request(&request))
}

/// The private keys of PEM blocks, or of base64 of them; blocks of other kinds do not matter.
fn private_keys(text: &str) -> Result<Vec<PrivateParts>, Failure> {
    let decoded = base64_bytes(text).ok();
    let mut rest = decoded.as_deref().unwrap_or(text.as_bytes());
    let mut found = Vec::new();
    while let Some((block, after)) = der::pem(rest) {
        rest = after;
        if let Some(key) = private_key(&block) {
            found.push(key.map_err(failure)?);
        }
    }
    Ok(found)
}

fn private_key(block: &der::Pem) -> Option<der::Read<PrivateParts>> {
    match block.label.as_str() {
        "RSA PRIVATE KEY" => Some(key_files::rsa_private_key(&block.bytes)),
        "PRIVATE KEY" => Some(key_files::private_key(&block.bytes)),
        "EC PRIVATE KEY" => Some(key_files::ec_private_key(&block.bytes, None)),
        _ => None,
    }
}

fn parse_private_keys<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let found = private_keys(text)?;
    let shown: Vec<_> = found.iter().map(|key| Shapes(ctx).private_key(key)).collect();
    Ok(Value::new_array(ctx.arena, &shown))
}

fn parse_rsa_private_key<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    if text.is_empty() {
        return Err(Failure::error("input PEM data was empty"));
    }
    let found = if text.starts_with(BEGIN) {
        private_keys(text)?
    } else {
        let decoded = String::from_utf8(base64_bytes(text)?).map_err(|_| Failure::error("input is no PEM"))?;
        private_keys(&decoded)?
    };
    Ok(found.first().map_or(Value::Null, |key| Shapes(ctx).jwk(key)))
}

/// The bytes of a string that may be in base64.
fn plain_or_base64(text: &str) -> Result<Vec<u8>, Failure> {
    if text.starts_with("-----BEGIN ") { Ok(text.as_bytes().to_vec()) } else { base64_bytes(text) }
}

fn parse_keypair<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    // Each is the first operand to OPA.
    let (chain, key) = (operand::string(args, 1)?, operand::string(args.get(1..).unwrap_or_default(), 1)?);
    let (chain, key) = (plain_or_base64(chain)?, plain_or_base64(key)?);
    let mut certificates = Vec::new();
    if chain.starts_with(BEGIN.as_bytes()) {
        let mut rest = chain.as_slice();
        while let Some((block, after)) = der::pem(rest) {
            rest = after;
            if block.label == "CERTIFICATE" {
                certificates.push(block.bytes);
            }
        }
    } else {
        certificates.push(chain);
    }
    let first =
        certificates.first().ok_or_else(|| Failure::error("tls: failed to find any PEM data in certificate input"))?;
    let leaf = certificate::parse(first).map_err(failure)?;
    let parts = if key.starts_with(BEGIN.as_bytes()) {
        let mut rest = key.as_slice();
        loop {
            let (block, after) =
                der::pem(rest).ok_or_else(|| Failure::error("tls: failed to find any PEM data in key input"))?;
            rest = after;
            if block.label == "PRIVATE KEY" || block.label.ends_with(" PRIVATE KEY") {
                break any_private_key(&block.bytes)?;
            }
        }
    } else {
        any_private_key(&key)?
    };
    let public = parts.key().and_then(|key| key.public());
    if !public.is_some_and(|public| public.is_same(&leaf.public_key.key)) {
        return Err(Failure::error("tls: private key does not match public key"));
    }
    let shapes = Shapes(ctx);
    Ok(shapes.object(&[
        ("Certificate", shapes.list(&certificates, |bytes| shapes.base64(bytes))),
        ("Leaf", shapes.certificate(&leaf, false)),
        ("OCSPStaple", Value::Null),
        ("PrivateKey", shapes.private_key(&parts)),
        ("SignedCertificateTimestamps", Value::Null),
        ("SupportedSignatureAlgorithms", Value::Null),
    ]))
}

/// A private key of whatever kind the bytes are.
fn any_private_key(der: &[u8]) -> Result<PrivateParts, Failure> {
    key_files::rsa_private_key(der)
        .or_else(|_| key_files::private_key(der))
        .or_else(|_| key_files::ec_private_key(der, None))
        .map_err(|_| Failure::error("tls: failed to parse private key"))
}
