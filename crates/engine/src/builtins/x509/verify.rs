//! Verifying chains of certificates (RFC 5280, section 6), as Go's `crypto/x509` does.
//!
//! Where Go knows more than this (constraints on mail addresses and on URIs, explicit policies) the chain is refused.

use super::certificate::Certificate;
use super::der::{Reader, tag};
use super::extensions::{AlternativeNames, Subtrees};
use crate::builtins::failure::Failure;
use crate::builtins::jwt::keys::{Algorithm, Form, Hash, PublicKey, padded};
use crate::value::{Object, Value};
use std::net::IpAddr;

/// What a chain is verified for.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// A name or address that the certificate must be for; empty for any.
    pub name: String,
    /// In nanoseconds; the time of the evaluation if it is not given.
    pub time: Option<i64>,
    /// Go's numbers of extended key usages, one of which there must be; server authentication if there are none.
    pub usages: Vec<i64>,
    /// How many names may be compared with constraints.
    pub max_comparisons: usize,
}

/// Extended key usages by OPA's names; their numbers in Go are their places.
const USAGES: [&str; 14] = [
    "KeyUsageAny",
    "KeyUsageServerAuth",
    "KeyUsageClientAuth",
    "KeyUsageCodeSigning",
    "KeyUsageEmailProtection",
    "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel",
    "KeyUsageIPSECUser",
    "KeyUsageTimeStamping",
    "KeyUsageOCSPSigning",
    "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto",
    "KeyUsageMicrosoftCommercialCodeSigning",
    "KeyUsageMicrosoftKernelCodeSigning",
];

const ANY_USAGE: i64 = 0;
const SERVER_AUTH: i64 = 1;
const DEFAULT_COMPARISONS: usize = 250_000;

/// How many signatures are checked in search of a chain.
const MAX_SIGNATURES: usize = 100;

impl Options {
    /// Reads the options of `crypto.x509.parse_and_verify_certificates_with_options`.
    pub(super) fn read(object: Object<'_>) -> Result<Options, Failure> {
        let mut options = Options::default();
        for (key, value) in object.entries() {
            let Some(key) = key.as_str() else { continue };
            match key {
                "DNSName" => {
                    let name = value.as_str().ok_or_else(|| Failure::error("'DNSName' should be a string"))?;
                    options.name = name.trim_matches('"').to_owned();
                }
                "CurrentTime" => {
                    is_number(value).then_some(()).ok_or_else(|| Failure::error("'CurrentTime' should be a number"))?;
                    let time = value.as_i64();
                    let time = time.ok_or_else(|| Failure::error("'CurrentTime' should be a valid int64 number"))?;
                    options.time = Some(time);
                }
                "MaxConstraintComparisons" => {
                    let wrong = || Failure::error("'MaxConstraintComparisons' should be a number");
                    is_number(value).then_some(()).ok_or_else(wrong)?;
                    let most = value.as_i64();
                    let most =
                        most.ok_or_else(|| Failure::error("'MaxConstraintComparisons' should be a valid number"))?;
                    // Go compares as many as it likes up to zero, then its own limit holds.
                    options.max_comparisons = usize::try_from(most).unwrap_or(0);
                }
                "KeyUsages" => {
                    let items = match value {
                        Value::Array(items) => items,
                        Value::Set(set) => set.items(),
                        _ => return Err(Failure::error("'KeyUsages' should be an Array or Set")),
                    };
                    let mut unknown = Vec::new();
                    for item in items.iter().filter_map(|item| item.as_str()) {
                        let name = item.trim_matches('"');
                        match USAGES.iter().position(|usage| *usage == name) {
                            Some(usage) => options.usages.push(i64::try_from(usage).unwrap_or_default()),
                            None => unknown.push(name),
                        }
                    }
                    if !unknown.is_empty() {
                        let unknown = unknown.join(" ");
                        return Err(Failure::Error(format!("invalid entries for 'KeyUsages' found: [{unknown}]")));
                    }
                }
                _ => return Err(Failure::error("invalid key option")),
            }
        }
        Ok(options)
    }
}

fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Number(_))
}

