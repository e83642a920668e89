//! Where the boxes of a graph are drawn, and the lines between them: in layers from top to bottom. A line that passes a layer
//! has a place of its own in it, so it runs through no box.

use super::stages::{Graph, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// How many boxes a layer has room for.
const IN_A_LAYER: usize = 4;
/// How often the layers are gone through to bring what belongs together closer.
const SWEEPS: usize = 8;

pub(super) const BOX_WIDTH: i32 = 190;
pub(super) const STAGE_HEIGHT: i32 = 58;
pub(super) const IMAGE_HEIGHT: i32 = 34;
const LINE_WIDTH: i32 = 10;
const GAP_BESIDE: i32 = 26;
const GAP_BELOW: i32 = 46;
const MARGIN: i32 = 10;

/// A point of the picture; `y` grows downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// A line: straight down in a layer, bent between two.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Beginnings and ends of the bends in turn.
    pub(super) bends: Vec<(Point, Point)>,
}

/// A graph with a place for everything.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// The upper left corner of each node.
    pub(super) corners: Vec<Point>,
    pub(super) lines: Vec<Line>,
}

/// What has a place in a layer: a node, or a line that passes.
#[derive(Debug, Default)]
struct Item {
    is_node: bool,
    height: i32,
    /// Its middle.
    x: i32,
    layer: usize,
    above: Vec<usize>,
    below: Vec<usize>,
}

impl Item {
    fn width(&self) -> i32 {
        if self.is_node { BOX_WIDTH } else { LINE_WIDTH }
    }
}

/// Lays a graph out.
pub(super) fn of(graph: &Graph<'_>) -> Layout {
    let (items, chains) = items(graph);
    let count = items.iter().map(|item| item.layer + 1).max().unwrap_or(0);
    let mut layers = vec![Vec::new(); count];
    for (at, item) in items.iter().enumerate() {
        if let Some(layer) = layers.get_mut(item.layer) {
            layer.push(at);
        }
    }
    let mut drawing = Drawing { items, layers };
    drawing.sort();
    drawing.spread();
    drawing.finish(graph, &chains)
}

/// The layer of each node: below all that it takes from, where there is room; an image right above the first stage that needs it.
fn layers(graph: &Graph<'_>) -> Vec<usize> {
    let mut layers: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        if node.stage.is_none() {
            continue;
        }
        let edges = graph.edges.iter().filter(|edge| edge.to == at);
        let sources: BTreeSet<usize> = edges.map(|edge| edge.from).collect();
        let placed = sources.iter().filter_map(|source| layers.get(source));
        let lowest = placed.map(|layer| layer + 1).max().unwrap_or(0);
        let new: Vec<usize> = sources
            .iter()
            .filter(|source| !layers.contains_key(source))
            .copied()
            .collect();
        let room = |layer: usize, wanted: usize| {
            let taken = taken.get(&layer).copied().unwrap_or(0);
            taken == 0 || taken + wanted <= IN_A_LAYER
        };
        let mut layer = lowest.max(usize::from(!new.is_empty()));
        while !room(layer, 1) || (!new.is_empty() && !room(layer - 1, new.len())) {
            layer += 1;
        }
        layers.insert(at, layer);
        *taken.entry(layer).or_default() += 1;
        for image in new {
            layers.insert(image, layer - 1);
            *taken.entry(layer - 1).or_default() += 1;
        }
    }
    let nodes = 0..graph.nodes.len();
    nodes
        .map(|at| layers.get(&at).copied().unwrap_or(0))
        .collect()
}

