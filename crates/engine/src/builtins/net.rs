//! Networks and addresses. Text is read and written as Go's `net` package does.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::host;
use crate::value::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "net.cidr_contains",
        signature: "(cidr: string, cidr_or_ip: string) -> result: boolean",
        doc: "Whether a network contains an address or all of another network.",
        example: (r#"net.cidr_contains("10.0.0.0/8", "10.1.2.0/24")"#, "true"),
        purity: Purity::Pure,
        call: cidr_contains,
    },
    Builtin {
        name: "net.cidr_contains_matches",
        signature: "(cidrs: string | array[string | array[any]] | object[string: string | array[any]] | \
                    set[string | array[any]], \
                    cidrs_or_ips: string | array[string | array[any]] | object[string: string | array[any]] | \
                    set[string | array[any]]) -> output: set[array<any, any>]",
        doc: "Pairs of the places of networks and of the addresses or networks they contain: indices of arrays, keys \
              of objects, members of sets. An array in place of a string stands for its first item.",
        example: (r#"net.cidr_contains_matches(["10.0.0.0/8", "::/0"], {"a": "10.1.1.1"})"#, r#"[[0, "a"]]"#),
        purity: Purity::Pure,
        call: cidr_contains_matches,
    },
    Builtin {
        name: "net.cidr_expand",
        signature: "(cidr: string) -> hosts: set[string]",
        doc: "All addresses of a network.",
        example: (r#"net.cidr_expand("10.0.0.7/31")"#, r#"["10.0.0.6", "10.0.0.7"]"#),
        purity: Purity::Pure,
        call: cidr_expand,
    },
    Builtin {
        name: "net.cidr_intersects",
        signature: "(cidr1: string, cidr2: string) -> result: boolean",
        doc: "Whether two networks have addresses in common.",
        example: (r#"net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")"#, "true"),
        purity: Purity::Pure,
        call: cidr_intersects,
    },
    Builtin {
        name: "net.cidr_is_valid",
        signature: "(cidr: string) -> result: boolean",
        doc: "Whether the string is a network: an address, `/` and the length of its prefix.",
        example: (r#"net.cidr_is_valid("10.0.0.0/33")"#, "false"),
        purity: Purity::Pure,
        call: cidr_is_valid,
    },
    Builtin {
        name: "net.cidr_merge",
        signature: "(addrs: array[any<string>] | set[string]) -> output: set[string]",
        doc: "The fewest networks that have the addresses of the given ones. An IPv4 address alone stands for its \
              class's network, as in OPA.",
        example: (r#"net.cidr_merge(["10.0.0.0/9", "10.128.0.0/9"])"#, r#"["10.0.0.0/8"]"#),
        purity: Purity::Pure,
        call: cidr_merge,
    },
    Builtin {
        name: "net.cidr_overlap",
        signature: "(string, string) -> boolean",
        doc: "Deprecated: `net.cidr_contains` under its old name.",
        example: (r#"net.cidr_contains("10.0.0.0/8", "10.1.2.3")"#, "true"),
        purity: Purity::Pure,
        call: cidr_contains,
    },
    Builtin {
        name: "net.lookup_ip_addr",
        signature: "(name: string) -> addrs: set[string]",
        doc: "The addresses of a host name, as the host resolves it. An address stands for itself.",
        example: (r#"net.lookup_ip_addr("10.0.0.1")"#, r#"["10.0.0.1"]"#),
        purity: Purity::Nondeterministic,
        call: lookup_ip_addr,
    },
];

/// Where IPv4's addresses stand among those of IPv6 (RFC 4291, section 2.5.5.2).
const MAPPED: u128 = 0xffff << 32;

/// A network. All addresses are those of IPv6; IPv4 is `::ffff:0:0/96`, as for Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    /// The address, which may have bits after the prefix.
    address: u128,
    /// How many of the 128 bits are the prefix.
    prefix: u32,
}

impl Network {
    /// Reads `address/length`.
    fn parse(text: &str) -> Result<Self, Failure> {
        let parse = || {
            let (address, length) = text.split_once('/')?;
            let address: IpAddr = address.parse().ok()?;
            if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let (bits, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
            let length = length.parse::<u32>().ok().filter(|length| *length <= bits)?;
            let network = Network { address: number_of(address), prefix: before + length };
            Some(Network { address: network.first(), ..network })
        };
        parse().ok_or_else(|| Failure::error(format!("invalid CIDR address: {text}")))
    }

    /// The bits after the prefix.
    fn host_mask(&self) -> u128 {
        u128::MAX.checked_shr(self.prefix).unwrap_or(0)
    }

    fn first(&self) -> u128 {
        self.address & !self.host_mask()
    }

    fn last(&self) -> u128 {
        self.address | self.host_mask()
    }

    fn is_ipv4(&self) -> bool {
        self.prefix >= 96 && is_ipv4(self.address)
    }

    /// IPv6's networks do not contain IPv4's addresses.
    fn contains(&self, address: u128) -> bool {
        self.is_ipv4() == is_ipv4(address) && address & !self.host_mask() == self.first()
    }

    fn contains_network(&self, other: &Network) -> bool {
        self.is_ipv4() == other.is_ipv4()
            && self.prefix <= other.prefix
            && other.first() & !self.host_mask() == self.first()
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = if self.is_ipv4() { self.prefix - 96 } else { self.prefix };
        write!(out, "{}/{length}", address_of(self.address))
    }
}

fn number_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => MAPPED | u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address_of(number: u128) -> IpAddr {
    match u32::try_from(number ^ MAPPED) {
        Ok(bits) => Ipv4Addr::from_bits(bits).into(),
        Err(_) => Ipv6Addr::from_bits(number).into(),
    }
}

fn is_ipv4(number: u128) -> bool {
    number >> 32 == MAPPED >> 32
}

/// Whether the network contains what `text` says: an address or a network.
fn contains(network: &Network, text: &str) -> Result<bool, Failure> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(network.contains(number_of(address)));
    }
    let other = Network::parse(text)
        .map_err(|_| Failure::error(format!("not a valid textual representation of an IP address or CIDR: {text}")))?;
    Ok(network.contains_network(&other))
}

/// A string; OPA counts all of these operands as the first.
fn string(value: Value<'_>) -> Result<&str, Failure> {
    operand::string(&[value], 1)
}

fn cidr_contains<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let network = Network::parse(operand::string(args, 1)?)?;
    Ok(Value::Bool(contains(&network, string(operand::any(args, 2)?)?)?))
}

/// What a place of `net.cidr_contains_matches` holds: a string, or the first item of an array.
fn item<'a>(position: usize, value: Value<'a>) -> Result<Value<'a>, Failure> {
    match value {
        Value::String { .. } => Some(value),
        Value::Array(items) => items.first().copied(),
        _ => None,
    }
    .ok_or_else(|| Failure::error(format!("operand {position}: element must be string or non-empty array")))
}

/// The places of an operand of `net.cidr_contains_matches`, with what they hold.
fn places<'a>(operand: Value<'a>) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
    let alone = operand.as_str().map(|_| (operand, operand));
    alone.into_iter().chain((0..operand.len().unwrap_or_default()).map_while(move |at| operand.nth(at)))
}

