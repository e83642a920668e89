//! Facts as the host serves them.

use crate::attestations::{Attestation, Signer, Subject};
use crate::bindings::polcheck::policy::{
    attestations, base_image, dockerfile, evaluation, image, matching, settings,
};
use crate::dockerfile::{
    CommandList, Diagnostic, Difference, Directive, EffectiveConfig, FileSource, FileStatus, Flow,
    Instruction, Mount, Stage, Suppression, VariableUse,
};
use crate::{
    Base, EnforcementPoint, FactError, HistoryEntry, ImageBase, ImageConfig, Layer, ManifestInfo,
    Reference,
};

/// The imports of the component.
#[derive(Debug)]
pub(crate) struct Imports;

#[expect(
    clippy::unused_self,
    reason = "the twin for native tests, `testing::Given`, has a self to ask"
)]
impl Imports {
    pub(crate) fn manifest(&self) -> Result<ManifestInfo, FactError> {
        image::manifest()
    }

    pub(crate) fn config(&self) -> Result<ImageConfig, FactError> {
        image::config()
    }

    pub(crate) fn history(&self) -> Result<Vec<HistoryEntry>, FactError> {
        image::history()
    }

    pub(crate) fn layers(&self) -> Result<Vec<Layer>, FactError> {
        image::layers()
    }

    pub(crate) fn raw_config(&self) -> Result<String, FactError> {
        image::raw_config()
    }

    pub(crate) fn dockerfile_source(&self) -> Result<FileSource, FactError> {
        dockerfile::source()
    }

    pub(crate) fn dockerfile_status(&self) -> Result<FileStatus, FactError> {
        dockerfile::status()
    }

    pub(crate) fn directives(&self) -> Result<Vec<Directive>, FactError> {
        dockerfile::directives()
    }

    pub(crate) fn diagnostics(&self) -> Result<Vec<Diagnostic>, FactError> {
        dockerfile::diagnostics()
    }

    pub(crate) fn skipped_diagnostics(&self) -> Result<Vec<Diagnostic>, FactError> {
        dockerfile::skipped_diagnostics()
    }

    pub(crate) fn stages(&self) -> Result<Vec<Stage>, FactError> {
        dockerfile::stages()
    }

    pub(crate) fn stage_config(&self, stage: u32) -> Result<EffectiveConfig, FactError> {
        dockerfile::config(stage)
    }

    pub(crate) fn mounts(&self) -> Result<Vec<Mount>, FactError> {
        dockerfile::mounts()
    }

    pub(crate) fn flows(&self) -> Result<Vec<Flow>, FactError> {
        dockerfile::flows()
    }

    pub(crate) fn variable_uses(
        &self,
        only_undefined: bool,
    ) -> Result<Vec<VariableUse>, FactError> {
        dockerfile::variable_uses(only_undefined)
    }

    pub(crate) fn suppressions(&self) -> Result<Vec<Suppression>, FactError> {
        dockerfile::suppressions()
    }

    pub(crate) fn comparison(&self) -> Result<Vec<Difference>, FactError> {
        dockerfile::comparison()
    }

    pub(crate) fn ignore_patterns(&self) -> Result<Vec<String>, FactError> {
        dockerfile::ignore_patterns()
    }

    pub(crate) fn dockerfile_text(&self) -> Result<String, FactError> {
        dockerfile::text()
    }

    pub(crate) fn instructions(&self) -> Result<Vec<Instruction>, FactError> {
        dockerfile::instructions(&[])
    }

    pub(crate) fn commands(&self) -> Result<CommandList, FactError> {
        dockerfile::commands(&[])
    }

    pub(crate) fn base_of_stage(&self, stage: u32) -> Result<Base, FactError> {
        base_image::of_stage(stage)
    }

    pub(crate) fn base_of_image(&self) -> Result<ImageBase, FactError> {
        base_image::of_image()
    }

    pub(crate) fn trusts_anybody(&self) -> Result<bool, FactError> {
        attestations::trusts_anybody()
    }

    pub(crate) fn signers(&self) -> Result<Vec<Signer>, FactError> {
        attestations::signers()
    }

    pub(crate) fn attached(
        &self,
        subject: Subject,
        predicate_types: &[String],
    ) -> Result<Vec<Attestation>, FactError> {
        attestations::attached(subject, predicate_types)
    }

    pub(crate) fn trusted_claims(&self) -> Result<Vec<String>, FactError> {
        attestations::trusted_claims()
    }

    pub(crate) fn predicate(&self, id: u32) -> Result<String, FactError> {
        attestations::predicate(id)
    }

    pub(crate) fn predicate_value(
        &self,
        id: u32,
        pointer: &str,
    ) -> Result<Option<String>, FactError> {
        attestations::predicate_value(id, pointer)
    }

    pub(crate) fn predicate_text(
        &self,
        id: u32,
        pointer: &str,
    ) -> Result<Option<String>, FactError> {
        attestations::predicate_text(id, pointer)
    }

    pub(crate) fn time(&self) -> u64 {
        evaluation::time()
    }

    pub(crate) fn point(&self) -> EnforcementPoint {
        evaluation::point()
    }

    pub(crate) fn subject_name(&self) -> Option<String> {
        evaluation::subject_name()
    }

    pub(crate) fn claims(&self) -> Vec<String> {
        evaluation::claims()
    }

    pub(crate) fn context(&self, key: &str) -> Option<String> {
        evaluation::context(key)
    }

    pub(crate) fn glob_match(&self, pattern: &str, text: &str) -> bool {
        matching::glob_match(pattern, text)
    }

    pub(crate) fn parse_reference(&self, text: &str) -> Result<Reference, String> {
        matching::parse_reference(text)
    }

    pub(crate) fn regex_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        matching::regex_match(pattern, text)
    }

    pub(crate) fn text(&self, rule: &str, pointer: &str) -> Option<String> {
        settings::text(rule, pointer)
    }

    pub(crate) fn texts(&self, rule: &str, pointer: &str) -> Vec<String> {
        settings::texts(rule, pointer)
    }

    pub(crate) fn keys(&self, rule: &str, pointer: &str) -> Vec<String> {
        settings::keys(rule, pointer)
    }

    pub(crate) fn integer(&self, rule: &str, pointer: &str) -> Option<i64> {
        settings::integer(rule, pointer)
    }

    pub(crate) fn boolean(&self, rule: &str, pointer: &str) -> Option<bool> {
        settings::boolean(rule, pointer)
    }
}
