//! polcheck as its users see it: the binary, called with real images in a real registry.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod adoption;
mod attach_modes;
mod attest;
mod bad_input;
mod check;
mod claims;
mod config;
mod dockerfile;
mod examples;
mod facts;
mod fix;
mod fix_corpus;
mod harness;
mod help;
mod hostile_registry;
mod html;
mod identities;
mod images;
mod index;
mod keyless;
mod kms;
mod lint;
mod logins;
mod outputs;
mod pack;
mod plan;
mod policy_sets;
mod predicates;
mod readme;
mod registries;
mod replay;
mod reports;
mod rules;
mod schema;
mod sources;
mod statements;
mod supply;
mod trust;
mod trusted_roots;
mod verify;
mod waivers;