/// The chain from the last certificate to the first, which is trusted, by way of any of the others; `now` is in
/// nanoseconds. Nothing if there is none.
pub(super) fn chain<'c>(certificates: &'c [Certificate], options: &Options, now: i64) -> Option<Vec<&'c Certificate>> {
    let [root, between @ .., leaf] = certificates else { return None };
    let mut search = Search { root, between, options, now: now.div_euclid(1_000_000_000), signatures: 0 };
    if !search.is_acceptable(leaf, &[]) {
        return None;
    }
    if !options.name.is_empty() && !is_for(leaf, &options.name) {
        return None;
    }
    if leaf.raw == root.raw {
        let chain = vec![leaf];
        return search.is_usable(&chain).then_some(chain);
    }
    search.extend(&mut vec![leaf])
}

struct Search<'c, 'o> {
    root: &'c Certificate,
    between: &'c [Certificate],
    options: &'o Options,
    /// In seconds.
    now: i64,
    signatures: usize,
}

impl<'c> Search<'c, '_> {
    /// Looks for the issuer of the last certificate of the chain, and so on up to the root.
    fn extend(&mut self, chain: &mut Vec<&'c Certificate>) -> Option<Vec<&'c Certificate>> {
        let last = *chain.last()?;
        let (root, between) = (self.root, self.between);
        for issuer in std::iter::once(root).chain(between) {
            let is_there = chain.iter().any(|other| {
                other.raw_subject == issuer.raw_subject
                    && other.raw_subject_public_key == issuer.raw_subject_public_key
                    && other.extensions.names == issuer.extensions.names
            });
            if issuer.raw_subject != last.raw_issuer || is_there {
                continue;
            }
            self.signatures += 1;
            if self.signatures > MAX_SIGNATURES {
                return None;
            }
            if !is_signed_by(last, issuer) || !is_authority(issuer, chain) || !self.is_acceptable(issuer, chain) {
                continue;
            }
            chain.push(issuer);
            if std::ptr::eq(issuer, root) {
                if self.is_usable(chain) {
                    return Some(chain.clone());
                }
            } else if let Some(found) = self.extend(chain) {
                return Some(found);
            }
            chain.pop();
        }
        None
    }

    /// Whether a certificate may stand above those of the chain, by what it says itself.
    fn is_acceptable(&self, certificate: &Certificate, below: &[&Certificate]) -> bool {
        let extensions = &certificate.extensions;
        extensions.unhandled_critical.is_empty()
            && certificate.not_before.seconds <= self.now
            && self.now <= certificate.not_after.seconds
            // Explicit policies are not followed.
            && extensions.require_explicit_policy.is_none()
            && self.allows_names(certificate, below)
    }

    /// Whether the names below are within the constraints of a certificate.
    fn allows_names(&self, certificate: &Certificate, below: &[&Certificate]) -> bool {
        let (permitted, excluded) = (&certificate.extensions.permitted, &certificate.extensions.excluded);
        let most = match self.options.max_comparisons {
            0 => DEFAULT_COMPARISONS,
            most => most,
        };
        let mut comparisons = 0_usize;
        for names in below.iter().map(|certificate| &certificate.extensions.names) {
            let per_name = |of: fn(&Subtrees) -> usize| of(permitted) + of(excluded);
            comparisons +=
                names.dns.len() * per_name(|trees| trees.dns.len()) + names.ip.len() * per_name(|trees| trees.ip.len());
            if comparisons > most || !is_within(names, permitted, excluded) {
                return false;
            }
        }
        true
    }

    /// Whether every certificate of the chain may be used for one of the usages that are asked for.
    fn is_usable(&self, chain: &[&Certificate]) -> bool {
        let mut usages = self.options.usages.clone();
        if usages.is_empty() {
            usages.push(SERVER_AUTH);
        }
        if usages.contains(&ANY_USAGE) {
            return true;
        }
        for certificate in chain.iter().rev() {
            let extensions = &certificate.extensions;
            let says_nothing = extensions.ext_key_usage.is_empty() && extensions.unknown_ext_key_usage.is_empty();
            if says_nothing || extensions.ext_key_usage.contains(&ANY_USAGE) {
                continue;
            }
            usages.retain(|usage| extensions.ext_key_usage.contains(usage));
        }
        !usages.is_empty()
    }
}

/// Whether a certificate may issue those of the chain.
fn is_authority(issuer: &Certificate, below: &[&Certificate]) -> bool {
    const CERT_SIGN: i64 = 1 << 5;
    let extensions = &issuer.extensions;
    let Some((is_authority, length)) = extensions.basic_constraints else { return false };
    // The certificate at the bottom does not count.
    let between = i64::try_from(below.len().saturating_sub(1)).unwrap_or(i64::MAX);
    is_authority
        && issuer.version == 3
        && (extensions.key_usage == 0 || extensions.key_usage & CERT_SIGN != 0)
        && length.is_none_or(|length| between <= length)
}