fn cidr_contains_matches<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (networks, others) = (operand::any(args, 1)?, operand::any(args, 2)?);
    let mut found = Vec::new();
    for (network_place, network) in places(networks) {
        let network = item(1, network)?;
        let mut parsed = None;
        for (other_place, other) in places(others) {
            let other = item(2, other)?;
            let network = match parsed {
                Some(network) => network,
                None => *parsed.insert(Network::parse(string(network)?)?),
            };
            if contains(&network, string(other)?)? {
                ctx.check_size((found.len() + 1) * 3 * size_of::<Value<'_>>())?;
                found.push(Value::new_array(ctx.arena, &[network_place, other_place]));
            }
        }
    }
    Ok(Value::new_set(ctx.arena, &found))
}

fn cidr_expand<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    const LONGEST_TEXT: usize = 39;
    let network = Network::parse(operand::string(args, 1)?)?;
    let count = usize::try_from(network.host_mask()).unwrap_or(usize::MAX).saturating_add(1);
    ctx.check_size(count.saturating_mul(size_of::<Value<'_>>() + LONGEST_TEXT))?;
    let address = |number| Value::new_string(ctx.arena, &address_of(number).to_string());
    let hosts: Vec<_> = (network.first()..=network.last()).map(address).collect();
    Ok(Value::new_set(ctx.arena, &hosts))
}

fn cidr_intersects<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let left = Network::parse(operand::string(args, 1)?)?;
    let right = Network::parse(string(operand::any(args, 2)?)?)?;
    Ok(Value::Bool(left.contains(right.first()) || right.contains(left.first())))
}

fn cidr_is_valid<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(operand::any(args, 1)?.as_str().is_some_and(|text| Network::parse(text).is_ok())))
}

fn cidr_merge<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = match operand::any(args, 1)? {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        _ => return Err(Failure::error("operand must be an array")),
    };
    let mut ranges = Vec::with_capacity(items.len());
    for item in items {
        let network = mergeable(item)?;
        ranges.push(Range { first: network.first(), last: network.last(), network: Some(network) });
    }
    let mut texts = Vec::new();
    for range in merge(ranges) {
        match range.network {
            Some(network) => texts.push(network.to_string()),
            None => texts.extend(range.networks().iter().map(Network::to_string)),
        }
    }
    let texts: Vec<_> = texts.iter().map(|text| Value::new_string(ctx.arena, text)).collect();
    Ok(Value::new_set(ctx.arena, &texts))
}

/// What an item of `net.cidr_merge` stands for.
fn mergeable(item: &Value<'_>) -> Result<Network, Failure> {
    let text = item.as_str().ok_or_else(|| Failure::error("element must be string"))?;
    let Ok(address) = text.parse::<IpAddr>() else { return Network::parse(text) };
    let address = number_of(address);
    if !is_ipv4(address) {
        return Err(Failure::error("IPv6 invalid: needs prefix length"));
    }
    // The networks of old had classes, by the first bits of their addresses.
    let length = match address as u32 >> 30 {
        0 | 1 => 8,
        2 => 16,
        _ => 24,
    };
    Ok(Network { address, prefix: 96 + length })
}

