//! Reads a Dockerfile line by line, as BuildKit's parser does.

use crate::body;
use crate::directive::{Directives, Found};
use crate::heredoc::{HeredocWord, heredocs_of};
use crate::instruction::{Comment, Heredoc, Instruction, Keyword};
use crate::lines::{Lines, Logical, Physical, continuation};
use crate::span::{Position, Span};
use crate::split::{Arguments, arguments, split};
use crate::text::{leading_space, lossy, part, trim};
use crate::{Dockerfile, Refusal};

/// How many instructions a file may have. BuildKit has no such limit; no file in use comes near it.
const MAX_INSTRUCTIONS: usize = 200_000;

/// Reads all of a Dockerfile.
pub(crate) fn read(data: &[u8]) -> Dockerfile {
    let mut reader = Reader::new(data);
    reader.run();
    let unreadable = reader.refusal.take();
    let unacceptable = if unreadable.is_none() {
        reader.first_error()
    } else {
        None
    };
    Dockerfile {
        directives: reader.directives.finish(data),
        escape: char::from(reader.escape),
        instructions: reader.instructions,
        empty_continuations: reader.empty_continuations,
        comments: reader.all_comments,
        refused_instruction: unacceptable.as_ref().map(|(index, _)| *index),
        refusal: unreadable.or(unacceptable.map(|(_, refusal)| refusal)),
    }
}

/// Reads the text of a trigger.
pub(crate) fn read_one(text: &str) -> Result<Instruction, Refusal> {
    let mut reader = Reader::new(text.as_bytes());
    reader.run();
    if let Some(refusal) = reader.refusal {
        return Err(refusal);
    }
    let refuse = |message: String| Refusal {
        line: None,
        message,
    };
    let Ok([instruction]) = <[Instruction; 1]>::try_from(reader.instructions) else {
        let message = "onbuild trigger should be a single expression";
        return Err(refuse(message.to_owned()));
    };
    if let Some((_, error)) = reader.error {
        return Err(refuse(error));
    }
    if instruction.keyword == Some(Keyword::From) {
        let message = "*instructions.Stage is not a command type";
        return Err(refuse(message.to_owned()));
    }
    Ok(instruction)
}

/// What was read so far.
struct Reader<'a> {
    data: &'a [u8],
    lines: Lines<'a>,
    escape: u8,
    directives: Directives,
    /// Those that stand directly above.
    comments: Vec<Comment>,
    all_comments: Vec<Comment>,
    instructions: Vec<Instruction>,
    /// The index of the first instruction that is wrong in itself, and why.
    error: Option<(usize, String)>,
    empty_continuations: Vec<u32>,
    refusal: Option<Refusal>,
}

/// How many instructions there is room for at first: nine in ten files have no more.
const INSTRUCTIONS: usize = 16;

