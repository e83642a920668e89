//! The commands that `brush-parser` finds in a text.

use brush_parser::ast::{
    AssignmentValue, Command, CommandPrefixOrSuffixItem as Item, CompoundCommand, CompoundList,
    ExtendedTestExpr, IoFileRedirectTarget, IoRedirect, Program, SimpleCommand,
};
use brush_parser::word::{self, ParameterExpr, WordPiece, WordPieceWithSource};
use brush_parser::{Parser, ParserOptions};

/// The words of a command, as far as they are known.
type Words = Vec<Option<String>>;

/// All commands, or nothing if the text is refused.
pub(super) fn commands(text: &str) -> Option<Vec<Words>> {
    let mut found = Found::default();
    found.text(text);
    found.accepted.then_some(found.commands)
}

struct Found {
    commands: Vec<Words>,
    accepted: bool,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            commands: vec![],
            accepted: true,
        }
    }
}

impl Found {
    fn text(&mut self, text: &str) {
        let options = ParserOptions::default();
        match Parser::new(text.as_bytes(), &options).parse_program() {
            Ok(program) => self.program(&program),
            Err(_) => self.accepted = false,
        }
    }

    fn program(&mut self, program: &Program) {
        for list in &program.complete_commands {
            self.list(list);
        }
    }

