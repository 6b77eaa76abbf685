//! Extensions of certificates (RFC 5280, section 4.2), read as Go's `crypto/x509` does.

use super::certificate::{Oid, malformed};
use super::der::{Element, Malformed, Read, Reader, tag};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An extension as it stands in a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    pub id: Oid,
    pub critical: bool,
    pub value: Vec<u8>,
}

/// Names other than the subject's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AlternativeNames {
    pub dns: Vec<String>,
    pub email: Vec<String>,
    pub ip: Vec<IpAddr>,
    pub uri: Vec<String>,
}

/// Which names the certificates below may have, or may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subtrees {
    pub dns: Vec<String>,
    pub email: Vec<String>,
    /// Address and mask.
    pub ip: Vec<(Vec<u8>, Vec<u8>)>,
    pub uri: Vec<String>,
}

/// A number that a policy extension may give; nothing if it does not.
pub(super) type Skip = Option<i64>;

/// What the extensions say.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions {
    pub all: Vec<Extension>,
    pub unhandled_critical: Vec<Oid>,
    pub subject_key_id: Option<Vec<u8>>,
    pub authority_key_id: Option<Vec<u8>>,
    /// Bit by bit; zero if it does not say.
    pub key_usage: i64,
    /// Whether it is an authority, and how many may follow below.
    pub basic_constraints: Option<(bool, Skip)>,
    pub names: AlternativeNames,
    pub constraints_critical: bool,
    pub permitted: Subtrees,
    pub excluded: Subtrees,
    pub crl_points: Vec<String>,
    pub ext_key_usage: Vec<i64>,
    pub unknown_ext_key_usage: Vec<Oid>,
    pub policies: Vec<Oid>,
    pub policy_mappings: Vec<(Oid, Oid)>,
    pub require_explicit_policy: Skip,
    pub inhibit_policy_mapping: Skip,
    pub inhibit_any_policy: Skip,
    pub ocsp: Vec<String>,
    pub issuing: Vec<String>,
}

pub(super) fn extension(list: &mut Reader<'_>) -> Read<Extension> {
    let wrong = malformed("extension");
    let mut fields = list.sequence().map_err(&wrong)?;
    let id = fields.oid().map_err(&wrong)?;
    let critical = if fields.peek() == Some(tag::BOOLEAN) { fields.boolean().map_err(&wrong)? } else { false };
    let value = fields.expect(tag::OCTET_STRING).map_err(&wrong)?.content.to_vec();
    fields.end().map_err(&wrong)?;
    Ok(Extension { id, critical, value })
}

