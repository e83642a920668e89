//! Regular expressions as Go reads them: as much of them as moby's translation can contain.

use super::budget::Budget;
use super::class::{Malformed, Set, escaped, perl};
use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

type Text<'a> = Peekable<Chars<'a>>;

/// How often something may be repeated.
const MAX_REPEAT: u32 = 1000;

/// A regular expression: its alternatives, one behind the other.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    nodes: Vec<Node>,
    /// Where the alternatives begin.
    starts: Vec<usize>,
}

/// What has to come next.
#[derive(Clone, Debug)]
enum Node {
    /// One character of a set.
    One(Arc<Set>),
    /// Any number of them.
    Many(Arc<Set>),
    /// All that follows, or what is so many nodes ahead.
    Skip(usize),
    /// The beginning of the text.
    Start,
    /// Its end.
    End,
    /// Where a word begins or ends; or does not.
    Boundary(bool),
    /// Nothing: it is found.
    Match,
}

impl Expression {
    /// Reads an expression.
    pub(super) fn parse(expression: &str) -> Result<Self, Malformed> {
        // Repetitions are written out. Go has such a limit too, though a higher one.
        let limit = expression.len() * 4 + 64;
        let mut nodes = Vec::new();
        let mut starts = vec![0];
        let mut text = expression.chars().peekable();
        while let Some(&character) = text.peek() {
            match character {
                '|' => {
                    text.next();
                    nodes.push(Node::Match);
                    starts.push(nodes.len());
                    no_repetition(&text)?;
                }
                '(' => {
                    // `(.*/)?`: there is no other group.
                    text.nth(5);
                    nodes.push(Node::Skip(3));
                    nodes.push(Node::Many(Set::all_but('\n').into()));
                    nodes.push(Node::One(Set::one('/').into()));
                    no_repetition(&text)?;
                }
                '\\' => parse_escape(&mut text, &mut nodes)?,
                _ => {
                    let atom = parse_atom(character, &mut text)?;
                    push(&mut nodes, atom, &mut text)?;
                }
            }
            if nodes.len() > limit {
                return Err(Malformed);
            }
        }
        nodes.push(Node::Match);
        Ok(Self { nodes, starts })
    }

    /// Whether it matches anything in a path, or in the path up to one of its slashes; none if that takes too long.
    pub(super) fn is_match(
        &self,
        path: &str,
        up_to_slashes: bool,
        budget: &mut Budget,
    ) -> Option<bool> {
        let mut search = Search::new(self);
        let mut states = Vec::new();
        let mut before = None;
        for character in path.chars() {
            if up_to_slashes && character == '/' && search.is_match(&states, before, None) {
                return Some(true);
            }
            if search.is_match(&states, before, Some(character)) {
                return Some(true);
            }
            budget.spend(1 + search.reached.len())?;
            states = search.step(character);
            before = Some(character);
        }
        Some(search.is_match(&states, before, None))
    }
}

