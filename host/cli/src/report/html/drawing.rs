//! The stages of a Dockerfile as a picture, and the same as a table.

use super::escape::Text;
use super::layout::{self, BOX_WIDTH, IMAGE_HEIGHT, Line, Point, STAGE_HEIGHT};
use super::stages::{self, Graph, Kind, Node};
use model::facts::DockerfileFacts;
use model::printable;
use std::fmt::Write as _;

/// Of more than so many nodes or edges a picture shows nothing.
const MOST_NODES: usize = 60;
const MOST_EDGES: usize = 150;
/// How many characters a line of a box has room for.
const IN_A_LINE: usize = 23;
/// From which width on a picture is moved to and fro on a small screen, rather than made small.
const WIDE: i32 = 500;
/// How many rows the table has; nobody reads more.
const MOST_ROWS: usize = 500;

/// The section about the stages; nothing for a file without any.
pub(super) fn of(file: &DockerfileFacts, id: &str) -> String {
    let graph = stages::of(file);
    if file.stages.is_empty() {
        return String::new();
    }
    let mut section = String::from("<section class=\"stages\">\n<h3>Stages</h3>\n<figure>\n");
    let is_small = graph.nodes.len() <= MOST_NODES && graph.edges.len() <= MOST_EDGES;
    let caption = if is_small {
        let _ = writeln!(
            section,
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Picture of the stages\">{}</div>",
            picture(&graph, id)
        );
        legend(&graph)
    } else {
        let count = file.stages.len();
        format!("A picture of {count} stages would show nothing; the table has them.")
    };
    let _ = write!(
        section,
        "<figcaption>{caption}</figcaption>\n</figure>\n{}</section>\n",
        table(&graph)
    );
    section
}

fn picture(graph: &Graph<'_>, id: &str) -> String {
    let layout = layout::of(graph);
    let (width, height) = (layout.width, layout.height);
    let wide = if width > WIDE { " wide" } else { "" };
    let mut svg = format!(
        "<svg class=\"graph{wide}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" fill=\"none\" stroke=\"currentColor\">\n<title id=\"{id}-title\">Stages of the Dockerfile</title>\n<desc id=\"{id}-desc\">"
    );
    for (at, node) in graph.nodes.iter().enumerate() {
        if let Some(sentence) = sentence(graph, at, node) {
            let _ = write!(svg, "{} ", Text(&sentence));
        }
    }
    svg += "</desc>\n";
    for line in &layout.lines {
        draw_line(&mut svg, graph, line);
    }
    for (node, corner) in graph.nodes.iter().zip(&layout.corners) {
        draw_node(&mut svg, node, *corner);
    }
    svg + "</svg>"
}

/// `builder takes from golang:1.22 (FROM) and deps (COPY --from).`
fn sentence(graph: &Graph<'_>, at: usize, node: &Node<'_>) -> Option<String> {
    node.stage?;
    let sources = graph.edges.iter().filter(|edge| edge.to == at);
    let sources: Vec<String> = sources
        .filter_map(|edge| {
            let from = graph.nodes.get(edge.from)?;
            Some(format!("{} ({})", called(from), edge.kind.name()))
        })
        .collect();
    let marks: Vec<&str> = marks(node).collect();
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!(" ({})", marks.join(", "))
    };
    let sources = if sources.is_empty() {
        "takes from nothing".to_owned()
    } else {
        format!("takes from {}", sources.join(" and "))
    };
    Some(format!("{}{marks} {sources}.", called(node)))
}

fn marks<'a>(node: &Node<'a>) -> impl Iterator<Item = &'static str> + use<'a> {
    let is_left_out = node.stage.is_some_and(|stage| !stage.reachable);
    let target = node.is_target.then_some("target");
    target
        .into_iter()
        .chain(is_left_out.then_some("not needed"))
}

/// The name of a stage, else its number; the reference of an image.
fn called(node: &Node<'_>) -> String {
    match (node.name, node.stage) {
        (Some(name), _) => name.to_owned(),
        (None, Some(stage)) => format!("stage {}", stage.index),
        (None, None) => String::new(),
    }
}

fn draw_line(svg: &mut String, graph: &Graph<'_>, line: &Line) {
    let name = |node: usize| graph.nodes.get(node).map(called).unwrap_or_default();
    let is_left_out = |node: usize| {
        let node = graph.nodes.get(node).and_then(|node| node.stage);
        node.is_some_and(|stage| !stage.reachable)
    };
    let mut path = String::new();
    for (start, end) in &line.bends {
        let verb = if path.is_empty() { 'M' } else { 'L' };
        let middle = i32::midpoint(start.y, end.y);
        let Point { x, y } = end;
        let _ = write!(
            path,
            "{verb}{} {}C{} {middle} {x} {middle} {x} {y}",
            start.x, start.y, start.x
        );
    }
    let Some((_, Point { x, y })) = line.bends.last() else {
        return;
    };
    let kind = line.kind;
    let class = if is_left_out(line.to) {
        " unneeded"
    } else {
        ""
    };
    let dashes = match kind {
        Kind::From => "",
        Kind::Copy => " stroke-dasharray=\"7 4\"",
        Kind::Mount => " stroke-dasharray=\"2 4\"",
    };
    let _ = writeln!(
        svg,
        "<g class=\"line {}{class}\"><title>{}: from {} to {}</title><path d=\"{path}\"{dashes}/><path class=\"head\" d=\"M{} {}L{x} {y}L{} {}\"/></g>",
        kind.class(),
        kind.name(),
        Text(&name(line.from)),
        Text(&name(line.to)),
        x - 4,
        y - 7,
        x + 4,
        y - 7
    );
}

