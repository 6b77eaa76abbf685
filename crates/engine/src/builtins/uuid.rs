//! Universally unique identifiers (RFC 4122).

use super::failure::operand;
use super::rand::random;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "uuid.parse",
        signature: "(uuid: string) -> result: object[string: any]",
        doc: "What an identifier holds: its version and variant, and for versions 1 and 2 the time in nanoseconds, \
              the clock sequence and what the node's address tells; for version 2 also domain and number. Undefined \
              if it is none. Braces, `urn:uuid:` in front and leaving out the dashes are allowed.",
        example: (r#"uuid.parse("00000000-0000-4000-8000-000000000000")"#, r#"{"variant": "RFC4122", "version": 4}"#),
        purity: Purity::Pure,
        call: parse,
    },
    Builtin {
        name: "uuid.rfc4122",
        signature: "(k: string) -> output: string",
        doc: "A random identifier (version 4). The same for equal arguments within an evaluation.",
        example: (r#"uuid.parse(uuid.rfc4122("request")).version"#, "4"),
        purity: Purity::Nondeterministic,
        call: rfc4122,
    },
];

fn rfc4122<'a>(ctx: &mut Context<'a, '_>, _: &[Value<'a>]) -> Outcome<'a> {
    let random = u128::from_be_bytes(random(ctx)?);
    let bits = random & !(0xf000_u128 << 64) & !(0xc0_u128 << 56) | 0x4000_u128 << 64 | 0x80_u128 << 56;
    let hex = format!("{bits:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default());
    Ok(Value::new_string(ctx.arena, &parts.join("-")))
}

fn parse<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let id = read(operand::string(args, 1)?).ok_or(Failure::Undefined)?;
    let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, node @ ..] = id;
    let text = |text: &str| Value::new_string(ctx.arena, text);
    let variant = match b8 >> 5 {
        0..=3 => "Reserved",
        4 | 5 => "RFC4122",
        6 => "Microsoft",
        _ => "Future",
    };
    let version = b6 >> 4;
    let mut fields = vec![("version", Value::Int(version.into())), ("variant", text(variant))];
    if matches!(version, 1 | 2) {
        let sequence = u16::from_be_bytes([b8, b9]) & 0x3fff;
        let ticks = i64::from_be_bytes([b6 & 0x0f, b7, b4, b5, b0, b1, b2, b3]);
        let node_id = node.map(|byte| format!("{byte:02x}")).join("-");
        fields.extend([
            ("time", Value::Int(unix_nanoseconds(ticks))),
            ("nodeid", text(&node_id)),
            ("macvariables", text(address_kind(node))),
            ("clocksequence", Value::Int(sequence.into())),
        ]);
    }
    if version == 2 {
        let domain = match b9 {
            0 => "Person".into(),
            1 => "Group".into(),
            2 => "Org".into(),
            other => format!("Domain{other}"),
        };
        let number = u32::from_be_bytes([b0, b1, b2, b3]);
        fields.extend([("domain", text(&domain)), ("id", Value::Int(number.into()))]);
    }
    let entries: Vec<_> = fields.iter().map(|(name, value)| (Value::string(name), *value)).collect();
    Ok(Value::new_object(ctx.arena, &entries))
}

/// Reads the forms that `uuid.parse` takes. Of 38 characters the first and last may be any, not only braces.
fn read(text: &str) -> Option<[u8; 16]> {
    const PREFIX: &[u8] = b"urn:uuid:";
    let bytes = text.as_bytes();
    let digits: Vec<u8> = match bytes.len() {
        32 => bytes.to_vec(),
        36 => without_dashes(bytes)?,
        38 => without_dashes(bytes.get(1..37)?)?,
        45 => {
            let (prefix, rest) = bytes.split_at_checked(PREFIX.len())?;
            prefix.eq_ignore_ascii_case(PREFIX).then_some(())?;
            without_dashes(rest)?
        }
        _ => return None,
    };
    let mut id = 0_u128;
    for digit in digits {
        id = id << 4 | u128::from(char::from(digit).to_digit(16)?);
    }
    Some(id.to_be_bytes())
}

/// The digits of the form with dashes, which stand where they must.
fn without_dashes(bytes: &[u8]) -> Option<Vec<u8>> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    DASHES.iter().all(|at| bytes.get(*at) == Some(&b'-')).then_some(())?;
    Some(bytes.iter().enumerate().filter(|(at, _)| !DASHES.contains(at)).map(|(_, byte)| *byte).collect())
}

/// Identifiers count 100 nanoseconds since the Gregorian calendar began; what does not fit 64 bits wraps, as in OPA.
fn unix_nanoseconds(ticks: i64) -> i64 {
    const EPOCH: i64 = 122_192_928_000_000_000;
    ticks.wrapping_sub(EPOCH).wrapping_mul(100)
}

/// What the first byte of a network address tells (RFC 7042, section 2.1).
fn address_kind([first, ..]: [u8; 6]) -> &'static str {
    match first & 3 {
        0 => "global:unicast",
        1 => "global:multicast",
        2 => "local:unicast",
        _ => "local:multicast",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Ones, call_with, check};

    #[test]
    fn random_identifiers_have_version_and_variant() {
        let id = call_with(&Ones, "uuid.rfc4122", &[r#""""#]);
        assert_eq!(id.as_deref(), Ok(r#""ffffffff-ffff-4fff-bfff-ffffffffffff""#));
        check(&[("uuid.rfc4122", &[r#""""#], "!the host gives no random numbers")]);
    }

    #[test]
    fn identifiers_are_taken_apart() {
        let parse = |id: &str, expected| check(&[("uuid.parse", &[&format!("{id:?}")], expected)]);
        parse(
            "URN:UUID:000003e8-48b9-21ee-b205-325096b39f47",
            r#"{"clocksequence": 12805, "domain": "Domain5", "id": 1000, "macvariables": "local:unicast", "nodeid": "32-50-96-b3-9f-47", "time": 1693566990121469600, "variant": "RFC4122", "version": 2}"#,
        );
        parse(
            "ffffffff-ffff-1fff-bfff-325096b39f47",
            r#"{"clocksequence": 16383, "macvariables": "local:unicast", "nodeid": "32-50-96-b3-9f-47", "time": -7607606781572612196, "variant": "RFC4122", "version": 1}"#,
        );
        parse("(00000000-0000-4000-c000-000000000000)", r#"{"variant": "Microsoft", "version": 4}"#);
        parse("6bea8ef2d3d33cd184e09bab06a52ece", r#"{"variant": "RFC4122", "version": 3}"#);
        parse("00000000-0000-4000-8000-00000000000g", "undefined");
        parse("00000000x0000-4000-8000-000000000000", "undefined");
        parse("", "undefined");
    }
}
