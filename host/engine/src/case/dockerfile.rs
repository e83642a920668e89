//! A Dockerfile in the contract's form.

use super::{Answer, Case};
use crate::bindings::polcheck::policy::dockerfile as wit;
use crate::bindings::polcheck::policy::{base_image, types};
use crate::convert;
use crate::convert::dockerfile as into;
use model::FactError;
use model::facts::DockerfileFacts;
use std::sync::{Arc, OnceLock};

/// Rows that are shared by all rules; each list is made when a rule first asks for it.
type Rows<T> = OnceLock<Arc<[Arc<T>]>>;

/// The lists that are long or asked for by many rules.
#[derive(Default)]
pub(super) struct Shared {
    instructions: Rows<wit::Instruction>,
    commands: Rows<wit::Command>,
    stages: Rows<wit::Stage>,
}

/// What `commands` answers: the rows of [`wit::CommandList`], shared.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lower)]
#[component(record)]
pub(crate) struct CommandList {
    commands: Vec<Arc<wit::Command>>,
    complete: bool,
}

impl CommandList {
    /// The list, if there are not too many. Nothing is ever cut silently.
    pub(crate) fn limited(self, limit: usize) -> Answer<Self> {
        let commands = crate::interfaces::within(self.commands, limit)?;
        Ok(Self { commands, ..self })
    }
}

impl Case {
    pub(crate) fn dockerfile(&self) -> Answer<&DockerfileFacts> {
        match &self.facts.dockerfile {
            None => Err(convert::image::fact_error(&FactError::Denied)),
            Some(Err(error)) => Err(convert::image::fact_error(error)),
            Some(Ok(file)) => Ok(file),
        }
    }

    pub(crate) fn stages(&self) -> Answer<Vec<Arc<wit::Stage>>> {
        let file = self.dockerfile()?;
        let stages = self.shared.stages.get_or_init(|| {
            let stages = file.stages.iter();
            stages
                .map(|stage| Arc::new(into::stage(stage, file.target)))
                .collect()
        });
        Ok(stages.to_vec())
    }

    pub(crate) fn stage_config(&self, index: u32) -> Answer<wit::EffectiveConfig> {
        let stages = &self.dockerfile()?.stages;
        let stage = stages.iter().find(|stage| stage.index == index);
        stage
            .and_then(|stage| stage.config.as_ref())
            .map(into::effective_config)
            .ok_or_else(|| convert::image::fact_error(&FactError::Absent))
    }

    /// The instructions of these keywords; of none: all.
    pub(crate) fn instructions(
        &self,
        keywords: &[wit::Keyword],
    ) -> Answer<Vec<Arc<wit::Instruction>>> {
        let file = self.dockerfile()?;
        let instructions = self.shared.instructions.get_or_init(|| {
            let indexed = (0..).zip(&file.instructions);
            indexed
                .map(|(index, instruction)| Arc::new(into::instruction(index, instruction)))
                .collect()
        });
        let wanted =
            |row: &&Arc<wit::Instruction>| keywords.is_empty() || keywords.contains(&row.keyword);
        Ok(instructions.iter().filter(wanted).cloned().collect())
    }

    /// The commands of these names; of none: all.
    pub(crate) fn commands(&self, names: &[String]) -> Answer<CommandList> {
        let file = self.dockerfile()?;
        let commands = self.shared.commands.get_or_init(|| {
            let indexed = (0..).zip(&file.commands);
            indexed
                .map(|(index, command)| Arc::new(into::command(index, command)))
                .collect()
        });
        let rows = file.commands.iter().zip(commands.iter());
        let wanted = |command: &model::facts::dockerfile::Command| {
            names.is_empty()
                || command
                    .name()
                    .is_some_and(|name| names.iter().any(|wanted| wanted == name))
        };
        Ok(CommandList {
            commands: rows
                .filter(|(command, _)| wanted(command))
                .map(|(_, row)| Arc::clone(row))
                .collect(),
            complete: file.commands_complete,
        })
    }

    pub(crate) fn base_of_stage(&self, stage: u32) -> Answer<base_image::Base> {
        let denied = || convert::image::fact_error(&FactError::Denied);
        let bases = self.facts.base_images.as_ref().ok_or_else(denied)?;
        match bases.get(&stage) {
            None => Err(types::FactError::Absent),
            Some(base) => base
                .as_ref()
                .map(convert::image::base_image)
                .map_err(convert::image::fact_error),
        }
    }
}