/// A search for an expression.
struct Search<'a> {
    expression: &'a Expression,
    /// The round in which a node was reached last.
    rounds: Vec<u32>,
    round: u32,
    /// The nodes that read a character, reached in this round.
    reached: Vec<usize>,
    /// Nodes to look at.
    open: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(expression: &'a Expression) -> Self {
        Self {
            expression,
            rounds: vec![0; expression.nodes.len()],
            round: 0,
            reached: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Goes wherever one can without reading, from the given nodes and from the beginning; whether that is a match.
    fn is_match(&mut self, states: &[usize], before: Option<char>, behind: Option<char>) -> bool {
        self.round += 1;
        self.reached.clear();
        self.open.clear();
        self.open.extend_from_slice(states);
        // A match may begin anywhere.
        self.open.extend_from_slice(&self.expression.starts);
        while let Some(index) = self.open.pop() {
            let (Some(node), Some(round)) =
                (self.expression.nodes.get(index), self.rounds.get_mut(index))
            else {
                continue;
            };
            if *round == self.round {
                continue;
            }
            *round = self.round;
            let passes = match node {
                Node::Match => return true,
                Node::One(_) => {
                    self.reached.push(index);
                    false
                }
                Node::Many(_) => {
                    self.reached.push(index);
                    true
                }
                Node::Skip(count) => {
                    self.open.push(index + count);
                    true
                }
                Node::Start => before.is_none(),
                Node::End => behind.is_none(),
                Node::Boundary(wanted) => (is_word(before) != is_word(behind)) == *wanted,
            };
            if passes {
                self.open.push(index + 1);
            }
        }
        false
    }

    /// The nodes behind a character.
    fn step(&self, character: char) -> Vec<usize> {
        self.reached
            .iter()
            .filter_map(|&index| match self.expression.nodes.get(index)? {
                Node::One(set) if set.contains(character) => Some(index + 1),
                Node::Many(set) if set.contains(character) => Some(index),
                _ => None,
            })
            .collect()
    }
}

fn parse_atom(first: char, text: &mut Text<'_>) -> Result<Node, Malformed> {
    text.next();
    Ok(match first {
        '[' => Node::One(Set::parse(text)?.into()),
        '.' => Node::One(Set::all_but('\n').into()),
        '^' => Node::Start,
        '$' => Node::End,
        other => Node::One(Set::one(other).into()),
    })
}

fn parse_escape(text: &mut Text<'_>, nodes: &mut Vec<Node>) -> Result<(), Malformed> {
    if let Some(set) = perl(text) {
        return push(nodes, Node::One(set.into()), text);
    }
    text.next();
    let assertion = match text.peek() {
        Some('A') => Node::Start,
        Some('z') => Node::End,
        Some('b') => Node::Boundary(true),
        Some('B') => Node::Boundary(false),
        Some('Q') => return parse_quotation(text, nodes),
        _ => {
            let character = escaped(text)?;
            return push(nodes, Node::One(Set::one(character).into()), text);
        }
    };
    text.next();
    push(nodes, assertion, text)
}

/// `\Q…\E`
fn parse_quotation(text: &mut Text<'_>, nodes: &mut Vec<Node>) -> Result<(), Malformed> {
    text.next();
    while let Some(character) = text.next() {
        if character == '\\' && text.next_if_eq(&'E').is_some() {
            break;
        }
        nodes.push(Node::One(Set::one(character).into()));
    }
    // A repetition behind it is one of its last character.
    match nodes.pop() {
        Some(last) => push(nodes, last, text),
        None => Ok(()),
    }
}

/// Adds something, as often as what follows it says.
fn push(nodes: &mut Vec<Node>, atom: Node, text: &mut Text<'_>) -> Result<(), Malformed> {
    if text.next_if_eq(&'*').is_some() {
        nodes.push(match atom {
            Node::One(set) => Node::Many(set),
            other => other,
        });
        return no_repetition(text);
    }
    let Some((least, most)) = repetition(text)? else {
        nodes.push(atom);
        return Ok(());
    };
    nodes.extend((0..least).map(|_| atom.clone()));
    match (most, atom) {
        (None, Node::One(set)) => nodes.push(Node::Many(set)),
        // It matches nothing, as often as one likes.
        (None, _) => {}
        (Some(most), atom) => {
            for _ in least..most {
                nodes.push(Node::Skip(2));
                nodes.push(atom.clone());
            }
        }
    }
    no_repetition(text)
}

/// Reads `{2}`, `{2,}` or `{2,3}`; anything else is text.
fn repetition(text: &mut Text<'_>) -> Result<Option<(u32, Option<u32>)>, Malformed> {
    let mut ahead = text.clone();
    if ahead.next_if_eq(&'{').is_none() {
        return Ok(None);
    }
    let Some(least) = number(&mut ahead) else {
        return Ok(None);
    };
    let mut most = Some(least);
    if ahead.next_if_eq(&',').is_some() {
        most = None;
        if ahead.peek() != Some(&'}') {
            most = number(&mut ahead);
            if most.is_none() {
                return Ok(None);
            }
        }
    }
    if ahead.next() != Some('}') {
        return Ok(None);
    }
    if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
        return Err(Malformed);
    }
    *text = ahead;
    Ok(Some((least, most)))
}

/// Nothing that has been repeated, or is missing, can be repeated.
fn no_repetition(text: &Text<'_>) -> Result<(), Malformed> {
    match repetition(&mut text.clone())? {
        Some(_) => Err(Malformed),
        None => Ok(()),
    }
}

/// A number without leading zeros.
fn number(text: &mut Text<'_>) -> Option<u32> {
    let mut number = text.next()?.to_digit(10)?;
    let is_zero = number == 0;
    while let Some(digit) = text.peek().and_then(|next| next.to_digit(10)) {
        if is_zero {
            return None;
        }
        text.next();
        number = number.saturating_mul(10).saturating_add(digit);
    }
    Some(number)
}

fn is_word(character: Option<char>) -> bool {
    character.is_some_and(|character| character.is_ascii_alphanumeric() || character == '_')
}