/// Whether a certificate's signature is one of the issuer's key. Signatures with MD5 and SHA-1 are not.
fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let algorithm = match certificate.signature_algorithm {
        4 => Algorithm::Rsa(Hash::Sha256),
        5 => Algorithm::Rsa(Hash::Sha384),
        6 => Algorithm::Rsa(Hash::Sha512),
        10 => Algorithm::Ecdsa(Hash::Sha256),
        11 => Algorithm::Ecdsa(Hash::Sha384),
        12 => Algorithm::Ecdsa(Hash::Sha512),
        13 => Algorithm::Pss(Hash::Sha256),
        14 => Algorithm::Pss(Hash::Sha384),
        15 => Algorithm::Pss(Hash::Sha512),
        16 => Algorithm::EdDsa,
        _ => return false,
    };
    let key = &issuer.public_key.key;
    let signature = match (key, algorithm) {
        (PublicKey::Ec { curve, .. }, Algorithm::Ecdsa(_)) => halves(&certificate.signature, curve.size()),
        _ => Some(certificate.signature.clone()),
    };
    signature.is_some_and(|signature| key.verifies(algorithm, Form::Standard, &certificate.raw_tbs, &signature))
}

/// The two numbers of an ECDSA signature in DER (RFC 3279, section 2.2.3), one after the other.
fn halves(der: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut outer = Reader::new(der);
    let mut numbers = outer.expect(tag::SEQUENCE).ok()?.reader();
    let (r, s) = (numbers.unsigned().ok()?, numbers.unsigned().ok()?);
    (outer.is_empty() && numbers.is_empty()).then_some(())?;
    Some([padded(r, size)?, padded(s, size)?].concat())
}

fn is_within(names: &AlternativeNames, permitted: &Subtrees, excluded: &Subtrees) -> bool {
    let knows_mail = names.email.is_empty() || permitted.email.is_empty() && excluded.email.is_empty();
    let knows_uris = names.uri.is_empty() || permitted.uri.is_empty() && excluded.uri.is_empty();
    let is_dns_allowed = names.dns.iter().all(|name| {
        !excluded.dns.iter().any(|domain| may_be_in(name, domain))
            && (permitted.dns.is_empty() || permitted.dns.iter().any(|domain| is_in(name, domain)))
    });
    let is_ip_allowed = names.ip.iter().all(|address| {
        !excluded.ip.iter().any(|range| contains(range, *address))
            && (permitted.ip.is_empty() || permitted.ip.iter().any(|range| contains(range, *address)))
    });
    knows_mail && knows_uris && is_dns_allowed && is_ip_allowed
}

/// Whether a name is a domain or below it. One that begins with a dot has only what is below.
fn is_in(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let is_below = |parent: &str| {
        name.strip_suffix(parent).and_then(|rest| rest.strip_suffix('.')).is_some_and(|label| !label.is_empty())
    };
    match domain.strip_prefix('.') {
        Some(parent) => is_below(parent),
        None => domain.is_empty() || name == domain || is_below(&domain),
    }
}

/// The same, where a wildcard may stand for a name in the domain.
fn may_be_in(name: &str, domain: &str) -> bool {
    let below = domain.trim_start_matches('.').to_ascii_lowercase();
    is_in(name, domain)
        || name.strip_prefix("*.").is_some_and(|parent| {
            let parent = parent.to_ascii_lowercase();
            is_in(&below, &parent) || is_in(&parent, &below)
        })
}

fn contains((network, mask): &(Vec<u8>, Vec<u8>), address: IpAddr) -> bool {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes.len() == network.len()
        && bytes.iter().zip(network).zip(mask).all(|((byte, network), mask)| byte & mask == network & mask)
}

/// Whether a certificate is for a host.
fn is_for(certificate: &Certificate, host: &str) -> bool {
    let names = &certificate.extensions.names;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return names.ip.iter().any(|other| other.to_canonical() == address.to_canonical());
    }
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    if host.is_empty() || host.split('.').any(str::is_empty) {
        return false;
    }
    names.dns.iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        if pattern == host {
            return true;
        }
        // A wildcard stands for one whole label, the first.
        match (pattern.strip_prefix("*."), host.split_once('.')) {
            (Some(parent), Some((_, rest))) => parent == rest,
            _ => false,
        }
    })
}