    fn list(&mut self, list: &CompoundList) {
        for item in &list.0 {
            for (_, pipeline) in &item.0 {
                if pipeline.timed.is_some() {
                    self.commands.push(vec![Some("time".to_owned())]);
                }
                for command in &pipeline.seq {
                    self.command(command);
                }
            }
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, redirects) => {
                self.compound(compound);
                for redirect in redirects.iter().flat_map(|it| &it.0) {
                    self.redirect(redirect);
                }
            }
            Command::Function(function) => {
                self.compound(&function.body.0);
                for redirect in function.body.1.iter().flat_map(|it| &it.0) {
                    self.redirect(redirect);
                }
            }
            Command::ExtendedTest(test, redirects) => {
                self.test(&test.expr);
                for redirect in redirects.iter().flat_map(|it| &it.0) {
                    self.redirect(redirect);
                }
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::Arithmetic(it) => self.arithmetic(&it.expr.value),
            CompoundCommand::ArithmeticForClause(it) => {
                for part in [&it.initializer, &it.condition, &it.updater] {
                    self.arithmetic(part.as_ref().map_or("", |it| &it.value));
                }
                self.list(&it.body.list);
            }
            CompoundCommand::BraceGroup(it) => self.list(&it.list),
            CompoundCommand::Subshell(it) => self.list(&it.list),
            CompoundCommand::ForClause(it) => {
                for value in it.values.iter().flatten() {
                    self.word(&value.value);
                }
                self.list(&it.body.list);
            }
            CompoundCommand::CaseClause(it) => {
                self.word(&it.value.value);
                for case in &it.cases {
                    for pattern in &case.patterns {
                        self.word(&pattern.value);
                    }
                    case.cmd.iter().for_each(|list| self.list(list));
                }
            }
            CompoundCommand::IfClause(it) => {
                self.list(&it.condition);
                self.list(&it.then);
                for branch in it.elses.iter().flatten() {
                    branch.condition.iter().for_each(|list| self.list(list));
                    self.list(&branch.body);
                }
            }
            CompoundCommand::WhileClause(it) | CompoundCommand::UntilClause(it) => {
                self.list(&it.0);
                self.list(&it.1.list);
            }
            CompoundCommand::Coprocess(it) => self.command(&it.body),
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        let mut words = vec![];
        for item in simple.prefix.iter().flat_map(|it| &it.0) {
            self.item(item);
        }
        if let Some(name) = &simple.word_or_name {
            words.push(self.word(&name.value));
        }
        for item in simple.suffix.iter().flat_map(|it| &it.0) {
            words.extend(self.item(item));
        }
        self.commands.push(words);
    }

    /// The word that it is, if it is one.
    fn item(&mut self, item: &Item) -> Words {
        match item {
            Item::IoRedirect(redirect) => {
                self.redirect(redirect);
                vec![]
            }
            Item::Word(word) => vec![self.word(&word.value)],
            Item::AssignmentWord(assignment, word) => match &assignment.value {
                AssignmentValue::Scalar(_) => vec![self.word(&word.value)],
                AssignmentValue::Array(elements) => {
                    for (index, element) in elements {
                        if let Some(index) = index {
                            self.word(&index.value);
                        }
                        self.word(&element.value);
                    }
                    vec![None]
                }
            },
            Item::ProcessSubstitution(_, subshell) => {
                self.list(&subshell.list);
                vec![None]
            }
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect) {
        match redirect {
            IoRedirect::File(_, _, target) => match target {
                IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                    self.word(&word.value);
                }
                IoFileRedirectTarget::ProcessSubstitution(_, subshell) => self.list(&subshell.list),
                IoFileRedirectTarget::Fd(_) => {}
            },
            IoRedirect::HereDocument(_, document) if document.requires_expansion => {
                self.arithmetic(&document.doc.value);
            }
            IoRedirect::HereDocument(..) => {}
            IoRedirect::HereString(_, word) | IoRedirect::OutputAndError(word, _) => {
                self.word(&word.value);
            }
        }
    }

    fn test(&mut self, test: &ExtendedTestExpr) {
        match test {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => {
                self.test(inner);
            }
            ExtendedTestExpr::UnaryTest(_, word) => drop(self.word(&word.value)),
            ExtendedTestExpr::BinaryTest(_, left, right) => {
                self.word(&left.value);
                self.word(&right.value);
            }
        }
    }

    /// Text without quotes.
    fn arithmetic(&mut self, text: &str) {
        let pieces = word::parse_heredoc(text, &ParserOptions::default());
        self.accepted &= pieces.is_ok();
        self.pieces(text, &pieces.unwrap_or_default());
    }

    fn word(&mut self, text: &str) -> Option<String> {
        let pieces = word::parse(text, &ParserOptions::default());
        self.accepted &= pieces.is_ok();
        self.pieces(text, &pieces.ok()?)
    }

    fn pieces(&mut self, text: &str, pieces: &[WordPieceWithSource]) -> Option<String> {
        let mut literal = Some(String::new());
        for piece in pieces {
            let source = text.get(piece.start_index..piece.end_index);
            let value = self.piece(text, source.unwrap_or_default(), &piece.piece);
            literal = literal.zip(value).map(|(begin, end)| begin + &end);
        }
        literal
    }

    fn piece(&mut self, text: &str, source: &str, piece: &WordPiece) -> Option<String> {
        match piece {
            WordPiece::Text(text) | WordPiece::SingleQuotedText(text) => Some(text.clone()),
            WordPiece::AnsiCQuotedText(text) => {
                Some(text.replace("\\n", "\n").replace("\\t", "\t"))
            }
            WordPiece::DoubleQuotedSequence(inner)
            | WordPiece::GettextDoubleQuotedSequence(inner) => self.pieces(text, inner),
            WordPiece::TildeExpansion(_) => Some(source.to_owned()),
            WordPiece::EscapeSequence(escape) => {
                let escaped = escape.strip_prefix('\\').unwrap_or(escape);
                Some(escaped.trim_start_matches('\n').to_owned())
            }
            WordPiece::ParameterExpansion(parameter) => {
                self.parameter(parameter);
                None
            }
            WordPiece::CommandSubstitution(text)
            | WordPiece::BackquotedCommandSubstitution(text) => {
                self.text(text);
                None
            }
            WordPiece::ArithmeticExpression(expression) => {
                self.arithmetic(&expression.value);
                None
            }
        }
    }

    /// The words in `${…}`.
    fn parameter(&mut self, parameter: &ParameterExpr) {
        use ParameterExpr as P;
        let words = match parameter {
            P::UseDefaultValues {
                default_value: word,
                ..
            }
            | P::AssignDefaultValues {
                default_value: word,
                ..
            }
            | P::IndicateErrorIfNullOrUnset {
                error_message: word,
                ..
            }
            | P::UseAlternativeValue {
                alternative_value: word,
                ..
            }
            | P::RemoveSmallestSuffixPattern { pattern: word, .. }
            | P::RemoveLargestSuffixPattern { pattern: word, .. }
            | P::RemoveSmallestPrefixPattern { pattern: word, .. }
            | P::RemoveLargestPrefixPattern { pattern: word, .. } => [word.clone(), None],
            P::ReplaceSubstring {
                pattern,
                replacement,
                ..
            } => [Some(pattern.clone()), replacement.clone()],
            _ => [None, None],
        };
        for word in words.into_iter().flatten() {
            self.word(&word);
        }
    }
}
