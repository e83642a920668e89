//! The facts of a Dockerfile in the contract's form, for whoever makes Rust types of `wit/`: the host, and the SDK's tests.

use super::contract::{dockerfile as wit, types};
use super::image::health_check;
use model::facts::dockerfile as facts;
use model::facts::dockerfile::Setting;

pub(crate) fn source(file: &facts::DockerfileFacts) -> wit::FileSource {
    wit::FileSource {
        origin: match file.origin {
            facts::Origin::Given => wit::Origin::Given,
            facts::Origin::Provenance => wit::Origin::Provenance,
            facts::Origin::Reconstructed => wit::Origin::Reconstructed,
        },
        digest: file.digest.as_ref().map(ToString::to_string),
    }
}

pub(crate) fn status(file: &facts::DockerfileFacts) -> wit::FileStatus {
    match (&file.error, file.status) {
        (Some(refusal), _) => wit::FileStatus::Invalid(wit::Refusal {
            line: refusal.line,
            message: refusal.message.clone(),
        }),
        (None, facts::Status::Reconstructed) => wit::FileStatus::Reconstructed,
        (None, _) => wit::FileStatus::Complete,
    }
}

pub(crate) fn span(span: facts::Span) -> types::Span {
    types::Span {
        start_line: span.start_line,
        start_column: span.start_column,
        end_line: span.end_line,
        end_column: span.end_column,
    }
}

pub(crate) fn directive(directive: &facts::Directive) -> wit::Directive {
    wit::Directive {
        name: directive.name.clone(),
        value: directive.value.clone(),
        span: span(directive.span),
        effective: directive.effective,
    }
}

pub(crate) fn instruction(index: u32, instruction: &facts::Instruction) -> wit::Instruction {
    let flags = instruction.flags.iter().zip(&instruction.flag_spans);
    wit::Instruction {
        index,
        stage: instruction.stage,
        keyword: keyword(instruction),
        options: flags.map(|(flag, at)| option_flag(flag, *at)).collect(),
        arguments: arguments(instruction),
        exec_form: instruction.exec_form,
        broken_json: instruction.broken_json,
        heredocs: instruction.heredocs.iter().map(heredoc).collect(),
        text: instruction.text.clone(),
        span: span(instruction.span),
    }
}

/// The third word of each pair of `ENV` and `LABEL`, its equals sign, says nothing more.
fn arguments(instruction: &facts::Instruction) -> Vec<wit::Word> {
    let is_pairs = matches!(instruction.keyword.as_str(), "ENV" | "LABEL");
    let words = instruction.args.iter().zip(&instruction.values);
    words
        .zip(&instruction.spans)
        .enumerate()
        .filter(|(index, _)| !is_pairs || index % 3 != 2)
        .map(|(_, ((raw, value), at))| wit::Word {
            raw: raw.clone(),
            value: value.clone(),
            span: span(*at),
        })
        .collect()
}

fn option_flag(flag: &str, at: facts::Span) -> wit::OptionFlag {
    let flag = flag.trim_start_matches('-');
    let (name, value) = match flag.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (flag, None),
    };
    wit::OptionFlag {
        name: name.to_owned(),
        value,
        span: span(at),
    }
}

fn keyword(instruction: &facts::Instruction) -> wit::Keyword {
    match instruction.keyword.as_str() {
        "ADD" => wit::Keyword::Add,
        "ARG" => wit::Keyword::Arg,
        "CMD" => wit::Keyword::Cmd,
        "COPY" => wit::Keyword::Copy,
        "ENTRYPOINT" => wit::Keyword::Entrypoint,
        "ENV" => wit::Keyword::Env,
        "EXPOSE" => wit::Keyword::Expose,
        "FROM" => wit::Keyword::From,
        "HEALTHCHECK" => wit::Keyword::Healthcheck,
        "LABEL" => wit::Keyword::Label,
        "MAINTAINER" => wit::Keyword::Maintainer,
        "ONBUILD" => wit::Keyword::Onbuild,
        "RUN" => wit::Keyword::Run,
        "SHELL" => wit::Keyword::Shell,
        "STOPSIGNAL" => wit::Keyword::Stopsignal,
        "USER" => wit::Keyword::User,
        "VOLUME" => wit::Keyword::Volume,
        "WORKDIR" => wit::Keyword::Workdir,
        _ => wit::Keyword::Unknown,
    }
}

