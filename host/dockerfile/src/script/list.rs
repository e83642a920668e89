//! Commands and what stands between them.

use super::cursor::Reader;
use super::output::Place;
use super::{Compound, Join};

/// What ends a list of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The end of the text.
    End,
    /// The parenthesis that closes a substitution.
    Parenthesis,
}

/// The part of a compound command that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    Subshell,
    Group,
    Function,
    /// Behind `if` or `elif`.
    If,
    /// Behind `then` or `else`.
    Then,
    /// Behind `while` or `until`.
    Loop,
    /// Behind `for`: nothing but `do` may follow.
    Head,
    Do,
    /// The patterns of a branch of `case`.
    Pattern,
    /// Its commands.
    Branch,
}

/// A list of commands while it is read. Compound commands are a stack, not recursion: only substitutions recurse.
#[derive(Debug)]
pub(super) struct List {
    pub(super) place: Place,
    pub(super) open: Vec<Open>,
    /// What stands before the next command.
    pub(super) join: Join,
    pub(super) negated: bool,
    /// A command has ended, and no separator was read yet.
    pub(super) ended: bool,
    /// The next compound command is the body of a function.
    pub(super) function: bool,
}

impl List {
    pub(super) fn inside(&self) -> Option<Compound> {
        self.open.last().map(|open| match open {
            Open::Subshell => Compound::Subshell,
            Open::Group => Compound::Group,
            Open::Function => Compound::Function,
            Open::If | Open::Loop | Open::Head => Compound::Condition,
            Open::Then | Open::Branch | Open::Pattern => Compound::Branch,
            Open::Do => Compound::Loop,
        })
    }

    /// A command may follow, joined like this.
    pub(super) fn next(&mut self, join: Join) {
        self.join = join;
        self.ended = false;
        self.negated = false;
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
        self.negated = false;
        self.function = false;
    }

    fn wants_command(&self) -> bool {
        !self.ended && matches!(self.join, Join::And | Join::Or | Join::Pipe)
    }
}

impl Reader<'_, '_> {
    /// Reads commands up to what closes them, which is read too.
    pub(super) fn list(&mut self, place: Place, close: Close) {
        let mut list = List {
            place,
            open: vec![],
            join: Join::First,
            negated: false,
            ended: false,
            function: false,
        };
        let closed = self.commands(&mut list, close);
        if !closed || !list.open.is_empty() || list.wants_command() {
            self.out.incomplete();
        }
        if close == Close::End && !self.waiting.is_empty() {
            // The lines of a here-document never came.
            self.out.incomplete();
            self.waiting.clear();
        }
        self.out.leave(list.open.len());
    }

    /// Whether the list was closed by what has to close it.
    fn commands(&mut self, list: &mut List, close: Close) -> bool {
        loop {
            self.blanks();
            self.out.spend(1);
            let Some(byte) = self.peek() else {
                return close == Close::End;
            };
            match byte {
                b'#' => self.comment(),
                b'\n' => {
                    self.end_of_line();
                    if list.ended {
                        list.next(Join::Sequence);
                    }
                }
                _ if list.open.last() == Some(&Open::Pattern) => self.pattern(list),
                b';' => self.semicolon(list),
                b'&' if self.next_is("&>") => self.command(list),
                b'&' | b'|' => self.operator(list),
                b'(' => self.open_parenthesis(list),
                b')' if list.open.last() == Some(&Open::Subshell) => {
                    self.at += 1;
                    self.close(list);
                }
                b')' if close == Close::Parenthesis => {
                    self.at += 1;
                    return true;
                }
                b')' => {
                    self.out.incomplete();
                    self.at += 1;
                }
                _ => self.command(list),
            }
        }
    }

    /// A command or a reserved word.
    fn command(&mut self, list: &mut List) {
        if list.ended && self.at_redirect() {
            return self.compound_redirects(list);
        }
        if self.reserved(list) {
            return;
        }
        if list.ended || list.open.last() == Some(&Open::Head) {
            self.out.incomplete();
            list.next(Join::Sequence);
        }
        self.simple(list);
    }

    fn semicolon(&mut self, list: &mut List) {
        let ends_branch = [";;&", ";;", ";&"].iter().any(|end| self.skip(end));
        if ends_branch {
            match list.open.last_mut() {
                Some(open @ Open::Branch) => *open = Open::Pattern,
                _ => self.out.incomplete(),
            }
        } else {
            self.at += 1;
            self.require_command(list);
        }
        list.next(Join::Sequence);
    }

    fn operator(&mut self, list: &mut List) {
        let operators = [
            ("&&", Join::And),
            ("||", Join::Or),
            ("|&", Join::Pipe),
            ("|", Join::Pipe),
            ("&", Join::Background),
        ];
        self.require_command(list);
        let join = operators.into_iter().find(|(text, _)| self.skip(text));
        list.next(join.map_or(Join::Sequence, |(_, join)| join));
    }

    /// A separator that separates nothing is an error to every shell.
    fn require_command(&mut self, list: &List) {
        if !list.ended {
            self.out.incomplete();
        }
    }

    fn open_parenthesis(&mut self, list: &mut List) {
        if list.ended {
            self.out.incomplete();
            list.next(Join::Sequence);
        }
        if self.next_is("((") && self.arithmetic(list.place.parent) {
            return list.end();
        }
        self.at += 1;
        self.open(list, Open::Subshell);
    }

    /// A compound command begins; its first command is joined as it is itself.
    pub(super) fn open(&mut self, list: &mut List, open: Open) {
        self.out.enter();
        list.open.push(open);
        list.ended = false;
        list.function = false;
    }

    pub(super) fn close(&mut self, list: &mut List) {
        if list.wants_command() {
            self.out.incomplete();
        }
        if list.open.pop().is_some() {
            self.out.leave(1);
        }
        list.end();
    }
}
