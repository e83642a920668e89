//! YAML, and JSON with it, as people write it.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Options, Spanned, budget, options};
use std::fmt;

/// How many values a document may have: a hundred thousand waivers have less than two million.
const MAX_NODES: usize = 4_000_000;

/// How large all texts of a document may be together, in bytes.
const MAX_BYTES: usize = 256 << 20;

fn limits() -> Options {
    options! {
        budget: budget! {
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_total_scalar_bytes: MAX_BYTES,
        },
    }
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it in one line, with line and column.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    serde_saphyr::from_slice_with_options(text, limits())
        .map_err(|error| error.without_snippet().to_string())
}

/// A place in a document: line and column, from 1.
pub(crate) type Place = (u64, u64);

/// The place of the first key or text in a document that is just this.
pub(crate) fn find(text: &[u8], word: &str) -> Option<Place> {
    let document: Node = serde_saphyr::from_slice_with_options(text, limits()).ok()?;
    let (_, place) = document
        .words
        .into_iter()
        .find(|(found, _)| found == word)?;
    Some(place)
}

/// A value of a document: the text that it is, if it is one, and the places of those in it.
#[derive(Default)]
struct Node {
    text: Option<String>,
    words: Vec<(String, Place)>,
}

impl Node {
    fn add(&mut self, part: Spanned<Self>) {
        let place = (part.referenced.line(), part.referenced.column());
        self.words.extend(part.value.text.map(|text| (text, place)));
        self.words.extend(part.value.words);
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some((key, value)) = map.next_entry()? {
            node.add(key);
            node.add(value);
        }
        Ok(node)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some(item) = list.next_element()? {
            node.add(item);
        }
        Ok(node)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node {
            text: Some(text.to_owned()),
            words: Vec::new(),
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a.b", Some((2, 3)))]
    #[case("*", Some((3, 3)))]
    #[case("name", Some((6, 6)))]
    #[case("W2", Some((8, 9)))]
    #[case("true", None)]
    #[case("nowhere", None)]
    fn a_word_is_found_where_it_stands(#[case] word: &str, #[case] expected: Option<Place>) {
        let text = "rules:\n  a.b: { enabled: true, severity: null, settings: { x: 1, y: -1, z: 1.5 } }\n  '*': {}\npacks:\n- x\nof:  name\nwaivers:\n- { id: W2 }\n";
        assert_eq!(find(text.as_bytes(), word), expected);
    }
}
