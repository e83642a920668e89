//! Addresses to listen on: `0.0.0.0:8001`, `:40000`, `tcp://[::]:2375`.

use crate::parts::cut;
use polcheck_sdk::Item;

/// The port, if the address is one of all interfaces.
pub(crate) fn open_port(address: &str) -> Option<u16> {
    let address = cut(address, "://").map_or(address, |(_, rest)| rest);
    let address = address.trim_matches(['"', '\'']);
    let address = address.split(['/', '?', ' ']).next()?;
    let (host, port) = address.rsplit_once(':')?;
    is_everywhere(host).then(|| port.parse().ok())?
}

/// Whether a host means all interfaces.
pub(crate) fn is_everywhere(host: &str) -> bool {
    matches!(host, "" | "0.0.0.0" | "*" | "[::]" | "::" | "+")
}

/// Whether one of the addresses of a variable is one of all interfaces.
pub(crate) fn is_open(variable: &Item) -> bool {
    let mut addresses = variable.value.iter().flat_map(|value| value.split(','));
    addresses.any(|address| open_port(address.trim()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0.0.0.0:8001", Some(8001))]
    #[case(":40000", Some(40000))]
    #[case("tcp://[::]:2375/x", Some(2375))]
    #[case("0.0.0.0:8444 http2 ssl", Some(8444))]
    #[case("127.0.0.1:8001", None)]
    #[case("localhost:1", None)]
    #[case("8001", None)]
    #[case("http://example.com", None)]
    fn only_all_interfaces_are_open(#[case] address: &str, #[case] port: Option<u16>) {
        assert_eq!(open_port(address), port);
    }
}
