//! Commands made of words.

use super::cursor::Reader;
use super::list::List;
use super::output::{Draft, Piece, Place, span};
use super::word::{is_name, is_name_byte};
use super::wrapper::{self, Inner, Wrapped};
use super::{Assignment, Command, MAX_WRAPPERS, Via};

impl Reader<'_, '_> {
    /// Words, assignments and redirections up to a separator.
    pub(super) fn simple(&mut self, list: &mut List) {
        let start = self.at;
        let index = self.out.begin(list.place, list.join, list.inside());
        let mut draft = Draft::default();
        loop {
            self.blanks();
            match self.peek() {
                None | Some(b'\n' | b';' | b'|' | b')') => break,
                Some(b'#') => self.comment(),
                Some(b'(') if draft.words.len() == 1 && self.skip_empty_parentheses() => {
                    self.out.take_back(index);
                    return self.function_body(list);
                }
                Some(b'(') => {
                    self.out.incomplete();
                    break;
                }
                Some(_) if self.at_redirect() => self.redirect(&mut draft, index),
                Some(b'&') => break,
                Some(_) if draft.words.is_empty() && self.at_assignment() => {
                    self.assignment(&mut draft, index);
                }
                Some(_) => {
                    let word = self.word(Some(index));
                    draft.words.push(word);
                }
            }
        }
        if draft.is_empty() {
            // Nothing was read, so that nothing ever would be.
            self.out.incomplete();
            self.out.take_back(index);
            if self.at == start && self.peek().is_some() {
                self.skip_char();
            }
        } else {
            self.finish(index, draft, start, list.negated);
        }
        list.end();
    }

    /// `[[ … ]]`, in which separators separate nothing.
    pub(super) fn test(&mut self, list: &mut List, start: usize) {
        let index = self.out.begin(list.place, list.join, list.inside());
        let mut draft = Draft::default();
        draft.words.push(self.operator_word(start));
        loop {
            self.blank_lines();
            let from = self.at;
            match self.peek() {
                None => {
                    self.out.incomplete();
                    break;
                }
                Some(b'&' | b'|' | b'(' | b')' | b'<' | b'>' | b';') => {
                    while matches!(self.peek(), Some(b'&' | b'|')) && self.at < from + 2 {
                        self.at += 1;
                    }
                    self.at = self.at.max(from + 1);
                    draft.words.push(self.operator_word(from));
                }
                Some(_) => {
                    let word = self.word(Some(index));
                    let ends = word.word.raw == "]]";
                    draft.words.push(word);
                    if ends {
                        break;
                    }
                }
            }
        }
        self.finish(index, draft, start, list.negated);
        list.end();
    }

    fn operator_word(&mut self, start: usize) -> Piece {
        self.out.count_words(1);
        let mut value = super::word::Value::new();
        value.text.push_str(self.slice(start..self.at));
        value.into_piece(self.slice(start..self.at), self.place(start..self.at))
    }

    fn skip_empty_parentheses(&mut self) -> bool {
        let before = self.at;
        self.at += 1;
        self.blanks();
        if self.skip(")") {
            return true;
        }
        self.at = before;
        false
    }

    /// Whether `NAME=`, `NAME+=` or `NAME[…]=` stands here.
    fn at_assignment(&mut self) -> bool {
        self.assignment_name().is_some()
    }

    /// The length of the name of an assignment, without its equals sign.
    fn assignment_name(&mut self) -> Option<usize> {
        let rest = self.text.as_bytes().get(self.at..self.end)?;
        let name = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
        self.out.spend(name);
        if !is_name(self.slice(self.at..self.at + name)) {
            return None;
        }
        let mut length = name;
        if rest.get(name) == Some(&b'[') {
            let inner = rest.get(name..)?;
            let end = inner.iter().position(|byte| b"] \t\n;&|".contains(byte));
            self.out.spend(end.unwrap_or(inner.len()));
            length += end.filter(|end| inner.get(*end) == Some(&b']'))? + 1;
        }
        if rest.get(length) == Some(&b'+') && rest.get(length + 1) == Some(&b'=') {
            return Some(length);
        }
        (rest.get(length) == Some(&b'=')).then_some(length)
    }

