//! Statements from the report to the verified statement, and everything that must not verify.

#[cfg(test)]
mod cosign;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod hostile_bytes;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod rejections;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod summaries;
#[cfg(test)]
mod support;
