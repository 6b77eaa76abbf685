//! Certificates and requests for them (RFC 5280, RFC 2986), read as Go's `crypto/x509` does.
//!
//! Bytes become owned structures whose fields have Go's names and meaning. Nothing here verifies a signature.

use super::der::{Element, Malformed, Read, Reader, tag};
use super::extensions::{AlternativeNames, Extension, Extensions, alternative_names, extension, read_extension};
use crate::builtins::jwt::key_files::{SubjectPublicKey, subject_public_key};
use crate::builtins::time::calendar::{Civil, days_in};

pub(super) type Oid = Vec<u64>;

/// A distinguished name: each attribute's type and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub attributes: Vec<(Oid, String)>,
}

/// A time as it stands in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    /// Seconds since the Unix epoch.
    pub seconds: i64,
    date: (i64, i64, i64),
    clock: (i64, i64, i64),
}

impl std::fmt::Display for Time {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((year, month, day), (hour, minute, second)) = (self.date, self.clock);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// A certificate.
pub(super) struct Certificate {
    pub raw: Vec<u8>,
    pub raw_tbs: Vec<u8>,
    pub raw_subject_public_key: Vec<u8>,
    pub raw_subject: Vec<u8>,
    pub raw_issuer: Vec<u8>,
    pub signature: Vec<u8>,
    /// Go's number for it.
    pub signature_algorithm: i64,
    pub public_key: SubjectPublicKey,
    pub version: i64,
    /// Without leading zeros.
    pub serial: Vec<u8>,
    pub issuer: Name,
    pub subject: Name,
    pub not_before: Time,
    pub not_after: Time,
    pub extensions: Extensions,
}

/// A certificate request.
pub(super) struct Request {
    pub raw: Vec<u8>,
    pub raw_tbs: Vec<u8>,
    pub raw_subject_public_key: Vec<u8>,
    pub raw_subject: Vec<u8>,
    pub version: i64,
    pub signature: Vec<u8>,
    /// Go's number for it.
    pub signature_algorithm: i64,
    pub public_key: SubjectPublicKey,
    pub subject: Name,
    pub extensions: Vec<Extension>,
    pub names: AlternativeNames,
}

pub(super) fn malformed(what: &str) -> impl Fn(Malformed) -> Malformed {
    let text = format!("x509: malformed {what}");
    move |_| Malformed(text.clone())
}

/// Reads the DER of one certificate.
pub(super) fn parse(der: &[u8]) -> Read<Certificate> {
    let mut reader = Reader::new(der);
    let certificate = next(&mut reader)?;
    reader.end().map_err(|_| Malformed::new("x509: trailing data"))?;
    Ok(certificate)
}

/// Reads the DER of certificates, one after the other.
pub(super) fn parse_all(der: &[u8]) -> Read<Vec<Certificate>> {
    let mut reader = Reader::new(der);
    let mut certificates = Vec::new();
    while !reader.is_empty() {
        certificates.push(next(&mut reader)?);
    }
    Ok(certificates)
}

fn next(reader: &mut Reader<'_>) -> Read<Certificate> {
    let whole = reader.expect(tag::SEQUENCE).map_err(malformed("certificate"))?;
    let mut outer = whole.reader();
    let signed = outer.expect(tag::SEQUENCE).map_err(malformed("tbs certificate"))?;
    let mut body = signed.reader();

    let version = match body.optional(tag::constructed(0)).map_err(malformed("version"))? {
        None => 1,
        Some(explicit) => {
            let mut explicit = explicit.reader();
            let version = explicit.small().map_err(malformed("version"))? + 1;
            explicit.end().map_err(malformed("version"))?;
            version
        }
    };
    if !(1..=3).contains(&version) {
        return Err(Malformed::new("x509: invalid version"));
    }
    let serial = body.integer().map_err(malformed("serial number"))?;
    if serial.first().is_some_and(|first| *first >= 0x80) {
        return Err(Malformed::new("x509: negative serial number"));
    }
    let inner_algorithm = body.expect(tag::SEQUENCE).map_err(malformed("signature algorithm identifier"))?;
    let issuer = body.expect(tag::SEQUENCE).map_err(malformed("issuer"))?;
    let mut validity = body.sequence().map_err(malformed("validity"))?;
    let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
    let subject = body.expect(tag::SEQUENCE).map_err(malformed("subject"))?;
    let key = body.expect(tag::SEQUENCE).map_err(malformed("spki"))?;
    if version > 1 {
        body.optional(tag::primitive(1)).map_err(malformed("issuerUniqueID"))?;
        body.optional(tag::primitive(2)).map_err(malformed("subjectUniqueID"))?;
    }
    let mut extensions = Extensions::default();
    if version == 3
        && let Some(explicit) = body.optional(tag::constructed(3)).map_err(malformed("extensions"))?
    {
        let mut list = explicit.reader().sequence().map_err(malformed("extensions"))?;
        let mut all: Vec<Extension> = Vec::new();
        while !list.is_empty() {
            let found = extension(&mut list)?;
            if all.iter().any(|other| other.id == found.id) {
                return Err(Malformed::new("x509: certificate contains duplicate extensions"));
            }
            all.push(found);
        }
        for extension in &all {
            read_extension(extension, &mut extensions)?;
        }
        extensions.all = all;
    }
    body.end().map_err(malformed("tbs certificate"))?;

    let algorithm = outer.expect(tag::SEQUENCE).map_err(malformed("algorithm identifier"))?;
    if algorithm.raw != inner_algorithm.raw {
        return Err(Malformed::new("x509: inner and outer signature algorithm identifiers don't match"));
    }
    let (signature, unused) = outer.bits().map_err(malformed("signature"))?;
    if unused != 0 {
        return Err(Malformed::new("x509: malformed signature"));
    }
    outer.end().map_err(malformed("certificate"))?;
    Ok(Certificate {
        raw: whole.raw.to_vec(),
        raw_tbs: signed.raw.to_vec(),
        raw_subject_public_key: key.raw.to_vec(),
        raw_subject: subject.raw.to_vec(),
        raw_issuer: issuer.raw.to_vec(),
        signature: signature.to_vec(),
        signature_algorithm: signature_algorithm(algorithm.reader())?,
        public_key: subject_public_key(key.reader())?,
        version,
        serial: serial.strip_prefix(&[0]).unwrap_or(serial).to_vec(),
        issuer: name(issuer.reader())?,
        subject: name(subject.reader())?,
        not_before,
        not_after,
        extensions,
    })
}

/// A text of an attribute.
fn text(element: &Element<'_>) -> Read<String> {
    let wrong = || Malformed::new("x509: invalid RDNSequence: invalid attribute value");
    let bytes = element.content;
    let utf8 = || std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| wrong());
    match element.tag {
        tag::UTF8_STRING => utf8(),
        tag::PRINTABLE_STRING => {
            let is_printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(byte);
            if bytes.iter().all(is_printable) { utf8() } else { Err(wrong()) }
        }
        tag::NUMERIC_STRING if bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ') => utf8(),
        tag::IA5_STRING if bytes.is_ascii() => utf8(),
        tag::T61_STRING => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        tag::BMP_STRING if bytes.len().is_multiple_of(2) => {
            let units =
                bytes.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
            let mut units: Vec<u16> = units.collect();
            if units.last() == Some(&0) {
                units.pop();
            }
            String::from_utf16(&units).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

fn name(mut sets: Reader<'_>) -> Read<Name> {
    let wrong = || Malformed::new("x509: invalid RDNSequence");
    let mut attributes = Vec::new();
    while !sets.is_empty() {
        let mut set = sets.expect(tag::SET).map_err(|_| wrong())?.reader();
        while !set.is_empty() {
            let mut attribute = set.sequence().map_err(|_| wrong())?;
            let id = attribute.oid().map_err(|_| wrong())?;
            let value = attribute.any().map_err(|_| wrong())?;
            attribute.end().map_err(|_| wrong())?;
            attributes.push((id, text(&value)?));
        }
    }
    Ok(Name { attributes })
}

fn time(reader: &mut Reader<'_>) -> Read<Time> {
    let element = reader.any().map_err(|_| Malformed::new("x509: unsupported time format"))?;
    let wrong = || {
        Malformed::new(match element.tag {
            tag::UTC_TIME => "x509: malformed UTCTime",
            tag::GENERALIZED_TIME => "x509: malformed GeneralizedTime",
            _ => "x509: unsupported time format",
        })
    };
    let digits = element.content.strip_suffix(b"Z").ok_or_else(wrong)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    let (year, rest) = match element.tag {
        tag::UTC_TIME if digits.len() == 12 => {
            let (year, rest) = digits.split_at_checked(2).ok_or_else(wrong)?;
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        tag::GENERALIZED_TIME if digits.len() == 14 => {
            let (year, rest) = digits.split_at_checked(4).ok_or_else(wrong)?;
            (number(year), rest)
        }
        _ => return Err(wrong()),
    };
    let parts: Vec<i64> = rest.chunks(2).map(number).collect();
    let &[month, day, hour, minute, second] = parts.as_slice() else { return Err(wrong()) };
    let is_date = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    // Certificates have no leap seconds.
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return Err(wrong());
    }
    let nanoseconds = Civil { year, month, day, hour, minute, second, nanosecond: 0 }.nanoseconds();
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).map_err(|_| wrong())?;
    Ok(Time { seconds, date: (year, month, day), clock: (hour, minute, second) })
}

/// Go's number for a signature algorithm; zero if it is not known.
fn signature_algorithm(mut identifier: Reader<'_>) -> Read<i64> {
    let oid = identifier.oid().map_err(malformed("algorithm identifier"))?;
    Ok(match oid.as_slice() {
        [1, 2, 840, 113549, 1, 1, 4] => 2,
        [1, 2, 840, 113549, 1, 1, 5] | [1, 3, 14, 3, 2, 29] => 3,
        [1, 2, 840, 113549, 1, 1, 11] => 4,
        [1, 2, 840, 113549, 1, 1, 12] => 5,
        [1, 2, 840, 113549, 1, 1, 13] => 6,
        [1, 2, 840, 10040, 4, 3] => 7,
        [2, 16, 840, 1, 101, 3, 4, 3, 2] => 8,
        [1, 2, 840, 10045, 4, 1] => 9,
        [1, 2, 840, 10045, 4, 3, 2] => 10,
        [1, 2, 840, 10045, 4, 3, 3] => 11,
        [1, 2, 840, 10045, 4, 3, 4] => 12,
        [1, 2, 840, 113549, 1, 1, 10] => pss_algorithm(identifier).unwrap_or(0),
        // Parameters are not allowed for Ed25519.
        [1, 3, 101, 112] if identifier.is_empty() => 16,
        _ => 0,
    })
}

/// The number of RSASSA-PSS where its parameters are one of the usual three (RFC 4055, section 3.1).
fn pss_algorithm(mut identifier: Reader<'_>) -> Read<i64> {
    let unusual = || Malformed::new("unusual parameters");
    let hash_of = |element: Element<'_>| -> Read<Oid> {
        let mut algorithm = element.reader().sequence()?;
        let oid = algorithm.oid()?;
        if algorithm.is_empty() || algorithm.rest() == [tag::NULL, 0] { Ok(oid) } else { Err(unusual()) }
    };
    let mut parameters = identifier.sequence()?;
    let hash = hash_of(parameters.expect(tag::constructed(0))?)?;
    let mut mask = parameters.expect(tag::constructed(1))?.reader().sequence()?;
    let mask_oid = mask.oid()?;
    let mut mask_hash = mask.sequence()?;
    if mask_oid != [1, 2, 840, 113549, 1, 1, 8] || mask_hash.oid()? != hash {
        return Err(unusual());
    }
    let salt = parameters.expect(tag::constructed(2))?.reader().small()?;
    if let Some(trailer) = parameters.optional(tag::constructed(3))?
        && trailer.reader().small()? != 1
    {
        return Err(unusual());
    }
    match (hash.as_slice(), salt) {
        ([2, 16, 840, 1, 101, 3, 4, 2, 1], 32) => Ok(13),
        ([2, 16, 840, 1, 101, 3, 4, 2, 2], 48) => Ok(14),
        ([2, 16, 840, 1, 101, 3, 4, 2, 3], 64) => Ok(15),
        _ => Err(unusual()),
    }
}

/// Reads the DER of a certificate request.
pub(super) fn parse_request(der: &[u8]) -> Read<Request> {
    let wrong = |_| Malformed::new("asn1: structure error: malformed certificate request");
    let mut reader = Reader::new(der);
    let whole = reader.expect(tag::SEQUENCE).map_err(wrong)?;
    reader.end().map_err(|_| Malformed::new("asn1: syntax error: trailing data"))?;
    let mut outer = whole.reader();
    let signed = outer.expect(tag::SEQUENCE).map_err(wrong)?;
    let algorithm = outer.expect(tag::SEQUENCE).map_err(wrong)?;
    let (signature, _) = outer.bits().map_err(wrong)?;
    let mut body = signed.reader();
    let version = body.small().map_err(wrong)?;
    let subject = body.expect(tag::SEQUENCE).map_err(wrong)?;
    let key = body.expect(tag::SEQUENCE).map_err(wrong)?;
    let mut extensions: Vec<Extension> = Vec::new();
    if let Some(list) = body.optional(tag::constructed(0)).map_err(wrong)? {
        let mut list = list.reader();
        while !list.is_empty() {
            let mut attribute = list.sequence().map_err(wrong)?;
            let id = attribute.oid().map_err(wrong)?;
            let values = attribute.expect(tag::SET).map_err(wrong)?;
            if id == [1, 2, 840, 113549, 1, 9, 14] {
                let mut found = values.reader().sequence().map_err(wrong)?;
                while !found.is_empty() {
                    let found = extension(&mut found)?;
                    if extensions.iter().any(|other| other.id == found.id) {
                        return Err(Malformed::new(
                            "x509: certificate request contains duplicate requested extensions",
                        ));
                    }
                    extensions.push(found);
                }
            }
        }
    }
    let names = match extensions.iter().find(|extension| extension.id == [2, 5, 29, 17]) {
        Some(extension) => alternative_names(&extension.value)?,
        None => AlternativeNames::default(),
    };
    Ok(Request {
        raw: whole.raw.to_vec(),
        raw_tbs: signed.raw.to_vec(),
        raw_subject_public_key: key.raw.to_vec(),
        raw_subject: subject.raw.to_vec(),
        version,
        signature: signature.to_vec(),
        signature_algorithm: signature_algorithm(algorithm.reader())?,
        public_key: subject_public_key(key.reader())?,
        subject: name(subject.reader())?,
        extensions,
        names,
    })
}
