//! Real Dockerfiles, fixed: each instruction means what it meant, but for what its rule says.

use crate::harness::{World, shared};
use facts::{BuildInputs, dockerfile};
use model::facts::DockerfileFacts;
use model::facts::dockerfile::{Instruction, Origin};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// What may be put between the words of a command.
const PUT_IN: [&str; 5] = [
    "-y",
    "--no-install-recommends",
    "--no-cache",
    "--no-cache-dir",
    "--non-interactive",
];

#[test]
fn real_files_mean_the_same_after_they_are_fixed() {
    let Some(texts) = texts() else { return };
    let world = World::new();
    for (name, text) in &texts {
        world.write(name, text);
    }
    let every_rule = ["--policy", "builtin:core", "--exit-zero"];
    let fix = [
        &["lint", "--fix", "-q", "-o", "json=r.json"],
        &every_rule[..],
        &["."],
    ]
    .concat();
    let said = world.polcheck(&fix);
    assert_eq!(said.stderr, "", "no built-in rule offers what is unsafe");
    let mut changed = BTreeMap::new();
    for (name, before) in &texts {
        let after = fs::read(world.path(name)).unwrap();
        if after != *before {
            compare(name, &read(before), &read(&after), &mut changed);
        }
    }
    let expected = [
        "ADD",
        "CMD",
        "COPY",
        "ENV",
        "EXPOSE",
        "FROM",
        "LABEL",
        "MAINTAINER",
        "RUN",
    ];
    for keyword in expected {
        assert!(changed.contains_key(keyword), "{keyword} of {changed:?}");
    }
    let again = world.polcheck(&[&["lint", "--diff"], &every_rule[..2], &["."]].concat());
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again}");
}

/// All files there are, by names that `lint` finds.
fn texts() -> Option<BTreeMap<String, Vec<u8>>> {
    let mut texts = BTreeMap::new();
    for folder in ["corpus/dockerfiles", "seed"] {
        for entry in fs::read_dir(shared(folder, "fixing real files")?).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains("Dockerfile") {
                texts.insert(format!("{folder}/{name}"), fs::read(path).unwrap());
            }
        }
    }
    let cases = shared("corpus/buildkit-checks/cases.json", "fixing test cases")?;
    let cases: Vec<serde_json::Value> =
        serde_json::from_str(&fs::read_to_string(cases).unwrap()).unwrap();
    for (at, case) in cases.iter().enumerate() {
        let text = case["dockerfile"].as_str().unwrap();
        texts.insert(format!("cases/{at}.Dockerfile"), text.into());
    }
    assert!(texts.len() > 600, "{} files", texts.len());
    Some(texts)
}

fn read(text: &[u8]) -> DockerfileFacts {
    dockerfile(text, Origin::Given, &BuildInputs::default(), None)
}

fn compare(
    name: &str,
    before: &DockerfileFacts,
    after: &DockerfileFacts,
    changed: &mut BTreeMap<String, usize>,
) {
    assert_eq!((&before.error, &after.error), (&None, &None), "{name}");
    assert_eq!(
        before.instructions.len(),
        after.instructions.len(),
        "{name}"
    );
    for (one, other) in before.instructions.iter().zip(&after.instructions) {
        if one.text != other.text || one.heredocs.len() != other.heredocs.len() {
            *changed.entry(one.keyword.clone()).or_default() += 1;
        }
        assert!(
            means_the_same(one, other, before, after),
            "{name}:{}\n{one:#?}\n{other:#?}",
            one.start_line
        );
    }
    let of_stages = |file: &DockerfileFacts| -> Vec<_> {
        let stages = file.stages.iter();
        stages
            .map(|it| {
                (
                    it.name.clone(),
                    it.base.clone(),
                    it.base_stage,
                    it.reachable,
                )
            })
            .collect()
    };
    assert_eq!(of_stages(before), of_stages(after), "{name}");
    let names = |file: &DockerfileFacts| -> Vec<String> {
        file.diagnostics.iter().map(|it| it.name.clone()).collect()
    };
    let (before, mut left) = (names(before), names(after));
    for name in &before {
        if let Some(at) = left.iter().position(|it| it == name) {
            left.remove(at);
        }
    }
    assert_eq!(left, Vec::<String>::new(), "{name}: new warnings");
}

fn means_the_same(
    one: &Instruction,
    other: &Instruction,
    before: &DockerfileFacts,
    after: &DockerfileFacts,
) -> bool {
    let own = |file: &DockerfileFacts, start: u32| {
        let flows = file.flows.iter();
        let own = flows.filter(|it| file.instructions[it.instruction as usize].start_line == start);
        own.map(|it| (it.sources.clone(), it.destination.clone(), it.from_stage))
            .collect::<Vec<_>>()
    };
    let lower = |texts: &[String]| texts.iter().map(|it| it.to_lowercase()).collect::<Vec<_>>();
    match (one.keyword.as_str(), other.keyword.as_str()) {
        ("ADD", "COPY" | "ADD") => {
            own(before, one.start_line) == own(after, other.start_line)
                && (&one.flags, &one.args) == (&other.flags, &other.args)
        }
        ("MAINTAINER", "LABEL") => {
            let author = one.args[0].trim_matches(['"', '\'']);
            other.values[1].as_deref() == Some(author)
        }
        ("ENV", "ENV") | ("LABEL", "LABEL") => {
            let values = |it: &Instruction| {
                let pairs = it.values.chunks(3);
                let known = pairs.flat_map(|pair| &pair[..2]);
                let meant = known.map(|it| it.as_ref().map(|it| it.replace("\\`", "`")));
                meant.collect::<Vec<_>>()
            };
            values(one) == values(other)
        }
        ("FROM", "FROM") => {
            let kept = |it: &Instruction| {
                let flags = it.flags.iter();
                let flags = flags.filter(|flag| !flag.contains("TARGETPLATFORM"));
                flags.cloned().collect::<Vec<_>>()
            };
            one.args[0] == other.args[0]
                && lower(&one.args) == lower(&other.args)
                && kept(one) == kept(other)
        }
        ("EXPOSE", "EXPOSE") => lower(&one.args) == lower(&other.args),
        ("CMD", "CMD") | ("ENTRYPOINT", "ENTRYPOINT") if one.exec_form != other.exec_form => {
            other.args == words_of_a_shell(&one.args[0])
        }
        (keyword, same) if keyword == same => {
            let contents = |it: &Instruction| {
                let heredocs = it.heredocs.iter();
                heredocs.map(|it| it.content.clone()).collect::<String>()
            };
            one.flags == other.flags
                && is_put_in(&one.args.join(" "), &other.args.join(" "))
                && is_put_in(&contents(one), &contents(other))
        }
        _ => false,
    }
}

/// Whether a text is the other with further options, and `apt-get` for `apt`.
fn is_put_in(one: &str, other: &str) -> bool {
    let mut words = one.split_whitespace().peekable();
    for word in other.split_whitespace() {
        let is_same = words.next_if(|it| {
            *it == word
                || it
                    .strip_suffix("apt")
                    .is_some_and(|it| word.strip_suffix("apt-get") == Some(it))
        });
        let word = word.trim_end_matches([';', ')', '"']);
        if is_same.is_none() && !PUT_IN.contains(&word) {
            return false;
        }
    }
    words.next().is_none()
}

/// What a real shell makes of the words of a command.
fn words_of_a_shell(text: &str) -> Vec<String> {
    let script = format!("set -- {text}\nprintf '%s\\0' \"$@\"");
    let output = Command::new("/bin/sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    words
        .split_terminator('\0')
        .map(ToOwned::to_owned)
        .collect()
}
