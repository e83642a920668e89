//! The commands that a build, and its image, run.

use super::{index, span};
use dockerfile::evaluate::{Base, Evaluation};
use dockerfile::instruction::{Body, CommandLine, Heredoc, Word as Written};
use dockerfile::script::{self, Interpreter, Script, ShellWord, split};
use dockerfile::{Dockerfile, Instruction};
use model::facts::dockerfile::{
    Assignment, Command, Compound, Interpreter as Reader, Join, Redirect, Span, Via, Word,
};
use std::ops::Range;

/// Commands, and whether they are all.
#[derive(Default)]
pub(super) struct Commands {
    pub(super) commands: Vec<Command>,
    pub(super) complete: bool,
}

/// The instruction that is looked at.
#[derive(Clone, Copy)]
struct At<'a> {
    instruction: &'a Instruction,
    index: u32,
    stage: u32,
}

pub(super) fn of(file: &Dockerfile, evaluation: &Evaluation) -> Commands {
    let mut all = Commands {
        commands: Vec::with_capacity(file.instructions.len()),
        complete: true,
    };
    let mut shells: Vec<Vec<String>> = Vec::new();
    for stage in &evaluation.stages {
        let inherited = match stage.base {
            Base::Stage(base) => shells.get(base).cloned(),
            Base::Scratch | Base::Image(_) | Base::Unresolved => None,
        };
        let mut shell = inherited.unwrap_or_else(default_shell);
        let first = stage.instructions.start;
        let instructions = file.instructions.get(stage.instructions.clone());
        for (at, instruction) in (first..).zip(instructions.unwrap_or_default()) {
            let (Some(index), Some(stage)) = (index(at), index(stage.index)) else {
                continue;
            };
            let at = At {
                instruction,
                index,
                stage,
            };
            all.instruction(at, &mut shell);
        }
        shells.push(shell);
    }
    all
}

fn default_shell() -> Vec<String> {
    vec!["/bin/sh".to_owned(), "-c".to_owned()]
}

