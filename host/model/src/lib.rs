//! The nouns of polcheck. They are plain data: nothing here reads a file, opens a socket or asks for the time.
//!
//! `facts` are what policies are told, a [`Finding`] is one thing they say, an [`Outcome`] is what one rule says, a
//! [`Verdict`] is what follows from all outcomes, and a [`Report`] is what a person or a program reads about it.

pub mod canonical;
pub mod edit;
pub mod facts;
pub mod finding;
pub mod matching;
pub mod outcome;
pub mod platform;
pub mod policy_set;
mod printable;
pub mod reference;
pub mod report;
pub mod rule;
pub mod settings;
pub mod strict_json;
mod subject_names;
pub mod trust;
pub mod verdict;
pub mod waiver;

pub use edit::TextEdit;
pub use facts::{Fact, FactError, Facts, Interface, Need};
pub use finding::{Confidence, Finding, Location, Remediation, Severity};
pub use oci_spec::image::Digest;
pub use outcome::{Broken, BrokenKind, Outcome, RuleOutcome};
pub use platform::Platform;
pub use policy_set::{ClaimDefinition, PolicySet};
pub use printable::{excerpt, printable};
pub use reference::Reference;
pub use report::Report;
pub use rule::{PackDescription, PackMetadata, RuleId, RuleMetadata};
pub use subject_names::SubjectNames;
pub use trust::TrustDefinition;
pub use verdict::Verdict;
pub use waiver::{Waiver, Waivers};
