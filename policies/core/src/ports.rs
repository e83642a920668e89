//! Exposed ports: `PORT`, `PORT/PROTOCOL` or `FIRST-LAST/PROTOCOL`.

use polcheck_sdk::{Item, RunConfig};
use std::ops::RangeInclusive;

/// What the image itself exposes, beside what its base image does; without entries that mean nothing.
pub(crate) fn exposed(config: &RunConfig) -> impl Iterator<Item = (&Item, RangeInclusive<u16>)> {
    let own = config
        .exposed_ports
        .iter()
        .filter(|port| !port.is_inherited);
    own.filter_map(|port| Some((port, range(&port.key)?)))
}

/// The ports that one entry of `ExposedPorts` means; none where it means nothing.
fn range(entry: &str) -> Option<RangeInclusive<u16>> {
    let ports = entry.split_once('/').map_or(entry, |(ports, _)| ports);
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    Some(first.parse().ok()?..=last.parse().ok()?)
}
