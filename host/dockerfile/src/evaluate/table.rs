//! Maps that stages share.
//!
//! A stage begins with what its parent ends with. With 100,000 stages a copy for each is out of the question; here a copy
//! costs nothing, and a change the logarithm of the size.

use std::cmp::Ordering;
use std::fmt;
use std::mem;
use std::sync::Arc;

/// A map that remembers the order in which its keys came.
#[derive(Clone)]
pub struct Table<V> {
    root: Link<V>,
    next: usize,
}

type Link<V> = Option<Arc<Node<V>>>;

/// A node of a tree balanced by weight.
#[derive(Clone)]
struct Node<V> {
    entry: Entry<V>,
    size: usize,
    left: Link<V>,
    right: Link<V>,
}

#[derive(Clone)]
struct Entry<V> {
    key: Arc<str>,
    place: usize,
    value: V,
}

impl<V: Clone> Table<V> {
    /// What a key has.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Whether a key is there.
    pub fn contains(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        size(self.root.as_ref())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Keys and values in the order in which the keys came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.placed()
            .into_iter()
            .map(|(_, key, value)| (key, value))
    }

    /// The same, and the place of each.
    pub(super) fn placed(&self) -> Vec<(usize, &str, &V)> {
        let mut all = Vec::with_capacity(self.len());
        collect(self.root.as_ref(), &mut all);
        all.sort_unstable_by_key(|(place, ..)| *place);
        all
    }

    /// The place of a key among the others.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.entry(key).map(|entry| entry.place)
    }

    /// The place that the next new key gets.
    pub(super) fn next_place(&self) -> usize {
        self.next
    }

    /// Sets a value; a key that is there already keeps its place.
    pub(super) fn set(&mut self, key: &str, value: V) {
        let place = self.place(key).unwrap_or(self.next);
        self.put(key, place, value);
    }

    /// Sets a value, and makes the key the last one.
    pub(super) fn renew(&mut self, key: &str, value: V) {
        self.put(key, self.next, value);
    }

    fn put(&mut self, key: &str, place: usize, value: V) {
        insert(&mut self.root, key, place, value);
        self.next += 1;
    }

    fn entry(&self, key: &str) -> Option<&Entry<V>> {
        let mut link = self.root.as_ref();
        while let Some(node) = link {
            link = match key.cmp(&node.entry.key) {
                Ordering::Less => node.left.as_ref(),
                Ordering::Greater => node.right.as_ref(),
                Ordering::Equal => return Some(&node.entry),
            };
        }
        None
    }
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self {
            root: None,
            next: 0,
        }
    }
}

impl<V: Clone + fmt::Debug> fmt::Debug for Table<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V: Clone + PartialEq> PartialEq for Table<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

fn size<V>(link: Option<&Arc<Node<V>>>) -> usize {
    link.map_or(0, |node| node.size)
}

/// The tree is never deep: its depth is the logarithm of its size.
fn collect<'t, V>(link: Option<&'t Arc<Node<V>>>, all: &mut Vec<(usize, &'t str, &'t V)>) {
    if let Some(node) = link {
        collect(node.left.as_ref(), all);
        all.push((node.entry.place, &node.entry.key, &node.entry.value));
        collect(node.right.as_ref(), all);
    }
}

/// Changes what no other table has; of the rest, the nodes on the way are copied.
fn insert<V: Clone>(link: &mut Link<V>, key: &str, place: usize, value: V) {
    let Some(node) = link else {
        let key = key.into();
        *link = Some(Arc::new(Node {
            entry: Entry { key, place, value },
            size: 1,
            left: None,
            right: None,
        }));
        return;
    };
    let node = Arc::make_mut(node);
    match key.cmp(&node.entry.key) {
        Ordering::Equal => {
            node.entry.place = place;
            node.entry.value = value;
            return;
        }
        Ordering::Less => insert(&mut node.left, key, place, value),
        Ordering::Greater => insert(&mut node.right, key, place, value),
    }
    node.balance();
}

/// A side of a node.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl<V: Clone> Node<V> {
    fn child(&mut self, side: Side) -> &mut Link<V> {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }

    fn weight(&self, side: Side) -> usize {
        let child = match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        };
        size(child.as_ref()) + 1
    }

    /// With the weights of Hirai and Yamamoto: one side is at most three times as heavy as the other.
    fn balance(&mut self) {
        for side in [Side::Left, Side::Right] {
            let inner = side.other();
            if self.weight(side) <= 3 * self.weight(inner) {
                continue;
            }
            if let Some(heavy) = self.child(side).as_mut().map(Arc::make_mut)
                && heavy.weight(inner) >= 2 * heavy.weight(side)
            {
                heavy.lift(inner);
            }
            return self.lift(side);
        }
        self.measure();
    }

    /// Puts the node of one side on top, and this one below it.
    fn lift(&mut self, side: Side) {
        if let Some(mut top) = self.child(side).take() {
            let node = Arc::make_mut(&mut top);
            *self.child(side) = node.child(side.other()).take();
            self.measure();
            mem::swap(self, node);
            *self.child(side.other()) = Some(top);
        }
        self.measure();
    }

    fn measure(&mut self) {
        self.size = size(self.left.as_ref()) + size(self.right.as_ref()) + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn depth<V>(link: Option<&Arc<Node<V>>>) -> usize {
        link.map_or(0, |node| {
            1 + depth(node.left.as_ref()).max(depth(node.right.as_ref()))
        })
    }

    #[test]
    fn stays_flat_whatever_the_order_of_the_keys() {
        const KEYS: usize = 20_000;
        let orders: [fn(usize) -> usize; 3] = [
            |at| at,
            |at| KEYS - 1 - at,
            // From both ends to the middle.
            |at| {
                if at % 2 == 0 {
                    at / 2
                } else {
                    KEYS - 1 - at / 2
                }
            },
        ];
        for order in orders {
            let mut table = Table::default();
            for key in (0..KEYS).map(order) {
                table.set(&format!("{key:05}"), key);
            }
            assert_eq!(table.len(), KEYS);
            assert!(
                depth(table.root.as_ref()) <= 40,
                "{}",
                depth(table.root.as_ref())
            );
            assert_eq!(table.iter().nth(17).map(|(_, key)| *key), Some(order(17)));
        }
    }

    proptest! {
        #[test]
        fn is_a_map_that_keeps_the_order(keys in proptest::collection::vec((0u8..40, any::<bool>()), 0..200)) {
            let (mut table, mut map, mut order) = (Table::default(), BTreeMap::new(), Vec::<u8>::new());
            for (value, (key, renew)) in keys.iter().enumerate() {
                let before = (table.clone(), map.clone());
                if *renew {
                    table.renew(&key.to_string(), value);
                    order.retain(|other| other != key);
                } else {
                    table.set(&key.to_string(), value);
                }
                map.insert(key.to_string(), value);
                if !order.contains(key) {
                    order.push(*key);
                }
                // What was copied before the change does not see it.
                prop_assert!(before.1.iter().all(|(key, value)| before.0.get(key) == Some(value)));
            }
            let keys: Vec<String> = order.iter().map(ToString::to_string).collect();
            prop_assert_eq!(table.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>(), keys);
            prop_assert!(map.iter().all(|(key, value)| table.get(key) == Some(value)));
            prop_assert_eq!(table.len(), map.len());
        }
    }
}