fn heredoc(heredoc: &facts::Heredoc) -> wit::Heredoc {
    wit::Heredoc {
        name: heredoc.name.clone(),
        content: heredoc.content.clone(),
        expand: heredoc.expand,
        chomp: heredoc.chomp,
        span: span(heredoc.span),
    }
}

fn word(word: &facts::Word) -> wit::Word {
    wit::Word {
        raw: word.raw.clone(),
        value: word.value.clone(),
        span: span(word.span),
    }
}

pub(crate) fn stage(stage: &facts::Stage, target: Option<u32>) -> wit::Stage {
    wit::Stage {
        index: stage.index,
        name: stage.name.clone(),
        base: word(&stage.base_word),
        base_stage: stage.base_stage,
        from_scratch: stage.from_scratch,
        platform: stage.platform.as_ref().map(word),
        span: span(stage.span),
        is_target: target == Some(stage.index),
        reachable: stage.reachable,
    }
}

pub(crate) fn effective_config(config: &facts::EffectiveConfig) -> wit::EffectiveConfig {
    wit::EffectiveConfig {
        user: setting(&config.user),
        working_dir: setting(&config.working_dir),
        stop_signal: setting(&config.stop_signal),
        shell: list_setting(&config.shell),
        entrypoint: list_setting(&config.entrypoint),
        cmd: list_setting(&config.cmd),
        health_check: wit::HealthSetting {
            decided: decided(&config.healthcheck).0,
            value: config.healthcheck.value().map(health_check),
            span: decided(&config.healthcheck).1,
        },
        env: entries(&config.env),
        labels: entries(&config.labels),
        exposed_ports: entries(&config.exposed_ports),
        volumes: entries(&config.volumes),
        base_known: config.base_known,
    }
}

fn setting(setting: &Setting<String>) -> wit::Setting {
    let (decided, span) = decided(setting);
    wit::Setting {
        decided,
        value: setting.value().cloned(),
        span,
    }
}

fn list_setting(setting: &Setting<Vec<String>>) -> wit::ListSetting {
    let (decided, span) = decided(setting);
    wit::ListSetting {
        decided,
        value: setting.value().cloned(),
        span,
    }
}

fn decided<T>(setting: &Setting<T>) -> (wit::Decided, Option<types::Span>) {
    match setting {
        Setting::Here(_, at) => (wit::Decided::Here, Some(span(*at))),
        Setting::Base(_) => (wit::Decided::Base, None),
        Setting::Unset => (wit::Decided::Unset, None),
    }
}

fn entries(entries: &[facts::Entry]) -> Vec<wit::Entry> {
    let entry = |entry: &facts::Entry| wit::Entry {
        key: entry.key.clone(),
        value: entry.value.clone(),
        span: entry.span.map(span),
    };
    entries.iter().map(entry).collect()
}

