//! Certificates, requests and keys as values, with the fields of Go's structures as OPA shows them.

use super::certificate::{Certificate, Name, Oid, Request};
use super::extensions::{AlternativeNames, Extension, Skip, Subtrees};
use crate::builtins::jwt::key_files::{PrivateParts, RsaParts, SubjectPublicKey};
use crate::builtins::jwt::keys::PublicKey;
use crate::builtins::uri::Uri;
use crate::builtins::{Context, letters};
use crate::value::{Entry, Value, number};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use num_bigint::{BigInt, BigUint, Sign};

/// Values of an arena, by what they are made of.
#[derive(Clone, Copy)]
pub(super) struct Shapes<'s, 'a, 'c>(pub &'s Context<'a, 'c>);

impl<'a> Shapes<'_, 'a, '_> {
    fn text(self, text: &str) -> Value<'a> {
        Value::new_string(self.0.arena, text)
    }

    pub(super) fn base64(self, bytes: &[u8]) -> Value<'a> {
        self.text(&BASE64.encode(bytes))
    }

    /// Bytes, or null where there are none.
    fn bytes(self, bytes: Option<&Vec<u8>>) -> Value<'a> {
        bytes.map_or(Value::Null, |bytes| self.base64(bytes))
    }

    pub(super) fn object(self, entries: &[(&str, Value<'a>)]) -> Value<'a> {
        let entries: Vec<Entry<'a>> = entries.iter().map(|(key, value)| (self.text(key), *value)).collect();
        Value::new_object(self.0.arena, &entries)
    }

    /// An array, or null where there is nothing, as Go writes a slice that is nil.
    pub(super) fn list<T>(self, items: &[T], shape: impl Fn(&T) -> Value<'a>) -> Value<'a> {
        if items.is_empty() {
            return Value::Null;
        }
        let items: Vec<Value<'a>> = items.iter().map(shape).collect();
        Value::new_array(self.0.arena, &items)
    }

    fn texts(self, texts: &[String]) -> Value<'a> {
        self.list(texts, |text| self.text(text))
    }

    fn number(self, magnitude: &[u8]) -> Value<'a> {
        number::from_bigint(self.0.arena, &BigInt::from_bytes_be(Sign::Plus, magnitude))
    }

    fn big(self, value: &BigUint) -> Value<'a> {
        self.number(&value.to_bytes_be())
    }

    fn oid(self, oid: &Oid) -> Value<'a> {
        self.list(oid, |part| Value::Int(i64::try_from(*part).unwrap_or(i64::MAX)))
    }

    fn dotted(self, oid: &Oid) -> Value<'a> {
        let parts: Vec<String> = oid.iter().map(u64::to_string).collect();
        self.text(&parts.join("."))
    }

    fn name(self, name: &Name) -> Value<'a> {
        let named = |number: u64| name.attributes.iter().filter(move |(id, _)| **id == [2, 5, 4, number]);
        let one = |number| self.text(named(number).next_back().map_or("", |(_, text)| text));
        let many = |number| {
            let texts: Vec<String> = named(number).map(|(_, text)| text.clone()).collect();
            self.texts(&texts)
        };
        let names = self
            .list(&name.attributes, |(id, text)| self.object(&[("Type", self.oid(id)), ("Value", self.text(text))]));
        self.object(&[
            ("CommonName", one(3)),
            ("Country", many(6)),
            ("ExtraNames", Value::Null),
            ("Locality", many(7)),
            ("Names", names),
            ("Organization", many(10)),
            ("OrganizationalUnit", many(11)),
            ("PostalCode", many(17)),
            ("Province", many(8)),
            ("SerialNumber", one(5)),
            ("StreetAddress", many(9)),
        ])
    }

    fn public_key(self, key: &SubjectPublicKey) -> Value<'a> {
        match &key.key {
            PublicKey::Rsa { n, e, .. } => self.object(&[("E", self.number(e)), ("N", self.number(n))]),
            PublicKey::Ec { x, y, .. } => {
                self.object(&[("Curve", self.object(&[])), ("X", self.number(x)), ("Y", self.number(y))])
            }
            PublicKey::Ed25519 { bytes, .. } => self.base64(bytes),
            PublicKey::Secret(_) | PublicKey::Other => Value::Null,
        }
    }

    fn extensions(self, extensions: &[Extension]) -> Value<'a> {
        self.list(extensions, |extension| {
            self.object(&[
                ("Critical", Value::Bool(extension.critical)),
                ("Id", self.oid(&extension.id)),
                ("Value", self.base64(&extension.value)),
            ])
        })
    }

    fn uri(self, uri: &str) -> Value<'a> {
        // An address that is none is shown with everything empty.
        let uri = Uri::parse(uri).unwrap_or_default();
        let bytes = |bytes: &[u8]| self.text(&letters::lossy(bytes));
        let user = if uri.has_user { self.object(&[]) } else { Value::Null };
        self.object(&[
            ("ForceQuery", Value::Bool(uri.force_query)),
            ("Fragment", bytes(&uri.fragment)),
            ("Host", bytes(&uri.host)),
            ("OmitHost", Value::Bool(uri.omit_host)),
            ("Opaque", self.text(uri.opaque)),
            ("Path", bytes(&uri.path)),
            ("RawFragment", self.text(uri.raw_fragment.unwrap_or_default())),
            ("RawPath", self.text(uri.raw_path.unwrap_or_default())),
            ("RawQuery", self.text(uri.raw_query)),
            ("Scheme", self.text(&uri.scheme)),
            ("User", user),
        ])
    }

    fn alternative_names(self, names: &AlternativeNames) -> [(&'static str, Value<'a>); 4] {
        [
            ("DNSNames", self.texts(&names.dns)),
            ("EmailAddresses", self.texts(&names.email)),
            ("IPAddresses", self.list(&names.ip, |address| self.text(&address.to_canonical().to_string()))),
            ("URIs", self.list(&names.uri, |uri| self.uri(uri))),
        ]
    }

    fn ranges(self, trees: &Subtrees) -> Value<'a> {
        self.list(&trees.ip, |(address, mask)| {
            let shown = match (<[u8; 4]>::try_from(address.as_slice()), <[u8; 16]>::try_from(address.as_slice())) {
                (Ok(bytes), _) => std::net::Ipv4Addr::from(bytes).to_string(),
                (_, Ok(bytes)) => std::net::IpAddr::from(bytes).to_canonical().to_string(),
                _ => String::new(),
            };
            self.object(&[("IP", self.text(&shown)), ("Mask", self.base64(mask))])
        })
    }

    pub(super) fn certificate(self, certificate: &Certificate, has_uri_strings: bool) -> Value<'a> {
        let found = &certificate.extensions;
        let skip = |skip: Skip| Value::Int(skip.unwrap_or(0));
        let is_zero = |skip: Skip| Value::Bool(skip == Some(0));
        let (is_authority, path_length) = found.basic_constraints.unwrap_or_default();
        // Go's zero value where the extension is not there.
        let shown_length = path_length.unwrap_or(if found.basic_constraints.is_some() { -1 } else { 0 });
        let mut entries = vec![
            ("AuthorityKeyId", self.bytes(found.authority_key_id.as_ref())),
            ("BasicConstraintsValid", Value::Bool(found.basic_constraints.is_some())),
            ("CRLDistributionPoints", self.texts(&found.crl_points)),
            ("ExcludedDNSDomains", self.texts(&found.excluded.dns)),
            ("ExcludedEmailAddresses", self.texts(&found.excluded.email)),
            ("ExcludedIPRanges", self.ranges(&found.excluded)),
            ("ExcludedURIDomains", self.texts(&found.excluded.uri)),
            ("ExtKeyUsage", self.list(&found.ext_key_usage, |usage| Value::Int(*usage))),
            ("Extensions", self.extensions(&found.all)),
            ("ExtraExtensions", Value::Null),
            ("InhibitAnyPolicy", skip(found.inhibit_any_policy)),
            ("InhibitAnyPolicyZero", is_zero(found.inhibit_any_policy)),
            ("InhibitPolicyMapping", skip(found.inhibit_policy_mapping)),
            ("InhibitPolicyMappingZero", is_zero(found.inhibit_policy_mapping)),
            ("IsCA", Value::Bool(is_authority)),
            ("Issuer", self.name(&certificate.issuer)),
            ("IssuingCertificateURL", self.texts(&found.issuing)),
            ("KeyUsage", Value::Int(found.key_usage)),
            ("MaxPathLen", Value::Int(shown_length)),
            ("MaxPathLenZero", Value::Bool(path_length == Some(0))),
            ("NotAfter", self.text(&certificate.not_after.to_string())),
            ("NotBefore", self.text(&certificate.not_before.to_string())),
            ("OCSPServer", self.texts(&found.ocsp)),
            ("PermittedDNSDomains", self.texts(&found.permitted.dns)),
            ("PermittedDNSDomainsCritical", Value::Bool(found.constraints_critical)),
            ("PermittedEmailAddresses", self.texts(&found.permitted.email)),
            ("PermittedIPRanges", self.ranges(&found.permitted)),
            ("PermittedURIDomains", self.texts(&found.permitted.uri)),
            ("Policies", self.list(&found.policies, |oid| self.dotted(oid))),
            ("PolicyIdentifiers", self.list(&found.policies, |oid| self.oid(oid))),
            (
                "PolicyMappings",
                self.list(&found.policy_mappings, |(issuer, subject)| {
                    self.object(&[
                        ("IssuerDomainPolicy", self.dotted(issuer)),
                        ("SubjectDomainPolicy", self.dotted(subject)),
                    ])
                }),
            ),
            ("PublicKey", self.public_key(&certificate.public_key)),
            ("PublicKeyAlgorithm", Value::Int(certificate.public_key.algorithm)),
            ("Raw", self.base64(&certificate.raw)),
            ("RawIssuer", self.base64(&certificate.raw_issuer)),
            ("RawSubject", self.base64(&certificate.raw_subject)),
            ("RawSubjectPublicKeyInfo", self.base64(&certificate.raw_subject_public_key)),
            ("RawTBSCertificate", self.base64(&certificate.raw_tbs)),
            ("RequireExplicitPolicy", skip(found.require_explicit_policy)),
            ("RequireExplicitPolicyZero", is_zero(found.require_explicit_policy)),
            ("SerialNumber", self.number(&certificate.serial)),
            ("Signature", self.base64(&certificate.signature)),
            ("SignatureAlgorithm", Value::Int(certificate.signature_algorithm)),
            ("Subject", self.name(&certificate.subject)),
            ("SubjectKeyId", self.bytes(found.subject_key_id.as_ref())),
            ("UnhandledCriticalExtensions", self.list(&found.unhandled_critical, |oid| self.oid(oid))),
            ("UnknownExtKeyUsage", self.list(&found.unknown_ext_key_usage, |oid| self.oid(oid))),
            ("Version", Value::Int(certificate.version)),
        ];
        entries.extend(self.alternative_names(&found.names));
        if has_uri_strings {
            entries.push(("URIStrings", self.texts(&found.names.uri)));
        }
        self.object(&entries)
    }

    pub(super) fn request(self, request: &Request) -> Value<'a> {
        let attributes = if request.extensions.is_empty() {
            Value::Null
        } else {
            // Go reads a requested extension as a typed value: of one that has a flag the flag is the value.
            let values = self.list(&request.extensions, |extension| {
                let value = if extension.critical { Value::Bool(true) } else { self.base64(&extension.value) };
                self.object(&[("Type", self.oid(&extension.id)), ("Value", value)])
            });
            let id = self.oid(&vec![1, 2, 840, 113549, 1, 9, 14]);
            let attribute = self.object(&[("Type", id), ("Value", Value::new_array(self.0.arena, &[values]))]);
            Value::new_array(self.0.arena, &[attribute])
        };
        let mut entries = vec![
            ("Attributes", attributes),
            ("Extensions", self.extensions(&request.extensions)),
            ("ExtraExtensions", Value::Null),
            ("PublicKey", self.public_key(&request.public_key)),
            ("PublicKeyAlgorithm", Value::Int(request.public_key.algorithm)),
            ("Raw", self.base64(&request.raw)),
            ("RawSubject", self.base64(&request.raw_subject)),
            ("RawSubjectPublicKeyInfo", self.base64(&request.raw_subject_public_key)),
            ("RawTBSCertificateRequest", self.base64(&request.raw_tbs)),
            ("Signature", self.base64(&request.signature)),
            ("SignatureAlgorithm", Value::Int(request.signature_algorithm)),
            ("Subject", self.name(&request.subject)),
            ("Version", Value::Int(request.version)),
        ];
        entries.extend(self.alternative_names(&request.names));
        self.object(&entries)
    }

    /// A private key with the fields of Go's.
    pub(super) fn private_key(self, parts: &PrivateParts) -> Value<'a> {
        match parts {
            PrivateParts::Rsa(rsa) => {
                let crt = Crt::of(rsa);
                let precomputed = self.object(&[
                    ("CRTValues", Value::new_array(self.0.arena, &[])),
                    ("Dp", self.big(&crt.dp)),
                    ("Dq", self.big(&crt.dq)),
                    ("Qinv", self.big(&crt.qi)),
                ]);
                self.object(&[
                    ("D", self.number(&rsa.d)),
                    ("E", self.number(&rsa.e)),
                    ("N", self.number(&rsa.n)),
                    ("Precomputed", precomputed),
                    ("Primes", self.list(&[&rsa.p, &rsa.q], |prime| self.number(prime))),
                ])
            }
            PrivateParts::Ec { d, .. } => {
                let (x, y) = coordinates(parts);
                self.object(&[
                    ("Curve", self.object(&[])),
                    ("D", self.number(d)),
                    ("X", self.number(&x)),
                    ("Y", self.number(&y)),
                ])
            }
            PrivateParts::Ed25519 { seed } => self.base64(&[seed.as_slice(), &ed25519_public(parts)].concat()),
        }
    }

    /// A private key as a JSON Web Key.
    pub(super) fn jwk(self, parts: &PrivateParts) -> Value<'a> {
        let encoded = |bytes: &[u8]| self.text(&BASE64URL_NOPAD.encode(bytes));
        match parts {
            PrivateParts::Rsa(rsa) => {
                let crt = Crt::of(rsa);
                self.object(&[
                    ("d", encoded(&rsa.d)),
                    ("dp", encoded(&crt.dp.to_bytes_be())),
                    ("dq", encoded(&crt.dq.to_bytes_be())),
                    ("e", encoded(&rsa.e)),
                    ("kty", self.text("RSA")),
                    ("n", encoded(&rsa.n)),
                    ("p", encoded(&rsa.p)),
                    ("q", encoded(&rsa.q)),
                    ("qi", encoded(&crt.qi.to_bytes_be())),
                ])
            }
            PrivateParts::Ec { curve, d } => {
                let (x, y) = coordinates(parts);
                self.object(&[
                    ("crv", self.text(curve.name())),
                    ("d", encoded(d)),
                    ("kty", self.text("EC")),
                    ("x", encoded(&x)),
                    ("y", encoded(&y)),
                ])
            }
            PrivateParts::Ed25519 { seed } => self.object(&[
                ("crv", self.text("Ed25519")),
                ("d", encoded(seed)),
                ("kty", self.text("OKP")),
                ("x", encoded(&ed25519_public(parts))),
            ]),
        }
    }
}

