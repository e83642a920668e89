//! The ports of `EXPOSE`.

use crate::quote::quoted;
use std::net::IpAddr;

/// A port, or several in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last: the first, where there is one port.
    pub last: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

impl Ports {
    /// Each as the image's configuration has it: `80/tcp`.
    pub fn each(&self) -> impl Iterator<Item = String> + '_ {
        (self.first..=self.last).map(|port| format!("{port}/{}", self.protocol))
    }
}

/// A port as it is written, with what BuildKit frowns upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) ports: Result<Ports, String>,
    /// The protocol is not in lower case.
    pub(super) casing: bool,
    /// There is an address, or a port of the host.
    pub(super) mapping: bool,
}

/// Reads `[[address:]port:]port[/protocol]`.
pub(super) fn read(text: &str) -> Result<Written, String> {
    let mut parts = text.rsplitn(3, ':');
    let container = parts.next().unwrap_or_default();
    let host = parts.next().unwrap_or_default();
    let address = parts.next().unwrap_or_default();
    let (range, protocol) = container.split_once('/').unwrap_or((container, ""));
    let invalid = |why: &str| format!("invalid port: {}: {why}", quoted(text));
    if range.is_empty() {
        return Err(invalid("no port specified"));
    }
    let lower = protocol.to_lowercase();
    if !["", "tcp", "udp", "sctp"].contains(&lower.as_str()) {
        return Err(invalid(&format!("invalid proto: {protocol}")));
    }
    Ok(Written {
        casing: protocol != lower,
        mapping: !address.is_empty() || !host.is_empty(),
        ports: check_address(address).and_then(|()| {
            let (first, last) =
                range_of(range).ok_or_else(|| format!("invalid containerPort: {range}"))?;
            check_host(host, range, last - first)?;
            Ok(Ports {
                first,
                last,
                protocol: if lower.is_empty() {
                    "tcp".to_owned()
                } else {
                    lower.clone()
                },
            })
        }),
    })
}

fn check_address(address: &str) -> Result<(), String> {
    let mut bare = address;
    if address.starts_with('[') {
        let Some((inner, "")) = address
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        else {
            return Err(bracket_problem(address));
        };
        if inner.contains('[') {
            return Err(format!(
                "invalid IP address {address}: address {address}:: unexpected '[' in address"
            ));
        }
        bare = inner;
    }
    if bare.is_empty() || bare.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    Err(format!("invalid IP address: {bare}"))
}

/// What Go's `net.SplitHostPort` says about brackets that do not fit.
fn bracket_problem(address: &str) -> String {
    let why = match address.find(']') {
        None => "missing ']' in address",
        // A colon must follow the bracket.
        Some(end)
            if address
                .get(end + 1..)
                .is_some_and(|rest| rest.starts_with(':')) =>
        {
            "too many colons in address"
        }
        Some(_) => "missing port in address",
    };
    format!("invalid IP address {address}: address {address}:: {why}")
}

fn check_host(host: &str, range: &str, length: u16) -> Result<(), String> {
    if host.is_empty() {
        return Ok(());
    }
    let (first, last) = range_of(host).ok_or_else(|| format!("invalid hostPort: {host}"))?;
    // A single port may be served from a range of the host.
    if length != last - first && length != 0 {
        return Err(format!(
            "invalid ranges specified for container and host Ports: {range} and {host}"
        ));
    }
    Ok(())
}

/// `8000-9000`
fn range_of(text: &str) -> Option<(u16, u16)> {
    let (first, last) = match text.split_once('-') {
        Some((first, last)) if first != last => (first, last),
        Some((first, _)) => (first, first),
        None => (text, text),
    };
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// As Go reads it: a sign is fine.
fn number(text: &str) -> Option<u16> {
    u16::try_from(text.parse::<i64>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("80", "80/tcp")]
    #[case("53/UDP", "53/udp")]
    #[case("8000-8002/sctp", "8000/sctp 8001/sctp 8002/sctp")]
    #[case("127.0.0.1:8443:443", "443/tcp")]
    #[case("[::1]:1:1", "1/tcp")]
    #[case("8000-9000:80", "80/tcp")]
    #[case("80-80", "80/tcp")]
    #[case("80/", "80/tcp")]
    fn reads_ports(#[case] text: &str, #[case] expected: &str) {
        let ports = read(text).unwrap().ports.unwrap();
        assert_eq!(ports.each().collect::<Vec<_>>().join(" "), expected);
    }

    #[rstest]
    #[case("", "invalid port: \"\": no port specified")]
    #[case("/tcp", "invalid port: \"/tcp\": no port specified")]
    #[case("80/http", "invalid port: \"80/http\": invalid proto: http")]
    #[case("http", "invalid containerPort: http")]
    #[case("65536", "invalid containerPort: 65536")]
    #[case("9-8", "invalid containerPort: 9-8")]
    #[case("x:80", "invalid hostPort: x")]
    #[case(
        "1-3:7-8",
        "invalid ranges specified for container and host Ports: 7-8 and 1-3"
    )]
    #[case("host:1:1", "invalid IP address: host")]
    fn says_what_is_wrong(#[case] text: &str, #[case] message: &str) {
        assert_eq!(
            read(text).and_then(|written| written.ports),
            Err(message.to_owned())
        );
    }
}