/// The nodes, and behind them a place for each line in each layer that it passes; and of each edge all that it goes through.
fn items(graph: &Graph<'_>) -> (Vec<Item>, Vec<Vec<usize>>) {
    let layers = layers(graph);
    let nodes = graph.nodes.iter().zip(&layers);
    let mut items: Vec<Item> = nodes
        .map(|(node, layer)| Item {
            is_node: true,
            height: node.stage.map_or(IMAGE_HEIGHT, |_| STAGE_HEIGHT),
            layer: *layer,
            ..Item::default()
        })
        .collect();
    let mut chains = Vec::new();
    for edge in &graph.edges {
        let layer = |node: usize| layers.get(node).copied().unwrap_or(0);
        let mut chain = vec![edge.from];
        for layer in layer(edge.from) + 1..layer(edge.to) {
            chain.push(items.len());
            items.push(Item {
                layer,
                ..Item::default()
            });
        }
        chain.push(edge.to);
        for (upper, lower) in chain.iter().zip(chain.iter().skip(1)) {
            if let Some(item) = items.get_mut(*upper) {
                item.below.push(*lower);
            }
            if let Some(item) = items.get_mut(*lower) {
                item.above.push(*upper);
            }
        }
        chains.push(chain);
    }
    (items, chains)
}

struct Drawing {
    items: Vec<Item>,
    /// The items of each layer, from left to right.
    layers: Vec<Vec<usize>>,
}

impl Drawing {
    /// Orders the layers so that few lines cross: each item to the mean of what it is connected to.
    fn sort(&mut self) {
        self.number();
        for sweep in 0..SWEEPS {
            let downwards = sweep % 2 == 0;
            for at in self.in_order(downwards) {
                let mut layer = self
                    .layers
                    .get_mut(at)
                    .map(std::mem::take)
                    .unwrap_or_default();
                layer.sort_by_key(|item| self.mean(*item, downwards, 1_000));
                if let Some(place) = self.layers.get_mut(at) {
                    *place = layer;
                }
                self.number();
            }
        }
    }

    fn in_order(&self, downwards: bool) -> Vec<usize> {
        let layers = 0..self.layers.len();
        if downwards {
            layers.collect()
        } else {
            layers.rev().collect()
        }
    }

    /// Takes the place in its layer for the middle of each item.
    fn number(&mut self) {
        for layer in &self.layers {
            for (x, item) in (0..).zip(layer) {
                if let Some(item) = self.items.get_mut(*item) {
                    item.x = x;
                }
            }
        }
    }

    /// The mean of what an item is connected to above or below, else its own place.
    fn mean(&self, item: usize, downwards: bool, scale: i32) -> i32 {
        let Some(item) = self.items.get(item) else {
            return 0;
        };
        let others = if downwards { &item.above } else { &item.below };
        let middles = others.iter().filter_map(|other| self.items.get(*other));
        let sum: i32 = middles.map(|other| other.x * scale).sum();
        i32::try_from(others.len())
            .ok()
            .and_then(|count| sum.checked_div(count))
            .unwrap_or(item.x * scale)
    }

    /// Moves the items of each layer to the mean of what they are connected to, as far as there is room.
    fn spread(&mut self) {
        for item in &mut self.items {
            item.x *= BOX_WIDTH + GAP_BESIDE;
        }
        for sweep in 0..=SWEEPS {
            let downwards = sweep % 2 == 0;
            for at in self.in_order(downwards) {
                let layer = self.layers.get(at).cloned().unwrap_or_default();
                let wanted = layer.iter().map(|item| self.mean(*item, downwards, 1));
                let widths = layer.iter().filter_map(|item| self.items.get(*item));
                let places = places(wanted.zip(widths.map(Item::width)));
                for (item, x) in layer.iter().zip(places) {
                    if let Some(item) = self.items.get_mut(*item) {
                        item.x = x;
                    }
                }
            }
        }
        let left = self
            .items
            .iter()
            .map(|item| item.x - item.width() / 2)
            .min();
        for item in &mut self.items {
            item.x += MARGIN - left.unwrap_or(0);
        }
    }

