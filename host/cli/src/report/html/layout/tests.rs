use super::*;
use crate::report::html::stages::{Edge, Node};
use model::facts::dockerfile::{Span, Stage, Word};
use rstest::rstest;

fn stage(index: u32) -> Stage {
    let span = Span {
        start_line: 1,
        start_column: 1,
        end_line: 1,
        end_column: 1,
    };
    Stage {
        index,
        name: None,
        base: String::new(),
        base_word: Word {
            raw: String::new(),
            value: None,
            span,
        },
        base_stage: None,
        from_scratch: false,
        platform: None,
        span,
        reachable: true,
        config: None,
    }
}

/// Some stages that take from images and from stages above them, as chance will have it.
fn with_graph(count: u32, seed: u32, check: impl Fn(&Graph<'_>)) {
    let stages: Vec<Stage> = (0..count).map(stage).collect();
    let mut state = seed;
    let mut chance = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let mut graph = Graph::default();
    let node = |stage| Node {
        name: None,
        stage,
        is_target: false,
    };
    graph
        .nodes
        .extend(stages.iter().map(|stage| node(Some(stage))));
    graph.nodes.extend((0..3).map(|_| node(None)));
    for to in 0..stages.len() {
        for kind in Kind::ALL {
            let images = stages.len()..graph.nodes.len();
            let from: Vec<usize> = (0..to).chain(images).collect();
            let from = from[chance(from.len())];
            graph.edges.insert(Edge { from, to, kind });
        }
    }
    check(&graph);
}

fn is_within(point: Point, corner: Point, height: i32) -> bool {
    (corner.x..=corner.x + BOX_WIDTH).contains(&point.x)
        && (corner.y + 1..corner.y + height).contains(&point.y)
}

#[rstest]
fn no_box_lies_on_another_and_no_line_runs_through_one(
    #[values(1, 2, 5, 20, 40)] count: u32,
    #[values(1, 2, 3, 4, 5)] seed: u32,
) {
    with_graph(count, seed, |graph| {
        let layout = of(graph);
        let height = |at: usize| graph.nodes[at].stage.map_or(IMAGE_HEIGHT, |_| STAGE_HEIGHT);
        for (at, corner) in layout.corners.iter().enumerate() {
            assert!(corner.x >= 0 && corner.x + BOX_WIDTH <= layout.width);
            assert!(corner.y >= 0 && corner.y + height(at) <= layout.height);
            for (other, there) in layout.corners.iter().enumerate().skip(at + 1) {
                let is_beside = (corner.x - there.x).abs() >= BOX_WIDTH;
                let is_below =
                    corner.y >= there.y + height(other) || there.y >= corner.y + height(at);
                assert!(is_beside || is_below, "{at} and {other}");
            }
            for line in &layout.lines {
                let ends = line.bends.iter().map(|(_, end)| end);
                let starts = line.bends.iter().skip(1).map(|(start, _)| start);
                // Straight down through a layer; the bends lie between two.
                for (end, start) in ends.zip(starts) {
                    assert_eq!(end.x, start.x);
                    for y in end.y..=start.y {
                        let point = Point { x: end.x, y };
                        assert!(!is_within(point, *corner, height(at)), "{line:?}");
                    }
                }
            }
        }
        for line in &layout.lines {
            assert!(
                line.bends.iter().all(|(start, end)| start.y < end.y),
                "{line:?}"
            );
        }
    });
}

#[test]
fn places_keep_their_order_and_come_as_near_as_they_can() {
    let apart = BOX_WIDTH + GAP_BESIDE;
    assert_eq!(
        places([(0, BOX_WIDTH), (500, BOX_WIDTH)].into_iter()),
        [0, 500]
    );
    let both = places([(0, BOX_WIDTH), (0, BOX_WIDTH)].into_iter());
    assert_eq!(both, [-apart / 2, apart / 2]);
}
