//! Redirections.

use super::cursor::Reader;
use super::heredoc::Waiting;
use super::list::List;
use super::output::Draft;
use super::{Join, Redirect};

/// The longer ones first.
const OPERATORS: [&str; 12] = [
    "<<<", "<<-", "<<", "<>", "<&", "<", "&>>", "&>", ">>", ">|", ">&", ">",
];

impl Reader<'_, '_> {
    /// Whether a redirection begins here: perhaps with the number of a descriptor.
    pub(super) fn at_redirect(&self) -> bool {
        let digits = self.descriptor();
        match self.peek_at(digits) {
            Some(b'<' | b'>') => self.peek_at(digits + 1) != Some(b'('),
            Some(b'&') => digits == 0 && self.peek_at(1) == Some(b'>'),
            _ => false,
        }
    }

    /// How many digits stand here. No descriptor has many.
    fn descriptor(&self) -> usize {
        let is_digit = |ahead: &usize| matches!(self.peek_at(*ahead), Some(b'0'..=b'9'));
        (0..10).take_while(is_digit).count()
    }

    /// Reads a redirection of the command `index`.
    pub(super) fn redirect(&mut self, draft: &mut Draft, index: usize) {
        let digits = self.at..self.at + self.descriptor();
        self.at = digits.end;
        let descriptor = (!digits.is_empty()).then(|| self.slice(digits).to_owned());
        let Some(operator) = OPERATORS.into_iter().find(|operator| self.skip(operator)) else {
            return;
        };
        self.blanks();
        let start = self.at;
        let heredoc = matches!(operator, "<<" | "<<-");
        let target = if heredoc {
            self.delimiter()
        } else {
            self.word(Some(index)).word
        };
        if self.at == start {
            self.out.incomplete();
        } else if heredoc {
            self.waiting.push(Waiting {
                delimiter: target.literal.clone().unwrap_or_default(),
                quoted: target.raw.contains(['\'', '"', '\\']),
                tabs: operator == "<<-",
                command: index,
                redirect: draft.redirects.len(),
                script_of: None,
            });
        }
        draft.redirects.push(Redirect {
            descriptor,
            operator: operator.to_owned(),
            target,
            body: None,
        });
    }

    /// The redirections behind a compound command: a command without words.
    pub(super) fn compound_redirects(&mut self, list: &mut List) {
        let start = self.at;
        let index = self.out.begin(list.place, Join::Compound, list.inside());
        let mut draft = Draft::default();
        while self.at_redirect() {
            self.redirect(&mut draft, index);
            self.blanks();
        }
        self.finish(index, draft, start, false);
    }
}