    fn finish(&self, graph: &Graph<'_>, chains: &[Vec<usize>]) -> Layout {
        let mut bottoms = Vec::new();
        let mut bottom = MARGIN - GAP_BELOW;
        for layer in &self.layers {
            let items = layer.iter().filter_map(|item| self.items.get(*item));
            let height = items.map(|item| item.height).max().unwrap_or(0);
            bottom += GAP_BELOW + height;
            bottoms.push((bottom, height));
        }
        let bottom_of = |item: &Item| bottoms.get(item.layer).copied().unwrap_or_default();
        let corner = |item: &Item| Point {
            x: item.x - BOX_WIDTH / 2,
            y: bottom_of(item).0 - item.height,
        };
        let right = self.items.iter().map(|item| item.x + item.width() / 2);
        let edges = graph.edges.iter().zip(chains);
        let lines = edges.map(|(edge, chain)| {
            let pairs = chain.iter().zip(chain.iter().skip(1));
            let bends = pairs.filter_map(|(upper, lower)| {
                let (above, below) = (self.items.get(*upper)?, self.items.get(*lower)?);
                let start = Point {
                    x: above.x + self.port(*upper, &above.below, *lower, edge.kind),
                    y: bottom_of(above).0,
                };
                let (y, height) = bottom_of(below);
                let end = Point {
                    x: below.x + self.port(*lower, &below.above, *upper, edge.kind),
                    y: y - if below.is_node { below.height } else { height },
                };
                Some((start, end))
            });
            Line {
                kind: edge.kind,
                from: edge.from,
                to: edge.to,
                bends: bends.collect(),
            }
        });
        Layout {
            width: right.max().unwrap_or(0) + MARGIN,
            height: bottom + MARGIN,
            corners: self
                .items
                .iter()
                .take(graph.nodes.len())
                .map(corner)
                .collect(),
            lines: lines.collect(),
        }
    }

    /// How far from the middle of an item one of its lines begins or ends: side by side, in the order of where they lead.
    fn port(&self, item: usize, others: &[usize], other: usize, kind: Kind) -> i32 {
        if self.items.get(item).is_none_or(|item| !item.is_node) {
            return 0;
        }
        let x = |other: &usize| self.items.get(*other).map_or(0, |other| other.x);
        let mut sorted = others.to_vec();
        sorted.sort_by_key(x);
        let first = sorted.iter().position(|found| *found == other).unwrap_or(0);
        let same = sorted.iter().filter(|found| **found == other).count();
        // Two nodes may be connected in several ways.
        let way = Kind::ALL.iter().position(|found| *found == kind);
        let at = first + way.unwrap_or(0).min(same.saturating_sub(1));
        let count = i32::try_from(sorted.len()).unwrap_or(i32::MAX);
        let at = i32::try_from(at).unwrap_or(0);
        let step = 22.min((BOX_WIDTH - 40) / count.max(1));
        (2 * at + 1 - count) * step / 2
    }
}

/// Places as near as can be to where each item wants its middle, in their order and without touching: isotonic regression.
fn places(wanted: impl Iterator<Item = (i32, i32)>) -> Vec<i32> {
    let mut offsets = Vec::new();
    let mut blocks: Vec<(i64, i64)> = Vec::new();
    let mut offset = 0;
    let mut before = None;
    for (middle, width) in wanted {
        offset += before.map_or(0, |before| i32::midpoint(before, width) + GAP_BESIDE);
        before = Some(width);
        offsets.push(offset);
        let mut block = (i64::from(middle - offset), 1);
        while let Some((sum, count)) =
            blocks.pop_if(|(sum, count)| *sum * block.1 > block.0 * *count)
        {
            block = (block.0 + sum, block.1 + count);
        }
        blocks.push(block);
    }
    let starts = blocks.iter().flat_map(|(sum, count)| {
        let times = usize::try_from(*count).unwrap_or(0);
        let start = i32::try_from(sum.div_euclid(*count)).unwrap_or(0);
        std::iter::repeat_n(start, times)
    });
    starts
        .zip(&offsets)
        .map(|(start, offset)| start + offset)
        .collect()
}

#[cfg(test)]
mod tests;
