//! Reserved words: conditions, loops, functions.

use super::Join;
use super::cursor::Reader;
use super::list::{List, Open};

/// Words that begin a compound command, or something like one.
const OPENERS: [&str; 10] = [
    "!", "{", "if", "while", "until", "for", "select", "case", "function", "[[",
];
/// Words that end a part of a compound command: no separator has to stand before them where a compound command ended.
const DIVIDERS: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];
/// The longest is `function`.
const LONGEST: usize = 8;

impl<'t> Reader<'t, '_> {
    /// The word that stands here, if it has no quotes and could be reserved.
    fn bare(&self) -> &'t str {
        let ends = |byte: &u8| b" \t\r\n;&|()<>".contains(byte);
        let bytes = self.text.as_bytes();
        let window = self.end.min(self.at + LONGEST + 1);
        let rest = bytes.get(self.at..window).unwrap_or_default();
        let length = match rest.iter().position(ends) {
            Some(length) => length,
            None if window == self.end => rest.len(),
            None => return "",
        };
        self.slice(self.at..self.at + length)
    }

    /// Reads a reserved word, and what belongs to it. False if here is none.
    pub(super) fn reserved(&mut self, list: &mut List) -> bool {
        let word = self.bare();
        let start = self.at;
        if DIVIDERS.contains(&word) {
            self.at += word.len();
            self.divide(list, word);
            return true;
        }
        if !OPENERS.contains(&word) {
            return false;
        }
        if list.ended {
            // A separator is missing.
            self.out.incomplete();
            list.next(Join::Sequence);
        }
        self.at += word.len();
        match word {
            "!" => list.negated = !list.negated,
            "{" if list.function => self.open(list, Open::Function),
            "{" => self.open(list, Open::Group),
            "if" => self.open(list, Open::If),
            "for" | "select" => self.for_head(list),
            "case" => self.case_head(list),
            "function" => self.function_head(list),
            "[[" => self.test(list, start),
            _ => self.open(list, Open::Loop),
        }
        true
    }

    /// A word that ends a part of a compound command, or all of it.
    fn divide(&mut self, list: &mut List, word: &str) {
        let next = match (word, list.open.last()) {
            ("then", Some(Open::If)) | ("else", Some(Open::Then)) => Open::Then,
            ("elif", Some(Open::Then)) => Open::If,
            ("do", Some(Open::Loop | Open::Head)) => Open::Do,
            ("}", Some(Open::Group | Open::Function))
            | ("fi", Some(Open::Then))
            | ("done", Some(Open::Do))
            | ("esac", Some(Open::Branch | Open::Pattern)) => return self.close(list),
            _ => {
                self.out.incomplete();
                return list.next(Join::Sequence);
            }
        };
        if let Some(open) = list.open.last_mut() {
            *open = next;
        }
        list.next(Join::Sequence);
    }

    /// `for NAME in WORDS`, `for NAME` or `for ((…))`
    fn for_head(&mut self, list: &mut List) {
        let owner = list.place.parent;
        self.open(list, Open::Head);
        self.blanks();
        if !(self.next_is("((") && self.arithmetic(owner)) {
            self.word(owner);
            self.blank_lines();
            if self.bare() == "in" {
                self.at += 2;
                self.words(owner);
            }
        }
        // What ends the words is read like what ends a command.
        list.ended = !matches!(self.bare(), "do" | "{");
    }

    fn words(&mut self, owner: Option<usize>) {
        loop {
            self.blanks();
            let before = self.at;
            if self.peek() == Some(b'#') {
                return;
            }
            self.word(owner);
            if self.at == before {
                return;
            }
        }
    }

    fn case_head(&mut self, list: &mut List) {
        self.open(list, Open::Pattern);
        self.blanks();
        self.word(list.place.parent);
        self.blank_lines();
        if self.bare() == "in" {
            self.at += 2;
        } else {
            self.out.incomplete();
        }
    }

    /// The patterns before a branch of `case`, or its end.
    pub(super) fn pattern(&mut self, list: &mut List) {
        if self.bare() == "esac" {
            self.at += 4;
            return self.close(list);
        }
        self.skip("(");
        loop {
            self.blanks();
            self.word(list.place.parent);
            self.blanks();
            if self.skip(")") {
                break;
            }
            if !self.skip("|") {
                self.out.incomplete();
                if self.peek().is_some() {
                    self.skip_char();
                }
                break;
            }
        }
        if let Some(open) = list.open.last_mut() {
            *open = Open::Branch;
        }
        list.next(Join::Sequence);
    }

    /// `function NAME` with or without `()`
    fn function_head(&mut self, list: &mut List) {
        self.blanks();
        self.word(list.place.parent);
        self.blanks();
        if self.skip("(") {
            self.blanks();
            if !self.skip(")") {
                self.out.incomplete();
            }
        }
        self.function_body(list);
    }

    /// A function was named; its body follows, perhaps on the next line.
    pub(super) fn function_body(&mut self, list: &mut List) {
        self.blank_lines();
        list.ended = false;
        list.function = true;
    }
}
