//! The twin of the interface `dockerfile`.

use super::dockerfile as into;
use super::image::fact_error;
use crate::FactError;
use crate::dockerfile::{
    CommandList, Diagnostic, Difference, Directive, EffectiveConfig, FileSource, FileStatus, Flow,
    Instruction, Mount, Stage, Suppression, VariableUse,
};
use crate::testing::Given;
use model::facts::DockerfileFacts;

impl Given {
    fn file(&self) -> Result<&DockerfileFacts, FactError> {
        match &self.facts.dockerfile {
            None => Err(FactError::Denied),
            Some(Err(error)) => Err(fact_error(error)),
            Some(Ok(file)) => Ok(file),
        }
    }

    pub(crate) fn dockerfile_source(&self) -> Result<FileSource, FactError> {
        self.file().map(into::source)
    }

    pub(crate) fn dockerfile_status(&self) -> Result<FileStatus, FactError> {
        self.file().map(into::status)
    }

    pub(crate) fn directives(&self) -> Result<Vec<Directive>, FactError> {
        Ok(self
            .file()?
            .directives
            .iter()
            .map(into::directive)
            .collect())
    }

    pub(crate) fn diagnostics(&self) -> Result<Vec<Diagnostic>, FactError> {
        Ok(self
            .file()?
            .diagnostics
            .iter()
            .map(into::diagnostic)
            .collect())
    }

    pub(crate) fn skipped_diagnostics(&self) -> Result<Vec<Diagnostic>, FactError> {
        let skipped = &self.file()?.skipped_diagnostics;
        Ok(skipped.iter().map(into::diagnostic).collect())
    }

    pub(crate) fn stages(&self) -> Result<Vec<Stage>, FactError> {
        let file = self.file()?;
        let stages = file.stages.iter();
        Ok(stages
            .map(|stage| into::stage(stage, file.target))
            .collect())
    }

    pub(crate) fn stage_config(&self, stage: u32) -> Result<EffectiveConfig, FactError> {
        let mut stages = self.file()?.stages.iter();
        stages
            .find(|candidate| candidate.index == stage)
            .and_then(|stage| stage.config.as_ref())
            .map(into::effective_config)
            .ok_or(FactError::Absent)
    }

    pub(crate) fn instructions(&self) -> Result<Vec<Instruction>, FactError> {
        let indexed = (0..).zip(&self.file()?.instructions);
        Ok(indexed
            .map(|(index, row)| into::instruction(index, row))
            .collect())
    }

    pub(crate) fn commands(&self) -> Result<CommandList, FactError> {
        let file = self.file()?;
        let indexed = (0..).zip(&file.commands);
        Ok(CommandList {
            commands: indexed
                .map(|(index, row)| into::command(index, row))
                .collect(),
            complete: file.commands_complete,
        })
    }

    pub(crate) fn mounts(&self) -> Result<Vec<Mount>, FactError> {
        Ok(self.file()?.mounts.iter().map(into::mount).collect())
    }

    pub(crate) fn flows(&self) -> Result<Vec<Flow>, FactError> {
        Ok(self.file()?.flows.iter().map(into::flow).collect())
    }

    pub(crate) fn variable_uses(
        &self,
        only_undefined: bool,
    ) -> Result<Vec<VariableUse>, FactError> {
        let uses = self.file()?.variable_uses.iter();
        let wanted = uses.filter(|used| !only_undefined || !used.defined);
        Ok(wanted.map(into::variable_use).collect())
    }

    pub(crate) fn suppressions(&self) -> Result<Vec<Suppression>, FactError> {
        Ok(self
            .file()?
            .suppressions
            .iter()
            .map(into::suppression)
            .collect())
    }

    pub(crate) fn comparison(&self) -> Result<Vec<Difference>, FactError> {
        let differences = self.file()?.comparison.as_ref().ok_or(FactError::Absent)?;
        Ok(differences.iter().map(into::difference).collect())
    }

    pub(crate) fn ignore_patterns(&self) -> Result<Vec<String>, FactError> {
        self.file()?
            .ignore_patterns
            .clone()
            .ok_or(FactError::Absent)
    }

    pub(crate) fn dockerfile_text(&self) -> Result<String, FactError> {
        Ok(self.file()?.text.clone())
    }
}
