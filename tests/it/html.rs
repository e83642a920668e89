//! The page: a document that every reader understands the same way, in which no text of strangers is anything but a text.

use crate::harness::{World, shared};
use crate::images::{bad_for, good_for};
use html5gum::{Token, Tokenizer};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use test_registry::image_index;

/// An element with its attributes.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
}

/// A page as it is read by the rules of HTML.
#[derive(Debug, Default)]
struct Page {
    elements: Vec<Element>,
    text: String,
}

impl Page {
    /// Reads a page and holds it against what every page of ours promises.
    fn read(html: &str) -> Self {
        const VOID: [&str; 3] = ["meta", "link", "br"];
        let mut page = Self::default();
        let mut open: Vec<String> = Vec::new();
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::Error(error) => panic!("{error:?}"),
                Token::Comment(comment) => panic!("{comment:?}"),
                Token::Doctype(doctype) => assert_eq!(text(&doctype.name), "html"),
                Token::String(string) => page.text += &text(&string),
                Token::StartTag(tag) => {
                    let name = text(&tag.name);
                    let attributes = tag.attributes.iter();
                    let attributes = attributes.map(|(key, value)| (text(key), text(value)));
                    page.elements.push(Element {
                        name: name.clone(),
                        attributes: attributes.collect(),
                    });
                    if !tag.self_closing && !VOID.contains(&name.as_str()) {
                        open.push(name);
                    }
                }
                Token::EndTag(tag) => assert_eq!(open.pop(), Some(text(&tag.name))),
            }
        }
        assert_eq!(open, Vec::<String>::new());
        page.keeps_its_promises();
        page
    }

    fn keeps_its_promises(&self) {
        let ids: Vec<&str> = self.attributes("id").collect();
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "an id is there twice");
        for ids in self.attributes("aria-labelledby") {
            assert!(ids.split(' ').all(|id| known.contains(id)), "{ids}");
        }
        for target in self.attributes("href") {
            let is_known = match target.strip_prefix('#') {
                Some(id) => known.contains(id),
                None => target.starts_with("https://") || target == "data:,",
            };
            assert!(is_known, "{target}");
        }
        let own = "html head body meta title link style header main footer article section h1 h2 h3 h4 p a b strong code \
            pre span mark figure figcaption div ol ul li dl dt dd table thead tbody tr th td details summary svg desc g path \
            rect circle text";
        let own: BTreeSet<&str> = own.split_whitespace().collect();
        for element in &self.elements {
            assert!(own.contains(element.name.as_str()), "{element:?}");
            for key in element.attributes.keys() {
                let is_active =
                    key.starts_with("on") || ["src", "style", "srcdoc"].contains(&key.as_str());
                assert!(!is_active, "{element:?}");
            }
        }
        assert_eq!(self.all("h1").count(), 1);
        assert_eq!(self.all("style").count(), 1);
        let policy = self
            .attributes("content")
            .find(|it| it.starts_with("default-src 'none'"));
        assert!(policy.is_some());
        let is_shown = |c: char| !c.is_control() || c == '\n' || c == '\t';
        assert!(self.text.chars().all(is_shown));
        assert!(!self.text.contains(['\u{202e}', '\u{2066}']));
    }

    fn attributes<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let elements = self.elements.iter();
        elements.filter_map(move |element| element.attributes.get(key).map(String::as_str))
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements
            .iter()
            .filter(move |element| element.name == name)
    }

    fn of_class(&self, class: &str) -> usize {
        let classes = self.attributes("class");
        classes
            .filter(|all| all.split(' ').any(|one| one == class))
            .count()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn lint(world: &World, path: &str) -> Page {
    let said = world.polcheck(&["lint", "-o", "html", path]);
    assert_eq!(said.stderr, "", "{said}");
    Page::read(&said.stdout)
}

#[test]
fn the_page_over_real_files_is_read_without_an_error_and_has_every_finding() {
    let Some(seed) = shared("seed", "the_page_over_real_files") else {
        return;
    };
    let world = World::new();
    let seed = seed.to_str().unwrap();
    let page = lint(&world, seed);
    let json = world.json(&["lint", "-o", "json", seed]);
    let reports = json["reports"].as_array().unwrap();
    let findings = reports
        .iter()
        .map(|it| it["findings"].as_array().unwrap().len());
    assert_eq!(page.of_class("finding"), findings.sum::<usize>());
    assert_eq!(page.of_class("subject"), reports.len());
    let rows = page.all("tr").count();
    assert!(rows > reports.len(), "{rows}");
}

/// Names, labels, comments, variables and commands that are something else to whoever takes them for more than texts.
const HOSTILE: &str =
    "</style></title><script>alert(1)</script>'\"`&amp;<!--\u{1b}[31m\u{202e}x\u{2066}";

#[test]
fn no_text_of_strangers_is_more_than_a_text() {
    let world = World::new();
    let name = HOSTILE.replace('/', "∕");
    world.write(
        &format!("{name}.Dockerfile"),
        format!(
            "# {HOSTILE}\nFROM x AS \"{HOSTILE}\"\n# polcheck ignore=user.sudo reason=\"{HOSTILE}\"\nRUN sudo {HOSTILE}\nLABEL \"{HOSTILE}\"=\"$A\"\n\
            USER {HOSTILE}\nCOPY --from={HOSTILE} a b\nENV PASSWORD='{HOSTILE}'\nRUN --mount=from={HOSTILE},target=/x curl '{HOSTILE}' | sh\n"
        ),
    );
    let broken = std::ffi::OsStr::from_bytes(b"\xff<b>.Dockerfile");
    std::fs::write(
        world.path("").join(broken),
        b"FROM a\xff\nLABEL a=\"\xff<b>\"\n",
    )
    .unwrap();
    world.write(
        "set.yaml",
        format!(
            "name: own\nuri: 'javascript:alert(1)'\npacks: [builtin:core]\nrules: {{ '*': {{}} }}\nnotCovered:\n  \"<i>{0}\": \"<i>{0}\"\nwaivers:\n- {{ id: \"<i>'\", reason: \"<i>\", owner: me, expires: 2999-12-31, rule: user.not-numeric }}\n\
            - {{ id: \"</style>\", reason: r, owner: me, expires: 2000-12-31, rule: user.not-numeric }}\n",
            "</dl>"
        ),
    );
    let said = world.polcheck(&[
        "lint",
        "-o",
        "html",
        "--policy-set",
        "set.yaml",
        ".",
        "<missing>&",
    ]);
    assert_eq!(said.code, 2, "{said}");
    let page = Page::read(&said.stdout);
    assert_eq!(page.of_class("subject"), 3);
    for word in [
        "<script>",
        "</dl>",
        "<missing>&",
        "\\u{1b}[31m",
        "\\u{202e}",
    ] {
        assert!(page.text.contains(word), "{word}: {said}");
    }
    assert!(page.text.contains("javascript:alert(1)"));
}

#[test]
fn what_is_accepted_stands_apart_and_says_why() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM alpine:3.18\n# polcheck ignore=user.sudo reason=later\nRUN sudo make\nUSER app\n",
    );
    world.write(
        "set.yaml",
        "extends: [builtin:standard]\nname: own\nwaivers:\n- { id: W7, reason: r, owner: me, expires: 2999-12-31, rule: user.not-numeric }\n",
    );
    let args = [
        "lint",
        "-o",
        "html",
        "--policy-set",
        "set.yaml",
        "Dockerfile",
    ];
    let page = Page::read(&world.polcheck(&args).stdout);
    let accepted = page.attributes("class");
    let accepted = accepted.filter(|it| it.starts_with("finding ") && it.contains(" accepted"));
    assert_eq!(accepted.count(), 2, "{}", page.text);
    for words in [
        "Accepted findings",
        "Suppressed by a comment for polcheck: later",
        "Waived by W7",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[test]
fn the_picture_shows_what_the_target_takes_and_what_nobody_needs() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM golang:1.25 AS deps\nFROM deps AS build\nFROM alpine:3.22 AS left\nFROM scratch\nCOPY --from=build /a /a\n\
        COPY --from=busybox:1 /b /b\nRUN --mount=from=deps,target=/x true\n",
    );
    let page = lint(&world, "Dockerfile");
    let count = |class| page.of_class(class);
    assert_eq!(
        (count("stage"), count("target"), count("image")),
        (4, 1, 4),
        "{}",
        page.text
    );
    assert_eq!(
        page.elements
            .iter()
            .filter(|it| it
                .attributes
                .get("class")
                .is_some_and(|it| it == "stage unneeded"))
            .count(),
        1
    );
    for sentence in [
        "build takes from deps (FROM).",
        "left (not needed) takes from alpine:3.22 (FROM).",
        "stage 3 (target) takes from deps (RUN --mount) and build (COPY --from) and scratch (FROM) and busybox:1 (COPY --from).",
    ] {
        assert!(page.text.contains(sentence), "{sentence}: {}", page.text);
    }
}