fn draw_node(svg: &mut String, node: &Node<'_>, corner: Point) {
    let Point { x, y } = corner;
    let middle = x + BOX_WIDTH / 2;
    let word = |svg: &mut String, class: &str, y: i32, text: &str| {
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\" fill=\"currentColor\" stroke=\"none\">{}</text>",
            Text(text)
        );
    };
    let name = called(node);
    let Some(stage) = node.stage else {
        let _ = write!(
            svg,
            "<g class=\"image\"><title>image {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{IMAGE_HEIGHT}\" rx=\"{}\" stroke-dasharray=\"4 3\"/>",
            Text(&name),
            IMAGE_HEIGHT / 2
        );
        word(svg, "base", y + 21, &shortened(&name));
        *svg += "</g>\n";
        return;
    };
    let mut class = String::from("stage");
    for (is, name) in [(node.is_target, " target"), (!stage.reachable, " unneeded")] {
        class += if is { name } else { "" };
    }
    let _ = write!(
        svg,
        "<g class=\"{class}\"><title>{} (line {}): FROM {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{STAGE_HEIGHT}\" rx=\"7\"/>",
        Text(&name),
        stage.span.start_line,
        Text(&stage.base)
    );
    if node.is_target {
        let _ = write!(
            svg,
            "<rect class=\"inner\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>",
            x + 3,
            y + 3,
            BOX_WIDTH - 6,
            STAGE_HEIGHT - 6
        );
    }
    word(svg, "name", y + 25, &shortened(&name));
    let marks: Vec<&str> = marks(node).collect();
    let line = format!("line {}", stage.span.start_line);
    let below = if marks.is_empty() {
        line
    } else {
        format!("{line} · {}", marks.join(", "))
    };
    word(svg, "base", y + 44, &below);
    *svg += "</g>\n";
}

/// A text that fits into a box: its beginning, and more of its end, where images have their names and tags.
fn shortened(text: &str) -> String {
    let text = printable(text);
    let count = text.chars().count();
    if count <= IN_A_LINE {
        return text;
    }
    let begin = IN_A_LINE / 3;
    let end = IN_A_LINE - begin - 1;
    let first: String = text.chars().take(begin).collect();
    let last: String = text.chars().skip(count - end).collect();
    format!("{first}…{last}")
}

fn legend(graph: &Graph<'_>) -> String {
    let mut words = vec![
        "<span class=\"key box\"></span> stage".to_owned(),
        "<span class=\"key pill\"></span> image from outside".to_owned(),
    ];
    for kind in Kind::ALL {
        if graph.edges.iter().any(|edge| edge.kind == kind) {
            words.push(format!(
                "<span class=\"key {}\"></span> {}",
                kind.class(),
                kind.name()
            ));
        }
    }
    words.join(" &#160; ")
}

fn table(graph: &Graph<'_>) -> String {
    let mut table = String::from(
        "<details><summary>The stages as a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table of the stages\"><table>\n<thead><tr><th scope=\"col\">Stage</th><th scope=\"col\">Line</th><th scope=\"col\">FROM</th><th scope=\"col\">COPY --from</th><th scope=\"col\">RUN --mount</th><th scope=\"col\">Needed</th></tr></thead>\n<tbody>\n",
    );
    let rows = graph.nodes.iter().enumerate();
    let rows = rows.filter_map(|(at, node)| Some((at, node, node.stage?)));
    for (at, node, stage) in rows.take(MOST_ROWS) {
        let needed = match (node.is_target, stage.reachable) {
            (true, _) => "target",
            (false, true) => "yes",
            (false, false) => "no",
        };
        let sources = |kind: Kind| {
            let edges = graph.edges.iter();
            let edges = edges.filter(|edge| edge.to == at && edge.kind == kind);
            let names = edges.filter_map(|edge| graph.nodes.get(edge.from).map(called));
            let names: Vec<String> = names
                .map(|it| format!("<code>{}</code>", Text(&it)))
                .collect();
            names.join(", ")
        };
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{needed}</td></tr>",
            Text(&called(node)),
            stage.span.start_line,
            Text(&stage.base),
            sources(Kind::Copy),
            sources(Kind::Mount)
        );
    }
    table + "</tbody>\n</table></div></details>\n"
}