    fn assignment(&mut self, draft: &mut Draft, index: usize) {
        let Some(length) = self.assignment_name() else {
            return;
        };
        let name = self.slice(self.at..self.at + length).to_owned();
        let append = self.peek_at(length) == Some(b'+');
        let value_at = self.at + length + 1 + usize::from(append);
        // From the name on, so that `name=(` is seen to be an array.
        let start = self.at;
        let mut word = self.word(Some(index));
        let prefix = value_at - start;
        word.word.raw.drain(..prefix.min(word.word.raw.len()));
        word.word.range = self.place(value_at..self.at.max(value_at));
        if let Some(literal) = &mut word.word.literal {
            literal.drain(..prefix.min(literal.len()));
        }
        draft.assignments.push(Assignment {
            name,
            append,
            value: word.word,
        });
    }

    /// Writes a command down, and the commands that it runs.
    pub(super) fn finish(&mut self, index: usize, draft: Draft, start: usize, negated: bool) {
        let range = self.place(start..self.end_of_last(start));
        if let Some(command) = self.out.commands.get_mut(index) {
            command.assignments = draft.assignments;
            command.redirects = draft.redirects;
            command.negated = negated;
            command.range = range;
        }
        self.expose(index, &draft.words, 0);
        if let Some(command) = self.out.commands.get_mut(index) {
            command.words = draft.words.into_iter().map(|piece| piece.word).collect();
        }
    }

    /// Without the blanks that were read behind the last word.
    fn end_of_last(&self, start: usize) -> usize {
        let read = self.slice(start..self.at);
        start + read.trim_end_matches([' ', '\t', '\r']).len()
    }

    /// The commands that a command runs, if it is one that runs others.
    fn expose(&mut self, index: usize, words: &[Piece], wrappers: usize) {
        match wrapper::inner(words) {
            Inner::Nothing => {}
            Inner::Commands(_) if wrappers == MAX_WRAPPERS => self.out.incomplete(),
            Inner::Commands(commands) => {
                for wrapped in commands {
                    self.wrapped(index, words, &wrapped, wrappers);
                }
            }
            Inner::Text(text, word, via) => {
                self.again(&text, word, Place::new(Some(index), via));
            }
            Inner::Input => {
                // Only the here-documents of the command just read can still be open at the end of the list.
                let outermost = self.outermost(index);
                let mine = self.waiting.iter_mut().rev();
                for heredoc in mine.take_while(|heredoc| heredoc.command == outermost) {
                    heredoc.script_of = Some(index);
                }
            }
        }
    }

    /// The command that has the redirections of a wrapped one.
    fn outermost(&self, index: usize) -> usize {
        let mut outermost = index;
        for _ in 0..MAX_WRAPPERS {
            match self.out.commands.get(outermost) {
                Some(Command {
                    via: Via::Wrapper,
                    parent: Some(parent),
                    ..
                }) => outermost = *parent,
                _ => break,
            }
        }
        outermost
    }

    fn wrapped(&mut self, parent: usize, words: &[Piece], wrapped: &Wrapped, wrappers: usize) {
        let inner = words.get(wrapped.words.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (inner.first(), inner.last()) else {
            return;
        };
        let Some(outer) = self.out.commands.get(parent) else {
            return;
        };
        let command = Command {
            words: inner.iter().map(|piece| piece.word.clone()).collect(),
            assignments: wrapped.assignments.clone(),
            redirects: vec![],
            joined: outer.joined,
            parent: Some(parent),
            via: Via::Wrapper,
            inside: None,
            negated: false,
            range: span(&first.word.range, &last.word.range),
        };
        self.out.count_words(inner.len());
        self.out.spend(inner.len());
        self.out.commands.push(command);
        self.expose(self.out.commands.len() - 1, inner, wrappers + 1);
    }
}
