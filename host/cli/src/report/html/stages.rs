//! The stages of a Dockerfile as nodes, and what one takes from another as edges.

use model::facts::DockerfileFacts;
use model::facts::dockerfile::Stage;
use std::collections::{BTreeMap, BTreeSet};

/// A stage, or an image from outside.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// What it is called; none: a stage without a name.
    pub(super) name: Option<&'a str>,
    /// The stage; none: an image.
    pub(super) stage: Option<&'a Stage>,
    pub(super) is_target: bool,
}

/// What is taken from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    From,
    Copy,
    Mount,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::From, Self::Copy, Self::Mount];

    /// As a Dockerfile says it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::From => "FROM",
            Self::Copy => "COPY --from",
            Self::Mount => "RUN --mount",
        }
    }

    /// How it is drawn.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::Copy => "copy",
            Self::Mount => "mount",
        }
    }
}

/// What one node takes from another, in every way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// Index of the node that gives.
    pub(super) from: usize,
    /// Index of the node that takes.
    pub(super) to: usize,
    pub(super) kind: Kind,
}

/// Stages in the order of the file, and images behind them.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) edges: BTreeSet<Edge>,
}

/// The graph of a file.
pub(super) fn of(file: &DockerfileFacts) -> Graph<'_> {
    let mut builder = Builder::new(file);
    for stage in &file.stages {
        let source = match stage.base_stage {
            Some(base) => Some(Source::Stage(base)),
            None => Some(Source::Image(&stage.base)),
        };
        builder.add(Some(stage.index), source, Kind::From);
    }
    for flow in &file.flows {
        let source = source(flow.from_stage, flow.from_image.as_deref());
        builder.add(Some(flow.to_stage), source, Kind::Copy);
    }
    for mount in &file.mounts {
        let at = usize::try_from(mount.instruction).unwrap_or(usize::MAX);
        let to = file.instructions.get(at).and_then(|found| found.stage);
        let source = source(mount.from_stage, mount.from_image.as_deref());
        builder.add(to, source, Kind::Mount);
    }
    builder.graph
}

enum Source<'a> {
    Stage(u32),
    Image(&'a str),
}

/// Neither: the build context.
fn source(stage: Option<u32>, image: Option<&str>) -> Option<Source<'_>> {
    stage.map(Source::Stage).or(image.map(Source::Image))
}

struct Builder<'a> {
    graph: Graph<'a>,
    stages: BTreeMap<u32, usize>,
    images: BTreeMap<&'a str, usize>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a DockerfileFacts) -> Self {
        let mut graph = Graph::default();
        let mut stages = BTreeMap::new();
        for stage in &file.stages {
            stages.insert(stage.index, graph.nodes.len());
            graph.nodes.push(Node {
                name: stage.name.as_deref(),
                stage: Some(stage),
                is_target: file.target == Some(stage.index),
            });
        }
        Self {
            graph,
            stages,
            images: BTreeMap::new(),
        }
    }

    /// What a stage takes from a stage above it, or from an image.
    fn add(&mut self, to: Option<u32>, source: Option<Source<'a>>, kind: Kind) {
        let to = to.and_then(|to| self.stages.get(&to).copied());
        let (Some(to), Some(source)) = (to, source) else {
            return;
        };
        let from = match source {
            Source::Stage(stage) => self.stages.get(&stage).copied().filter(|from| *from < to),
            Source::Image(image) => Some(self.image(image)),
        };
        if let Some(from) = from {
            self.graph.edges.insert(Edge { from, to, kind });
        }
    }

    fn image(&mut self, image: &'a str) -> usize {
        let nodes = &mut self.graph.nodes;
        *self.images.entry(image).or_insert_with(|| {
            nodes.push(Node {
                name: Some(image),
                stage: None,
                is_target: false,
            });
            nodes.len() - 1
        })
    }
}
