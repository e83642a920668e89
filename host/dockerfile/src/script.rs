//! Shell text as the commands that it runs.
//!
//! This is a splitter, not a shell: it finds the commands of all branches, also those in substitutions, behind `sudo` and
//! in `sh -c`, and says of each word whether its value can be known. It never gives up in silence: what it cannot make
//! sense of, or what is over a bound, makes [`Script::complete`] false.

mod cmd;
mod cursor;
mod expansion;
mod heredoc;
mod interpreter;
mod list;
mod output;
mod powershell;
mod redirect;
mod reserved;
mod simple;
mod word;
mod wrapper;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use interpreter::Interpreter;
pub use output::{MAX_BYTES, MAX_DEPTH, MAX_RESPLITS, MAX_WORDS, MAX_WRAPPERS};

/// What a text runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Who reads the text.
    pub interpreter: Interpreter,
    /// In the order of the text; a command stands before those in its words, and before the one that it wraps.
    pub commands: Vec<Command>,
    /// Whether these are all commands. False for an interpreter that is not split, over a bound, and where the text makes no
    /// sense: an unclosed quote, a parenthesis too many.
    pub complete: bool,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name and its arguments. Empty if there are only assignments or redirections.
    pub words: Vec<ShellWord>,
    /// `NAME=value` before the name; for the command behind `env` and `sudo` those that they set.
    pub assignments: Vec<Assignment>,
    /// Redirections, wherever they stand in the command.
    pub redirects: Vec<Redirect>,
    /// What stands before it. The first command of a group has what stands before the group.
    pub joined: Join,
    /// The command that it belongs to: in whose words it stands, or that runs it.
    pub parent: Option<usize>,
    /// How it belongs to its parent.
    pub via: Via,
    /// The innermost compound command around it, within its parent.
    pub inside: Option<Compound>,
    /// Whether `!` stands before it, or before the pipeline that it begins.
    pub negated: bool,
    /// Where it stands in the text. Commands of text that had to be unquoted first have the range of the word.
    pub range: Range<usize>,
}

impl Command {
    /// The name of the command as it is written, with its folder, if it is known.
    pub fn name(&self) -> Option<&str> {
        self.words.first()?.literal.as_deref()
    }
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ShellWord {
    /// As written.
    pub raw: String,
    /// What the command gets. Nothing if only the run tells: there is a variable, a substitution or an array in it.
    pub literal: Option<String>,
    /// Whether it has an unquoted `*`, `?` or `[`: the literal is a pattern that files may match.
    pub glob: bool,
    /// Where it stands in the text.
    pub range: Range<usize>,
}

/// `NAME=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Before the equals sign, with the index of an array element.
    pub name: String,
    /// Whether the value is appended: `+=`.
    pub append: bool,
    /// Behind the equals sign.
    pub value: ShellWord,
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The number before the operator.
    pub descriptor: Option<String>,
    /// The operator as it is written: `>`, `>>`, `<`, `<<`, `<<-`, `<<<`, `<>`, `>|`, `>&`, `<&`, `&>`, `&>>`.
    pub operator: String,
    /// The file, the descriptor, the text of `<<<` or the delimiter of a here-document.
    pub target: ShellWord,
    /// What the here-document says.
    pub body: Option<ShellWord>,
}

/// What stands before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Nothing.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`, the end of a line, or a word such as `then`.
    Sequence,
    /// `|` or `|&`
    Pipe,
    /// `&`
    Background,
    /// A compound command that ends here. It has no words: these are the redirections of the whole.
    Compound,
}

/// How a command belongs to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// It has none.
    Script,
    /// `$(…)` or back-quotes
    Substitution,
    /// `<(…)` or `>(…)`
    ProcessSubstitution,
    /// The parent runs the command that it is given, as `sudo` does.
    Wrapper,
    /// `sh -c '…'`
    Shell,
    /// `eval '…'`
    Eval,
    /// A here-document that a shell reads.
    Heredoc,
}

/// A command made of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compound {
    /// `( … )`
    Subshell,
    /// `{ … }`
    Group,
    /// Between `if` and `then`, `while` and `do`.
    Condition,
    /// A branch of `if` or `case`.
    Branch,
    /// Between `do` and `done`.
    Loop,
    /// The body of a function: it runs when the function is called.
    Function,
}

/// Splits a text into its commands, in time linear to its length.
pub fn split(text: &str, interpreter: Interpreter) -> Script {
    let (kept, whole) = output::bounded(text);
    let mut output = output::Output::new(kept.len());
    match interpreter {
        Interpreter::Posix => cursor::Reader::new(kept, None, &mut output).script(),
        Interpreter::PowerShell => powershell::split(kept, &mut output),
        Interpreter::Cmd => cmd::split(kept, &mut output),
        Interpreter::Other => output.complete = false,
    }
    Script {
        interpreter,
        commands: output.commands,
        complete: output.complete && whole,
    }
}