#[test]
fn of_very_many_stages_there_is_a_table_and_no_picture() {
    let world = World::new();
    let stages: Vec<String> = (0..300)
        .map(|at| format!("FROM alpine:3.22 AS s{at}\n"))
        .collect();
    world.write("Dockerfile", stages.concat());
    let page = lint(&world, "Dockerfile");
    assert!(
        page.text
            .contains("A picture of 300 stages would show nothing")
    );
    assert_eq!(page.of_class("graph"), 0);
}

#[test]
fn each_platform_has_a_section_that_the_overview_leads_to() {
    let world = World::new();
    let children = vec![good_for("amd64"), bad_for("arm64")];
    image_index(children).push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    let args = ["check", "-o", "html", "--platform", "all", &image, &image];
    let page = Page::read(&world.polcheck(&args).stdout);
    assert_eq!(page.of_class("subject"), 6);
    assert_eq!(
        page.attributes("href")
            .filter(|it| it.starts_with("#s"))
            .count(),
        6
    );
    for words in [
        "2 subjects: 2 failed.",
        "made security.scan=passed",
        "withheld security.scan",
        "config /config/Env/0",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[test]
fn nothing_to_check_is_a_page_too() {
    let world = World::new();
    std::fs::create_dir(world.path("empty")).unwrap();
    let page = Page::read(&world.polcheck(&["lint", "-o", "html", "empty"]).stdout);
    assert!(page.text.contains("There is no Dockerfile in it."));
}