/// Addresses in a row.
struct Range {
    first: u128,
    last: u128,
    /// The network it is, unless it was merged from several.
    network: Option<Network>,
}

impl Range {
    /// The fewest networks that make up the range: each time the largest that starts where it starts.
    fn networks(&self) -> Vec<Network> {
        let mut networks = Vec::new();
        let mut first = self.first;
        while first <= self.last {
            // The host part may have as many bits as the address has zeros, and as the rest of the range can fill.
            let room = (self.last - first).checked_add(1).map_or(128, u128::ilog2);
            let bits = first.trailing_zeros().min(room);
            let network = Network { address: first, prefix: 128 - bits };
            networks.push(network);
            match network.last().checked_add(1) {
                Some(next) => first = next,
                None => break,
            }
        }
        networks
    }
}

/// Joins ranges that overlap or touch. IPv4 and IPv6 do not touch each other.
fn merge(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_by_key(|range| (range.last, range.first));
    let mut merged: Vec<Range> = Vec::new();
    // From the end, since a range that ends later may take in any number of those before it.
    for range in ranges.into_iter().rev() {
        match merged.last_mut() {
            Some(next) if before(next.first) <= range.last => {
                *next = Range { first: range.first.min(next.first), last: next.last, network: None };
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// The address before; the first of IPv4 or IPv6 has none and gives itself.
fn before(address: u128) -> u128 {
    if address == MAPPED { address } else { address.saturating_sub(1) }
}

fn lookup_ip_addr<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let name = operand::string(args, 1)?;
    ctx.check_host(name)?;
    let texts = match name.parse::<IpAddr>() {
        Ok(address) => vec![address_of(number_of(address)).to_string()],
        Err(_) => ctx.host.lookup(name).map_err(of_host)?,
    };
    let addresses: Vec<_> = texts.iter().map(|text| Value::new_string(ctx.arena, text)).collect();
    Ok(Value::new_set(ctx.arena, &addresses))
}

/// A look-up that failed; that the host looks nothing up must not go unseen.
fn of_host(message: String) -> Failure {
    if message == host::REFUSED { Failure::Halt(message) } else { Failure::Error(message) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check};
    use crate::builtins::Failure;

    #[test]
    fn networks_contain_addresses_and_networks() {
        let contains = |left: &str, right: &str, expected| {
            let args = [&*format!("{left:?}"), &*format!("{right:?}")];
            check(&[("net.cidr_contains", &args, expected)]);
        };
        contains("::/80", "::/80", "true");
        contains("::/0", "::ffff:0:0/96", "false");
        contains("::/0", "1.2.3.4", "false");
        contains("0.0.0.0/0", "::/80", "false");
        contains("::ffff:1.2.3.0/120", "1.2.3.4", "true");
        contains("1.2.3.0/24", "::ffff:1.2.3.4", "true");
        contains("1.2.3.4/024", "1.2.3.9", "true");
        contains("1.2.3.4/+24", "1.2.3.9", "!invalid CIDR address: 1.2.3.4/+24");
        contains("1.2.3.4/4294967296", "1.2.3.9", "!invalid CIDR address: 1.2.3.4/4294967296");
        contains("01.2.3.4/24", "1.2.3.9", "!invalid CIDR address: 01.2.3.4/24");
        contains("::/0", "x", "!not a valid textual representation of an IP address or CIDR: x");
    }

    #[test]
    fn large_networks_are_not_expanded() {
        for network in [r#""0.0.0.0/0""#, r#""::/0""#, r#""10.0.0.0/8""#, r#""::/64""#] {
            assert!(matches!(call("net.cidr_expand", &[network]), Err(Failure::Halt(_))), "{network}");
        }
        check(&[
            ("net.cidr_expand", &[r#""255.255.255.255/32""#], r#"{"255.255.255.255"}"#),
            ("net.cidr_expand", &[r#""::ffff:1.2.3.4/127""#], r#"{"1.2.3.4", "1.2.3.5"}"#),
            (
                "net.cidr_expand",
                &[r#""ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128""#],
                r#"{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}"#,
            ),
        ]);
    }

    #[test]
    fn networks_are_merged() {
        let merge = |networks: &str, expected| check(&[("net.cidr_merge", &[networks], expected)]);
        merge("[]", "set()");
        merge(r#"["192.0.2.112"]"#, r#"{"192.0.2.112/24"}"#);
        merge(r#"["192.0.2.112", "192.0.2.1/32"]"#, r#"{"192.0.2.0/24"}"#);
        merge(r#"["::/0", "1.2.3.0/24"]"#, r#"{"::/0"}"#);
        merge(r#"["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"]"#, r#"{"10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"}"#);
        merge(r#"["0.0.0.0/1", "128.0.0.0/1"]"#, r#"{"0.0.0.0/0"}"#);
        merge(r#"["::/1", "8000::/1"]"#, r#"{"::/0"}"#);
        merge("[1]", "!element must be string");
        merge(r#"["::1"]"#, "!IPv6 invalid: needs prefix length");
    }
}
