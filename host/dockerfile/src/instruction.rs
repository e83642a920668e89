//! Instructions as they are written: nothing is expanded here.

use crate::lines::Map;
use crate::span::Span;
use std::ops::Range;

/// The instructions that BuildKit knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Keyword {
    /// `ADD`
    Add,
    /// `ARG`
    Arg,
    /// `CMD`
    Cmd,
    /// `COPY`
    Copy,
    /// `ENTRYPOINT`
    Entrypoint,
    /// `ENV`
    Env,
    /// `EXPOSE`
    Expose,
    /// `FROM`
    From,
    /// `HEALTHCHECK`
    Healthcheck,
    /// `LABEL`
    Label,
    /// `MAINTAINER`
    Maintainer,
    /// `ONBUILD`
    Onbuild,
    /// `RUN`
    Run,
    /// `SHELL`
    Shell,
    /// `STOPSIGNAL`
    Stopsignal,
    /// `USER`
    User,
    /// `VOLUME`
    Volume,
    /// `WORKDIR`
    Workdir,
}

/// A piece of text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text as BuildKit hands it on: quotes and escapes are still there, except in a JSON form.
    pub text: String,
    /// All of it.
    pub span: Span,
}

/// An option of an instruction: `--from=builder`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without the dashes.
    pub name: String,
    /// Behind the equals sign, without quotes.
    pub value: Option<String>,
    /// From the first dash.
    pub span: Span,
}

/// A heredoc of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// What ends it.
    pub name: String,
    /// Between its first line and its end, as written.
    pub content: String,
    /// Whether variables are expanded in it: no part of its name is quoted.
    pub expand: bool,
    /// Whether leading tabs are removed: `<<-`.
    pub chomp: bool,
    /// The number before `<<`.
    pub file_descriptor: u64,
    /// The content.
    pub span: Span,
}

/// A comment above an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Without the hash and the blanks around it; BuildKit leaves the hash of an indented comment there.
    pub text: String,
    /// From the hash.
    pub span: Span,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Which one, if BuildKit knows it.
    pub keyword: Option<Keyword>,
    /// The keyword as it is written.
    pub name: Word,
    /// From the keyword to the last byte, heredocs included, without the line end.
    pub span: Span,
    /// The lines as BuildKit counts them: from 1, both included.
    pub lines: (u32, u32),
    /// The line as BuildKit reads it: continuations joined, comments between them left out.
    pub original: String,
    /// The options, as written.
    pub flags: Vec<Flag>,
    /// What BuildKit's parser hands on. `ENV` and `LABEL` are three words a pair: key, value, and `=` or nothing; `ONBUILD`
    /// is the keyword of the trigger and its arguments.
    pub arguments: Vec<Word>,
    /// Whether the arguments are a JSON array.
    pub exec_form: bool,
    /// Whether the arguments begin like a JSON array and are read as shell text.
    pub broken_json: bool,
    /// The heredocs, in order.
    pub heredocs: Vec<Heredoc>,
    /// The comments directly above it, without the parser directives.
    pub comments: Vec<Comment>,
    /// What it says, if BuildKit accepts it.
    pub body: Option<Body>,
    /// Where its line stands.
    pub(crate) map: Map,
}

impl Instruction {
    /// Where a part of a word stands, by the bytes of its text. The text has to be as it is written: it is not in a JSON form.
    pub fn span_in(&self, word: &Word, range: Range<usize>) -> Span {
        let start = self.map.at(word.span.start.byte);
        let last = word.text.len();
        self.map
            .span(start + range.start.min(last)..start + range.end.min(last))
    }
}

/// What an instruction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// `ADD`
    Add(Transfer),
    /// `ARG`
    Arg(Vec<Declaration>),
    /// `CMD`
    Cmd(CommandLine),
    /// `COPY`
    Copy(Transfer),
    /// `ENTRYPOINT`
    Entrypoint(CommandLine),
    /// `ENV`
    Env(Vec<Pair>),
    /// `EXPOSE`
    Expose(Vec<Word>),
    /// `FROM`
    From(From),
    /// `HEALTHCHECK`
    Healthcheck(Healthcheck),
    /// `LABEL`
    Label(Vec<Pair>),
    /// `MAINTAINER`
    Maintainer(Word),
    /// `ONBUILD`: the text of the trigger, as it is stored in the image, with its heredocs.
    Onbuild(Word),
    /// `RUN`
    Run(Run),
    /// `SHELL`
    Shell(Vec<Word>),
    /// `STOPSIGNAL`
    Stopsignal(Word),
    /// `USER`
    User(Word),
    /// `VOLUME`
    Volume(Vec<Word>),
    /// `WORKDIR`
    Workdir(Word),
}

/// `FROM`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// The base, before expansion.
    pub base: Word,
    /// The name behind `AS`, in lower case.
    pub name: Option<Word>,
    /// `--platform`, before expansion.
    pub platform: Option<Word>,
}

/// A variable that `ARG` declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Its name.
    pub key: Word,
    /// Its default, before expansion.
    pub default: Option<Word>,
}

/// A pair of `ENV` or `LABEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Before the equals sign.
    pub key: Word,
    /// Behind it, before expansion.
    pub value: Word,
    /// Whether it is written in the old form, `ENV key value`.
    pub legacy: bool,
}

/// A command in its shell or exec form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// One word in the shell form, the arguments in the exec form.
    pub words: Vec<Word>,
    /// Whether it is given to the shell.
    pub shell_form: bool,
}

/// `COPY` and `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What is copied, before expansion; heredocs are not among them.
    pub sources: Vec<Word>,
    /// Heredocs that become files: indices into [`Instruction::heredocs`], in the order of the sources.
    pub inline: Vec<usize>,
    /// Where to, before expansion.
    pub destination: Word,
    /// `--from` of `COPY`; empty is not given.
    pub from: Option<Word>,
    /// `--chown`
    pub chown: Option<Word>,
    /// `--chmod`
    pub chmod: Option<Word>,
    /// `--link`
    pub link: bool,
    /// `--parents` of `COPY`
    pub parents: bool,
    /// `--exclude`
    pub exclude: Vec<Word>,
    /// `--checksum` of `ADD`
    pub checksum: Option<Word>,
    /// `--keep-git-dir` of `ADD`
    pub keep_git_dir: Option<bool>,
    /// `--unpack` of `ADD`
    pub unpack: Option<bool>,
}

/// `RUN`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The command. A script in a heredoc is among the heredocs of the instruction.
    pub command: CommandLine,
    /// `--mount`, before expansion: mounts are read when they are evaluated, as BuildKit does.
    pub mounts: Vec<Word>,
    /// `--network`
    pub network: Option<Word>,
    /// `--security`
    pub security: Option<Word>,
    /// `--device`
    pub devices: Vec<Word>,
}

/// `HEALTHCHECK`; durations are nanoseconds, 0 is not given.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Healthcheck {
    /// `NONE`, or `CMD` or `CMD-SHELL` and the command.
    pub test: Vec<String>,
    /// `--interval`
    pub interval: i64,
    /// `--timeout`
    pub timeout: i64,
    /// `--start-period`
    pub start_period: i64,
    /// `--start-interval`
    pub start_interval: i64,
    /// `--retries`
    pub retries: i64,
}