pub(super) fn read_extension(extension: &Extension, into: &mut Extensions) -> Read<()> {
    let mut reader = Reader::new(&extension.value);
    let mut is_handled = true;
    match extension.id.as_slice() {
        [2, 5, 29, 14] => {
            let wrong = malformed("subject key identifier");
            into.subject_key_id = Some(reader.expect(tag::OCTET_STRING).map_err(wrong)?.content.to_vec());
        }
        [2, 5, 29, 15] => {
            let (bytes, _) = reader.bits().map_err(malformed("key usage"))?;
            for place in 0..9_usize {
                let byte = bytes.get(place / 8).copied().unwrap_or(0);
                into.key_usage |= i64::from(byte >> (7 - place % 8) & 1) << place;
            }
        }
        [2, 5, 29, 17] => {
            into.names = alternative_names(&extension.value)?;
            let names = &into.names;
            is_handled =
                !(names.dns.is_empty() && names.email.is_empty() && names.ip.is_empty() && names.uri.is_empty());
        }
        [2, 5, 29, 19] => {
            let wrong = malformed("basic constraints");
            let mut fields = reader.sequence().map_err(&wrong)?;
            let is_authority =
                if fields.peek() == Some(tag::BOOLEAN) { fields.boolean().map_err(&wrong)? } else { false };
            let length = if fields.peek() == Some(tag::INTEGER) { Some(fields.small().map_err(&wrong)?) } else { None };
            fields.end().map_err(&wrong)?;
            into.basic_constraints = Some((is_authority, length));
        }
        [2, 5, 29, 30] => is_handled = name_constraints(extension, into)?,
        [2, 5, 29, 31] => {
            let wrong = malformed("CRL distribution points");
            let mut points = reader.sequence().map_err(&wrong)?;
            while !points.is_empty() {
                let mut point = points.sequence().map_err(&wrong)?;
                let Some(name) = point.optional(tag::constructed(0)).map_err(&wrong)? else { continue };
                let Some(full) = name.reader().optional(tag::constructed(0)).map_err(&wrong)? else { continue };
                let mut names = full.reader();
                while !names.is_empty() {
                    let name = names.any().map_err(&wrong)?;
                    if name.tag == tag::primitive(6) {
                        into.crl_points.push(ascii(&name)?);
                    }
                }
            }
        }
        [2, 5, 29, 32] => {
            let wrong = malformed("certificate policies");
            let mut policies = reader.sequence().map_err(&wrong)?;
            while !policies.is_empty() {
                into.policies.push(policies.sequence().map_err(&wrong)?.oid().map_err(&wrong)?);
            }
        }
        [2, 5, 29, 33] => {
            let wrong = malformed("policy mappings");
            let mut mappings = reader.sequence().map_err(&wrong)?;
            while !mappings.is_empty() {
                let mut mapping = mappings.sequence().map_err(&wrong)?;
                into.policy_mappings.push((mapping.oid().map_err(&wrong)?, mapping.oid().map_err(&wrong)?));
            }
        }
        [2, 5, 29, 35] => {
            let wrong = malformed("authority key identifier");
            let mut fields = reader.sequence().map_err(&wrong)?;
            into.authority_key_id =
                fields.optional(tag::primitive(0)).map_err(&wrong)?.map(|element| element.content.to_vec());
        }
        [2, 5, 29, 36] => {
            let wrong = malformed("policy constraints");
            let mut fields = reader.sequence().map_err(&wrong)?;
            for (number, skip) in [(0, &mut into.require_explicit_policy), (1, &mut into.inhibit_policy_mapping)] {
                if let Some(element) = fields.optional(tag::primitive(number)).map_err(&wrong)? {
                    let [value @ 0..0x80] = element.content else { return Err(wrong(Malformed::new(""))) };
                    *skip = Some(i64::from(*value));
                }
            }
        }
        [2, 5, 29, 37] => {
            let wrong = malformed("extended key usages");
            let mut usages = reader.sequence().map_err(&wrong)?;
            while !usages.is_empty() {
                let oid = usages.oid().map_err(&wrong)?;
                match ext_key_usage(&oid) {
                    Some(usage) => into.ext_key_usage.push(usage),
                    None => into.unknown_ext_key_usage.push(oid),
                }
            }
        }
        [2, 5, 29, 54] => {
            into.inhibit_any_policy = Some(reader.small().map_err(malformed("inhibit any policy"))?);
        }
        [1, 3, 6, 1, 5, 5, 7, 1, 1] => {
            let wrong = malformed("authority information access");
            let mut entries = reader.sequence().map_err(&wrong)?;
            while !entries.is_empty() {
                let mut entry = entries.sequence().map_err(&wrong)?;
                let method = entry.oid().map_err(&wrong)?;
                let place = entry.any().map_err(&wrong)?;
                if place.tag != tag::primitive(6) {
                    continue;
                }
                match method.as_slice() {
                    [1, 3, 6, 1, 5, 5, 7, 48, 1] => into.ocsp.push(ascii(&place)?),
                    [1, 3, 6, 1, 5, 5, 7, 48, 2] => into.issuing.push(ascii(&place)?),
                    _ => {}
                }
            }
        }
        _ => is_handled = false,
    }
    if extension.critical && !is_handled {
        into.unhandled_critical.push(extension.id.clone());
    }
    Ok(())
}