impl Commands {
    fn instruction(&mut self, at: At<'_>, shell: &mut Vec<String>) {
        match &at.instruction.body {
            Some(Body::Shell(words)) => {
                *shell = words.iter().map(|word| word.text.clone()).collect();
            }
            Some(Body::Run(run)) => self.line(at, &run.command, shell),
            Some(Body::Cmd(command) | Body::Entrypoint(command)) => self.line(at, command, shell),
            Some(Body::Healthcheck(check)) => match check.test.as_slice() {
                [form, text] if form == "CMD-SHELL" => {
                    let whole = span(at.instruction.span);
                    self.script(at, split(text, Interpreter::of(shell)), |_| whole);
                }
                [form, words @ ..] if form == "CMD" => {
                    let whole = at.instruction.span;
                    let words = words.iter().map(|word| (word.as_str(), whole));
                    self.exec(at, &words.collect::<Vec<_>>());
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// `RUN`, `CMD` or `ENTRYPOINT`.
    fn line(&mut self, at: At<'_>, command: &CommandLine, shell: &[String]) {
        let interpreter = Interpreter::of(shell);
        match (command.shell_form, command.words.first()) {
            (true, Some(text)) => self.shell(at, text, interpreter),
            (true, None) => {}
            (false, _) => {
                let words = command.words.iter();
                let words = words.map(|word| (word.text.as_str(), word.span));
                self.exec(at, &words.collect::<Vec<_>>());
            }
        }
    }

    /// Text for the shell, with the heredocs that it reads.
    fn shell(&mut self, at: At<'_>, text: &Written, interpreter: Interpreter) {
        match at.instruction.heredocs.as_slice() {
            [] => {
                let place = |range| span(at.instruction.span_in(text, range));
                self.script(at, split(&text.text, interpreter), place);
            }
            [heredoc] if is_only_operator(&text.text) => {
                let script = HeredocScript::new(heredoc);
                let interpreter = Interpreter::of_shebang(&script.text).unwrap_or(interpreter);
                self.script(at, split(&script.text, interpreter), |range| {
                    script.place(range)
                });
            }
            heredocs => {
                let mut whole = text.text.clone();
                for heredoc in heredocs {
                    whole += "\n";
                    whole += &heredoc.content;
                    whole += &heredoc.name;
                }
                let place = |range: Range<usize>| {
                    if range.end <= text.text.len() {
                        span(at.instruction.span_in(text, range))
                    } else {
                        span(at.instruction.span)
                    }
                };
                self.script(at, split(&whole, interpreter), place);
            }
        }
    }

    /// An exec form: one command, or a shell that is given its text.
    fn exec(&mut self, at: At<'_>, words: &[(&str, dockerfile::Span)]) {
        let [(name, _), ..] = words else { return };
        let shell = [(*name).to_owned()];
        let is_shell = matches!(
            name.rsplit('/').next(),
            Some("sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
        );
        let parent = index(self.commands.len());
        let word = |(text, place): &(&str, dockerfile::Span)| Word {
            raw: (*text).to_owned(),
            value: Some((*text).to_owned()),
            span: span(*place),
        };
        self.commands.push(Command {
            instruction: at.index,
            stage: at.stage,
            parent: None,
            via: Via::Script,
            inside: None,
            negated: false,
            interpreter: Reader::Posix,
            words: words.iter().map(word).collect(),
            assignments: Vec::new(),
            redirects: Vec::new(),
            joined: Join::First,
            span: span(at.instruction.span),
        });
        let mut options = words.iter().skip(1);
        let takes_text = |(option, _): &&(&str, dockerfile::Span)| {
            option.starts_with('-') && !option.starts_with("--") && option.ends_with('c')
        };
        if let (true, Some(_)) = (is_shell, options.find(takes_text))
            && let Some((text, place)) = options.next()
        {
            let place = span(*place);
            let before = self.commands.len();
            self.script(at, split(text, Interpreter::of(&shell)), |_| place);
            for command in self.commands.iter_mut().skip(before) {
                if command.parent.is_none() {
                    command.parent = parent;
                    command.via = Via::Shell;
                }
            }
        }
    }

    fn script(&mut self, at: At<'_>, script: Script, place: impl Fn(Range<usize>) -> Span) {
        self.complete &= script.complete;
        let before = self.commands.len();
        let word = |word: ShellWord| Word {
            raw: word.raw,
            value: word.literal,
            span: place(word.range),
        };
        self.commands.reserve(script.commands.len());
        for found in script.commands {
            let assignments = found.assignments.into_iter();
            let redirects = found.redirects.into_iter();
            self.commands.push(Command {
                instruction: at.index,
                stage: at.stage,
                parent: found.parent.and_then(|parent| index(before + parent)),
                via: via(found.via),
                inside: found.inside.map(compound),
                negated: found.negated,
                interpreter: reader(script.interpreter),
                words: found.words.into_iter().map(word).collect(),
                assignments: assignments
                    .map(|assignment| Assignment {
                        name: assignment.name,
                        value: word(assignment.value),
                    })
                    .collect(),
                redirects: redirects
                    .map(|redirect| Redirect {
                        operator: redirect.descriptor.unwrap_or_default() + &redirect.operator,
                        target: word(redirect.target),
                    })
                    .collect(),
                joined: join(found.joined),
                span: place(found.range),
            });
        }
    }
}

fn via(via: script::Via) -> Via {
    match via {
        script::Via::Script => Via::Script,
        script::Via::Substitution => Via::Substitution,
        script::Via::ProcessSubstitution => Via::ProcessSubstitution,
        script::Via::Wrapper => Via::Wrapper,
        script::Via::Shell => Via::Shell,
        script::Via::Eval => Via::Eval,
        script::Via::Heredoc => Via::Heredoc,
    }
}

fn compound(compound: script::Compound) -> Compound {
    match compound {
        script::Compound::Subshell => Compound::Subshell,
        script::Compound::Group => Compound::Group,
        script::Compound::Condition => Compound::Condition,
        script::Compound::Branch => Compound::Branch,
        script::Compound::Loop => Compound::Loop,
        script::Compound::Function => Compound::Function,
    }
}

fn reader(interpreter: Interpreter) -> Reader {
    match interpreter {
        Interpreter::Posix => Reader::Posix,
        Interpreter::PowerShell => Reader::PowerShell,
        Interpreter::Cmd => Reader::Cmd,
        Interpreter::Other => Reader::Other,
    }
}

fn join(join: script::Join) -> Join {
    match join {
        script::Join::First => Join::First,
        script::Join::And => Join::AndThen,
        script::Join::Or => Join::OrElse,
        script::Join::Sequence | script::Join::Compound => Join::Then,
        script::Join::Pipe => Join::Pipe,
        script::Join::Background => Join::Background,
    }
}

/// Whether a command is a heredoc and nothing else: then the heredoc is the script.
fn is_only_operator(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("<<") && !text.contains([' ', '\t', '|', ';', '&', '>'])
}

/// A heredoc as the shell gets it, line by line.
struct HeredocScript<'a> {
    text: String,
    /// Where its lines begin, and how many tabs were taken from each.
    lines: Vec<(usize, usize)>,
    heredoc: &'a Heredoc,
}

impl<'a> HeredocScript<'a> {
    fn new(heredoc: &'a Heredoc) -> Self {
        let mut text = String::with_capacity(heredoc.content.len());
        let mut lines = Vec::new();
        for line in heredoc.content.split_inclusive('\n') {
            let kept = if heredoc.chomp {
                line.trim_start_matches('\t')
            } else {
                line
            };
            lines.push((text.len(), line.len() - kept.len()));
            text += kept;
        }
        Self {
            text,
            lines,
            heredoc,
        }
    }

    /// Where a part of it stands: its lines are lines of the file.
    fn place(&self, range: Range<usize>) -> Span {
        let ((start_line, start_column), (end_line, end_column)) =
            (self.position(range.start), self.position(range.end));
        Span {
            start_line,
            start_column,
            end_line,
            end_column,
        }
    }

    fn position(&self, at: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|(start, _)| *start <= at);
        let line = line.saturating_sub(1);
        let (start, tabs) = self.lines.get(line).copied().unwrap_or_default();
        let first = self.heredoc.span.start.line;
        (
            first.saturating_add(index(line).unwrap_or(u32::MAX)),
            index(at - start + tabs + 1).unwrap_or(u32::MAX),
        )
    }
}
