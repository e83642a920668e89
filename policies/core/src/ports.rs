//! Exposed ports: `PORT`, `PORT/PROTOCOL` or `FIRST-LAST/PROTOCOL`.

use std::ops::RangeInclusive;

/// The ports that one entry of `ExposedPorts` means; none where it means nothing.
pub(crate) fn range(entry: &str) -> Option<RangeInclusive<u16>> {
    let ports = entry.split_once('/').map_or(entry, |(ports, _)| ports);
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    Some(first.parse().ok()?..=last.parse().ok()?)
}