impl<'a> Reader<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            lines: Lines::new(data),
            escape: b'\\',
            directives: Directives::default(),
            comments: Vec::new(),
            all_comments: Vec::new(),
            instructions: Vec::with_capacity(INSTRUCTIONS),
            error: None,
            empty_continuations: Vec::new(),
            refusal: None,
        }
    }

    /// BuildKit gives up at the first of these.
    fn refuse(&mut self, line: u32, message: String) {
        self.refusal.get_or_insert(Refusal {
            line: Some(line).filter(|line| *line > 0),
            message,
        });
    }

    fn run(&mut self) {
        while let Some(line) = self.lines.next() {
            let start = leading_space(line.content());
            if line.is_comment() {
                self.comment(&line, start);
                continue;
            }
            self.directives.close();
            if start >= line.content().len() {
                continue;
            }
            if self.instructions.len() == MAX_INSTRUCTIONS {
                let message = format!("more than {MAX_INSTRUCTIONS} instructions");
                self.refuse(line.number, message);
                return;
            }
            self.instruction(&line, start);
        }
        let line = self.lines.number();
        if self.instructions.is_empty() {
            self.refuse(line, "file with no instructions".to_owned());
        }
        if self.lines.too_long {
            let message = "dockerfile line greater than max allowed size of 65535";
            self.refuse(line, message.to_owned());
        }
    }

    /// The first instruction that BuildKit does not accept, or that stands before the first stage, and why.
    fn first_error(&self) -> Option<(usize, Refusal)> {
        let mut outside = self
            .instructions
            .iter()
            .take_while(|it| it.keyword != Some(Keyword::From));
        let outside = outside.position(|it| it.keyword != Some(Keyword::Arg));
        let (index, error) = match (&self.error, outside) {
            (Some((index, error)), outside) if outside.is_none_or(|outside| outside >= *index) => {
                (*index, Some(error))
            }
            (_, outside) => (outside?, None),
        };
        let line = self.instructions.get(index)?.lines.0;
        let message = match error {
            Some(error) => format!("dockerfile parse error on line {line}: {error}"),
            None => "no build stage in current context".to_owned(),
        };
        let line = Some(line);
        Some((index, Refusal { line, message }))
    }

    /// Keeps a comment of the file, wherever it stands.
    fn keep(&mut self, line: &Physical, hash: usize) {
        let text = trim(line.bytes, hash + 1..line.bytes.len());
        self.all_comments.push(Comment {
            text: lossy(part(line.bytes, text.clone())),
            span: Span {
                start: line.position(hash),
                end: line.position(text.end),
            },
        });
    }

    fn comment(&mut self, line: &Physical, hash: usize) {
        match self.directives.look(line, hash) {
            Found::None => {}
            Found::Directive(escape) => {
                self.escape = escape.unwrap_or(self.escape);
                return;
            }
            Found::Refused(message) => {
                self.refuse(line.number - 1, message);
                return;
            }
        }
        self.keep(line, hash);
        // BuildKit leaves out the first byte, whatever it is: the hash of an indented comment belongs to its text.
        let text = trim(line.bytes, 1..line.bytes.len());
        if text.is_empty() {
            self.comments.clear();
            return;
        }
        self.comments.push(Comment {
            text: lossy(part(line.bytes, text.clone())),
            span: Span {
                start: line.position(hash),
                end: line.position(text.end),
            },
        });
    }

    /// Joins a line with those that it goes on in; the position is the end of the last one.
    fn logical(&mut self, first: &Physical<'a>, start: usize) -> (Logical<'a>, Position) {
        let content = first.content();
        let (length, mut more) =
            continuation(content.get(start..).unwrap_or_default(), self.escape);
        let mut text = Logical::new(first, start..start + length);
        let mut end = first.position(content.len());
        let mut has_empty_line = false;
        while more && let Some(line) = self.lines.next() {
            let content = line.content();
            end = line.position(content.len());
            if line.is_comment() {
                self.keep(&line, leading_space(content));
                continue;
            }
            if leading_space(content) == content.len() {
                has_empty_line = true;
                continue;
            }
            let (length, goes_on) = continuation(content, self.escape);
            text.push(&line, length);
            more = goes_on;
        }
        if has_empty_line {
            self.empty_continuations.push(self.lines.number());
        }
        (text, end)
    }

    fn instruction(&mut self, first: &Physical<'a>, start: usize) {
        let (text, end) = self.logical(first, start);
        let comments = std::mem::take(&mut self.comments);
        let split = split(&text, 0..text.text().len(), self.escape);
        let keyword = Keyword::read(text.part(split.name.clone()));
        let name = text.word(split.name);
        let arguments = arguments(keyword, &text, split.rest, self.escape);
        let readable = arguments.is_ok();
        let arguments = arguments.unwrap_or_else(|error| {
            self.refuse(first.number, error);
            Arguments::default()
        });
        let mut instruction = Instruction {
            keyword,
            span: Span {
                start: name.span.start,
                end,
            },
            name,
            lines: (first.number, self.lines.number()),
            map: text.map(),
            original: text.into_text(),
            flags: split.flags,
            arguments: arguments.words,
            exec_form: arguments.exec_form,
            broken_json: arguments.broken_json,
            heredocs: Vec::new(),
            comments,
            body: None,
        };
        if !readable {
            return;
        }
        if arguments.heredocs && instruction.original.contains("<<") {
            self.heredocs(&mut instruction);
        }
        // To guess what was meant takes long, and only the first error is told.
        if keyword.is_some() || self.error.is_none() {
            match body::read(&instruction, self.data) {
                Ok(body) => instruction.body = Some(body),
                Err(error) => {
                    self.error.get_or_insert((self.instructions.len(), error));
                }
            }
        }
        self.instructions.push(instruction);
    }

    fn heredocs(&mut self, instruction: &mut Instruction) {
        let words = heredocs_of(&instruction.original).unwrap_or_else(|error| {
            self.refuse(instruction.lines.0, error);
            Vec::new()
        });
        for word in words {
            let end = self.heredoc(word, &mut instruction.heredocs);
            instruction.lines.1 = self.lines.number();
            let Some(end) = end else {
                instruction.span.end = self.lines.here();
                self.refuse(instruction.lines.0, "unterminated heredoc".to_owned());
                return;
            };
            instruction.span.end = end;
        }
    }

    /// Reads a heredoc, and gives the end of the line that ends it.
    fn heredoc(&mut self, word: HeredocWord, heredocs: &mut Vec<Heredoc>) -> Option<Position> {
        let start = self.lines.here();
        let (content_end, end) = loop {
            let here = self.lines.here();
            let Some(line) = self.lines.next() else {
                break (here, None);
            };
            let content = line.content();
            let tabs = content.iter().take_while(|byte| **byte == b'\t').count();
            let indent = if word.chomp { tabs } else { 0 };
            if content.get(indent..) == Some(word.name.as_bytes()) {
                break (here, Some(line.position(content.len())));
            }
        };
        heredocs.push(Heredoc {
            name: word.name,
            content: lossy(part(self.data, start.byte..content_end.byte)),
            expand: word.expand,
            chomp: word.chomp,
            file_descriptor: word.file_descriptor,
            span: Span {
                start,
                end: content_end,
            },
        });
        end
    }
}