/// Go's number for what a key may be used for beyond the basic usages.
fn ext_key_usage(oid: &[u64]) -> Option<i64> {
    Some(match oid {
        [2, 5, 29, 37, 0] => 0,
        [1, 3, 6, 1, 5, 5, 7, 3, usage @ 1..=9] => i64::try_from(*usage).ok()?,
        [1, 3, 6, 1, 4, 1, 311, 10, 3, 3] => 10,
        [2, 16, 840, 1, 113730, 4, 1] => 11,
        [1, 3, 6, 1, 4, 1, 311, 2, 1, 22] => 12,
        [1, 3, 6, 1, 4, 1, 311, 61, 1, 1] => 13,
        _ => return None,
    })
}

/// An ASCII text.
fn ascii(element: &Element<'_>) -> Read<String> {
    match std::str::from_utf8(element.content) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(Malformed::new("x509: malformed IA5String")),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes))),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes))),
        _ => None,
    }
}

/// Reads the names in the value of a subject's alternative names.
pub(super) fn alternative_names(value: &[u8]) -> Read<AlternativeNames> {
    let mut names = AlternativeNames::default();
    let mut list =
        Reader::new(value).sequence().map_err(|_| Malformed::new("x509: invalid subject alternative names"))?;
    while !list.is_empty() {
        let element = list.any().map_err(|_| Malformed::new("x509: invalid subject alternative name"))?;
        match element.tag & 0x1f {
            _ if element.tag & 0xc0 != 0x80 => {}
            1 => names.email.push(ascii(&element)?),
            2 => names.dns.push(ascii(&element)?),
            6 => names.uri.push(ascii(&element)?),
            7 => {
                let length = element.content.len();
                let wrong = || Malformed(format!("x509: cannot parse IP address of length {length}"));
                names.ip.push(address(element.content).ok_or_else(wrong)?);
            }
            _ => {}
        }
    }
    Ok(names)
}

/// Reads name constraints; false if some are of a kind that is not known.
fn name_constraints(extension: &Extension, into: &mut Extensions) -> Read<bool> {
    let wrong = || Malformed::new("x509: invalid NameConstraints extension");
    let mut outer = Reader::new(&extension.value);
    let mut fields = outer.sequence().map_err(|_| wrong())?;
    outer.end().map_err(|_| wrong())?;
    let (permitted, excluded) = (
        fields.optional(tag::constructed(0)).map_err(|_| wrong())?,
        fields.optional(tag::constructed(1)).map_err(|_| wrong())?,
    );
    fields.end().map_err(|_| wrong())?;
    if permitted.is_none_or(|list| list.content.is_empty()) && excluded.is_none_or(|list| list.content.is_empty()) {
        return Err(Malformed::new("x509: empty name constraints extension"));
    }
    let mut is_handled = true;
    for (list, subtrees) in [(permitted, &mut into.permitted), (excluded, &mut into.excluded)] {
        let Some(list) = list else { continue };
        let mut list = list.reader();
        while !list.is_empty() {
            let mut subtree = list.sequence().map_err(|_| wrong())?;
            let base = subtree.any().map_err(|_| wrong())?;
            match base.tag {
                found if found == tag::primitive(1) => subtrees.email.push(ascii(&base)?),
                found if found == tag::primitive(2) => subtrees.dns.push(ascii(&base)?),
                found if found == tag::primitive(6) => subtrees.uri.push(ascii(&base)?),
                found if found == tag::primitive(7) && matches!(base.content.len(), 8 | 32) => {
                    let (address, mask) = base.content.split_at_checked(base.content.len() / 2).ok_or_else(wrong)?;
                    subtrees.ip.push((address.to_vec(), mask.to_vec()));
                }
                found if found == tag::primitive(7) => return Err(wrong()),
                _ => is_handled = false,
            }
        }
    }
    into.constraints_critical = extension.critical;
    Ok(is_handled)
}