pub(crate) fn command(index: u32, command: &facts::Command) -> wit::Command {
    let assignment = |assignment: &facts::Assignment| wit::Assignment {
        name: assignment.name.clone(),
        value: word(&assignment.value),
    };
    let redirect = |redirect: &facts::Redirect| wit::Redirect {
        operator: redirect.operator.clone(),
        target: word(&redirect.target),
    };
    wit::Command {
        index,
        instruction: command.instruction,
        stage: command.stage,
        parent: command.parent,
        via: via(command.via),
        inside: command.inside.map(compound),
        negated: command.negated,
        interpreter: match command.interpreter {
            facts::Interpreter::Posix => wit::Interpreter::Posix,
            facts::Interpreter::PowerShell => wit::Interpreter::PowerShell,
            facts::Interpreter::Cmd => wit::Interpreter::Cmd,
            facts::Interpreter::Other => wit::Interpreter::Other,
        },
        words: command.words.iter().map(word).collect(),
        assignments: command.assignments.iter().map(assignment).collect(),
        redirects: command.redirects.iter().map(redirect).collect(),
        joined: match command.joined {
            facts::Join::First => wit::Join::First,
            facts::Join::AndThen => wit::Join::AndThen,
            facts::Join::OrElse => wit::Join::OrElse,
            facts::Join::Then => wit::Join::Then,
            facts::Join::Pipe => wit::Join::Pipe,
            facts::Join::Background => wit::Join::Background,
        },
        span: span(command.span),
    }
}

fn via(via: facts::Via) -> wit::Via {
    match via {
        facts::Via::Script => wit::Via::Script,
        facts::Via::Substitution => wit::Via::Substitution,
        facts::Via::ProcessSubstitution => wit::Via::ProcessSubstitution,
        facts::Via::Wrapper => wit::Via::Wrapper,
        facts::Via::Shell => wit::Via::Shell,
        facts::Via::Eval => wit::Via::Eval,
        facts::Via::Heredoc => wit::Via::Heredoc,
    }
}

fn compound(compound: facts::Compound) -> wit::Compound {
    match compound {
        facts::Compound::Subshell => wit::Compound::Subshell,
        facts::Compound::Group => wit::Compound::Group,
        facts::Compound::Condition => wit::Compound::Condition,
        facts::Compound::Branch => wit::Compound::Branch,
        facts::Compound::Loop => wit::Compound::Loop,
        facts::Compound::Function => wit::Compound::Function,
    }
}

pub(crate) fn mount(mount: &facts::Mount) -> wit::Mount {
    wit::Mount {
        instruction: mount.instruction,
        kind: mount.kind.clone(),
        source: mount.source.clone(),
        target: mount.target.clone(),
        from_stage: mount.from_stage,
        from_image: mount.from_image.clone(),
        span: span(mount.span),
    }
}

pub(crate) fn flow(flow: &facts::Flow) -> wit::Flow {
    wit::Flow {
        instruction: flow.instruction,
        from_stage: flow.from_stage,
        from_image: flow.from_image.clone(),
        to_stage: flow.to_stage,
        sources: flow.sources.clone(),
        destination: flow.destination.clone(),
        span: span(flow.span),
    }
}

pub(crate) fn variable_use(variable: &facts::VariableUse) -> wit::VariableUse {
    wit::VariableUse {
        name: variable.name.clone(),
        instruction: variable.instruction,
        stage: variable.stage,
        defined: variable.defined,
        span: span(variable.span),
    }
}

pub(crate) fn diagnostic(diagnostic: &facts::Diagnostic) -> wit::Diagnostic {
    wit::Diagnostic {
        name: diagnostic.name.clone(),
        message: diagnostic.message.clone(),
        line: diagnostic.start_line,
        assumed: diagnostic.assumed,
    }
}

pub(crate) fn suppression(suppression: &facts::Suppression) -> wit::Suppression {
    wit::Suppression {
        tool: suppression.tool.clone(),
        rules: suppression.rules.clone(),
        reason: suppression.reason.clone(),
        until: suppression.until.clone(),
        whole_file: suppression.whole_file,
        instruction: suppression.instruction,
        span: span(suppression.span),
    }
}

pub(crate) fn difference(difference: &facts::Difference) -> wit::Difference {
    wit::Difference {
        pointer: difference.pointer.clone(),
        dockerfile: difference.dockerfile.clone(),
        image: difference.image.clone(),
    }
}