/// What is worked out of an RSA key's numbers ahead (RFC 8017, section 3.2).
struct Crt {
    dp: BigUint,
    dq: BigUint,
    qi: BigUint,
}

impl Crt {
    /// Keys have been checked, so that no number is zero.
    fn of(rsa: &RsaParts) -> Crt {
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
        let (d, p, q) = (number(&rsa.d), number(&rsa.p), number(&rsa.q));
        let reduced = |prime: &BigUint| {
            let order = prime - BigUint::from(1_u8).min(prime.clone());
            if order == BigUint::ZERO { BigUint::ZERO } else { &d % order }
        };
        Crt { dp: reduced(&p), dq: reduced(&q), qi: q.modinv(&p).unwrap_or_default() }
    }
}

fn coordinates(parts: &PrivateParts) -> (Vec<u8>, Vec<u8>) {
    match parts.key().and_then(|key| key.public()) {
        Some(PublicKey::Ec { x, y, .. }) => (x, y),
        _ => (Vec::new(), Vec::new()),
    }
}

fn ed25519_public(parts: &PrivateParts) -> Vec<u8> {
    match parts.key().and_then(|key| key.public()) {
        Some(PublicKey::Ed25519 { bytes, .. }) => bytes.to_vec(),
        _ => Vec::new(),
    }
}
