//! What shell text means.

use crate::script::{Compound, Interpreter, Join, Script, Via, split};
use rstest::rstest;
use std::ops::Range;

fn posix(text: &str) -> Script {
    split(text, Interpreter::Posix)
}

/// A script as one line: commands with what joins them and their parents, `?` for what only the run tells.
pub(super) fn show(script: &Script) -> String {
    let mut lines: Vec<String> = script.commands.iter().map(show_command).collect();
    if !script.complete {
        lines.push("…".to_owned());
    }
    lines.join(" / ")
}

fn show_command(command: &crate::script::Command) -> String {
    let mut line = String::new();
    if let Some(parent) = command.parent {
        let via = match command.via {
            Via::Script => '!',
            Via::Substitution => '$',
            Via::ProcessSubstitution => '<',
            Via::Wrapper => 'w',
            Via::Shell => 'c',
            Via::Eval => 'e',
            Via::Heredoc => 'h',
        };
        line = format!("{parent}{via} ");
    }
    line.push_str(match command.joined {
        Join::First => "",
        Join::And => "&& ",
        Join::Or => "|| ",
        Join::Sequence => "; ",
        Join::Pipe => "| ",
        Join::Background => "& ",
        Join::Compound => "^ ",
    });
    if command.negated {
        line.push_str("! ");
    }
    let assignments = command.assignments.iter().map(|it| {
        let value = it.value.literal.as_deref().unwrap_or("?");
        format!("{}={value}", it.name)
    });
    let words = command.words.iter().map(|word| match &word.literal {
        None => "?".to_owned(),
        Some(text) if text.is_empty() || text.contains([' ', '\n']) => format!("<{text}>"),
        Some(text) => text.clone(),
    });
    let redirects = command.redirects.iter().map(|it| {
        let target = it.target.literal.as_deref().unwrap_or("?");
        let descriptor = it.descriptor.as_deref().unwrap_or_default();
        format!("{descriptor}{} {target}", it.operator)
    });
    let parts: Vec<String> = assignments.chain(words).chain(redirects).collect();
    line + &parts.join(" ")
}

#[rstest]
#[case("", "")]
#[case("a", "a")]
#[case("a && b || c; d", "a / && b / || c / ; d")]
#[case("a | b |& c", "a / | b / | c")]
#[case("a & b &", "a / & b")]
#[case("a\n\nb", "a / ; b")]
#[case("a &&\n\n b", "a / && b")]
#[case("! a | b; c", "! a / | b / ; c")]
#[case("(a; b) | c", "a / ; b / | c")]
#[case("x && { a; b; } || c", "x / && a / ; b / || c")]
#[case("a # b; c\nd", "a / ; d")]
#[case("a#b", "a#b")]
#[case("a \\\n b", "a b")]
#[case("a \\\r\n b", "a \r / ; b")]
#[case("a\r\nb\r\n", "a / ; b")]
#[case("A=1 B='x y' c", "A=1 B=x y c")]
#[case("a+=1 a[0]=x", "a=1 a[0]=x")]
#[case("export A=1", "export A=1")]
#[case("a=(x $(y) z) b", "a=? b / 0$ y")]
#[case("declare -a a=(1 2); b", "declare -a ? / ; b")]
fn separators_assignments_and_comments(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[rstest]
#[case("'a b' \"c d\" e\\ f", "<a b> <c d> <e f>")]
#[case("a'b'\"c\"d", "abcd")]
#[case("\"a\\\"b\\$c\\d\\\ne\"", "a\"b$c\\de")]
#[case("$'a\\tb\\x41\\u00e9\\'c'", "a\tbAé'c")]
#[case("$\"a\"", "a")]
#[case("$x \"$x\" ${x:-a} $1 $@ a$", "? ? ? ? ? a$")]
#[case("a \"${x:-\"b c\"}\" '$x' \\$x", "a ? $x $x")]
#[case("echo \"${x:-it's}\"; b", "echo ? / ; b")]
#[case("echo ${x%'}'}; b", "echo ? / ; b")]
#[case("echo \"${x%'}'}\"; b", "echo ? / ; b")]
#[case("echo ${x:-$(a \"${y}\")}", "echo ? / 0$ a ?")]
#[case("echo $((1 + (2 * 3))) b", "echo ? b")]
#[case("echo $(( $(a) + 1 ))", "echo ? / 0$ a")]
#[case("echo $((a); (b))", "echo ? / 0$ a / 0$ ; b")]
#[case("echo ''", "echo <>")]
fn words_have_a_value_unless_only_the_run_tells(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[rstest]
#[case("a $(b | c) d", "a ? d / 0$ b / 0$ | c")]
#[case("a \"x $(b \"$(c)\")\"", "a ? / 0$ b ? / 1$ c")]
#[case("a `b c`", "a ? / 0$ b c")]
#[case("a `b \\`c\\``", "a ? / 0$ b ? / 1$ c")]
#[case("a <(b) >(c)", "a ? ? / 0< b / 0< c")]
#[case("x=$(a)", "x=? / 0$ a")]
#[case("a > $(b)", "a > ? / 0$ b")]
#[case("a $(case x in y) b;; esac) c", "a ? c / 0$ ; b")]
#[case("for i in $(a); do b; done", "a / ; b")]
fn commands_in_substitutions_have_a_parent(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[rstest]
#[case(
    "if a; then b; elif c; then d; else e; fi; f",
    "a / ; b / ; c / ; d / ; e / ; f"
)]
#[case("while a; do b; done | c", "a / ; b / | c")]
#[case("until a\ndo\nb\ndone", "a / ; b")]
#[case("for x in a b; do c; done && d", "; c / && d")]
#[case("for x; do c; done", "; c")]
#[case("for ((i=0;i<3;i++)); do c; done", "; c")]
#[case("case $x in a|b) c;; (*) d; e;; esac; f", "; c / ; d / ; e / ; f")]
#[case("case x in\n a)\n b\n ;;\n esac", "; b")]
#[case("f() { a; }; f", "a / ; f")]
#[case("function f { a; }\nf", "a / ; f")]
#[case("[[ -f a && $b < c ]] && d", "[[ -f a && ? < c ]] / && d")]
#[case("((x > 1)) && a", "&& a")]
#[case("((a) || b) && c", "a / || b / && c")]
#[case("{ a; } > b 2>&1; c", "a / ^ > b 2>& 1 / ; c")]
#[case("if a; then { b; } fi", "a / ; b")]
#[case("echo if then fi", "echo if then fi")]
fn all_branches_appear(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[rstest]
#[case("a > b 2>&1 < c >> d", "a > b 2>& 1 < c >> d")]
#[case("a &> b &>> c >| d <<< e", "a &> b &>> c >| d <<< e")]
#[case("> a", "> a")]
#[case("a 2 > b", "a 2 > b")]
#[case("cat <<E\nx $(y)\nE\nb", "cat << E / 0$ y / ; b")]
#[case("cat <<'E' > f && b\nx $(y)\nE\nc", "cat << E > f / && b / ; c")]
#[case("cat <<-E\n\tx\n\tE\nb", "cat <<- E / ; b")]
#[case("a <<X; b <<Y\n1\nX\n2\nY\nc", "a << X / ; b << Y / ; c")]
#[case(
    "sudo sh <<E\na; b\nE\nc",
    "sudo sh << E / 0w sh / 1h a / 1h ; b / ; c"
)]
#[case("bash -s x <<'E'\na\nE\n", "bash -s x << E / 0h a")]
#[case("sh f <<E\na\nE\n", "sh f << E")]
#[case("a $(cat <<E\nb\nE\n) c", "a ? c / 0$ cat << E")]
fn redirections_and_here_documents(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[rstest]
#[case("sudo -u x -E A=1 b -c", "sudo -u x -E A=1 b -c / 0w A=1 b -c")]
#[case("env -i A=1 b", "env -i A=1 b / 0w A=1 b")]
#[case("a | xargs -n 1 rm -f", "a / | xargs -n 1 rm -f / 1w | rm -f")]
#[case("xargs -0r rm", "xargs -0r rm / 0w rm")]
#[case(
    "timeout -k 5 10 nice -n5 a",
    "timeout -k 5 10 nice -n5 a / 0w nice -n5 a / 1w a"
)]
#[case("gosu $U a", "gosu ? a / 0w a")]
#[case("exec \"$@\"", "exec ?")]
#[case("command -v a", "command -v a")]
#[case("/bin/sh -ec 'a && b'", "/bin/sh -ec <a && b> / 0c a / 0c && b")]
#[case(
    "bash -euo pipefail -c 'a | b' x",
    "bash -euo pipefail -c <a | b> x / 0c a / 0c | b"
)]
#[case("bash -c \"cd $x && make\"", "bash -c ? / 0c cd ? / 0c && make")]
#[case("sh -c \"$(curl x)\"", "sh -c ? / 0$ curl x / 0c ?")]
#[case("su - u -c 'a b'", "su - u -c <a b> / 0c a b")]
#[case("eval a 'b; c'", "eval a <b; c> / 0e a b / 0e ; c")]
#[case("sudo bash -c 'a'", "sudo bash -c a / 0w bash -c a / 1c a")]
#[case(
    "find . -exec rm {} \\; -exec a {} +",
    "find . -exec rm {} ; -exec a {} + / 0w rm {} / 0w a {}"
)]
#[case("curl x | sudo -E bash -", "curl x / | sudo -E bash - / 1w | bash -")]
fn what_a_command_runs_is_a_command(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[rstest]
#[case("a 'b", "a b / …")]
#[case("a \"b", "a b / …")]
#[case("a $(b", "a ? / 0$ b / …")]
#[case("a `b", "a ? / 0$ b / …")]
#[case("a ${b", "a ? / …")]
#[case("(a", "a / …")]
#[case("a)", "a / …")]
#[case("a; }", "a / …")]
#[case("if a; then b", "a / ; b / …")]
#[case("fi", "…")]
#[case("a &&", "a / …")]
#[case("a && ; b", "a / ; b / …")]
#[case("| a", "| a / …")]
#[case("cat <<E\nb", "cat << E / …")]
#[case("cat <<E", "cat << E / …")]
#[case("a >", "a >  / …")]
#[case("a (b)", "a / ; b / …")]
#[case("{ a; } b", "a / ; b / …")]
#[case("{ a; } if b; then c; fi", "a / ; b / ; c / …")]
#[case("for x in a; b; do c; done", "; b / ; c / …")]
#[case("for x in a; b", "; b / …")]
fn what_makes_no_sense_is_incomplete(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&posix(text)), expected);
}

#[test]
fn ranges_and_raw_text_are_those_of_the_text() {
    let text = "FOO=\"b r\" sudo 'é x' $(y `z`) 2>&1 && sh -c 'i; j'";
    let at = |range: &Range<usize>| text.get(range.clone()).unwrap();
    let script = posix(text);
    for command in &script.commands {
        for word in &command.words {
            let again = command.via == Via::Shell;
            assert_eq!(at(&word.range), if again { "'i; j'" } else { &word.raw });
        }
    }
    let value = &script.commands[0].assignments[0].value;
    assert_eq!(value.raw, "\"b r\"");
    assert_eq!(at(&value.range), "\"b r\"");
    assert!(at(&script.commands[0].range).ends_with("2>&1"));
}

#[test]
fn a_command_knows_the_compound_it_stands_in() {
    let script = posix(
        "a; (b); { c; }; if d; then e; fi; while f; do g; done; h() { i; }; case x in y) j;; esac",
    );
    let inside: Vec<_> = script.commands.iter().map(|it| it.inside).collect();
    let expected = [
        None,
        Some(Compound::Subshell),
        Some(Compound::Group),
        Some(Compound::Condition),
        Some(Compound::Branch),
        Some(Compound::Condition),
        Some(Compound::Loop),
        Some(Compound::Function),
        Some(Compound::Branch),
    ];
    assert_eq!(inside, expected);
}

#[test]
fn a_here_document_keeps_what_it_says() {
    let body = |text: &str| posix(text).commands[0].redirects[0].body.clone().unwrap();
    assert_eq!(
        body("cat <<E\na \\$x\nE\n").literal.as_deref(),
        Some("a $x\n")
    );
    assert_eq!(
        body("cat <<'E'\na \\$x\nE\n").literal.as_deref(),
        Some("a \\$x\n")
    );
    assert_eq!(
        body("cat <<-E\n\ta\n\t\tb\n\tE\n").literal.as_deref(),
        Some("a\nb\n")
    );
    assert_eq!(body("cat <<E\na $x\nE\n").literal, None);
}

#[rstest]
#[case(&["/bin/sh", "-c"], Interpreter::Posix)]
#[case(&["/bin/bash", "-o", "pipefail", "-c"], Interpreter::Posix)]
#[case(&["/usr/bin/env", "bash", "-c"], Interpreter::Posix)]
#[case(&["powershell", "-Command"], Interpreter::PowerShell)]
#[case(&["C:\\Program Files\\PowerShell\\pwsh.EXE"], Interpreter::PowerShell)]
#[case(&["cmd", "/S", "/C"], Interpreter::Cmd)]
#[case(&["python3"], Interpreter::Other)]
#[case(&[], Interpreter::Other)]
fn the_shell_says_who_reads(#[case] shell: &[&str], #[case] expected: Interpreter) {
    assert_eq!(Interpreter::of(shell), expected);
}

#[rstest]
#[case("#!/bin/sh\na", Some(Interpreter::Posix))]
#[case("#! /usr/bin/env -S bash -e\na", Some(Interpreter::Posix))]
#[case("#!/usr/bin/env python3\na", Some(Interpreter::Other))]
#[case("a", None)]
fn the_first_line_may_say_who_reads(#[case] text: &str, #[case] expected: Option<Interpreter>) {
    assert_eq!(Interpreter::of_shebang(text), expected);
}

#[test]
fn what_is_not_split_is_not_complete() {
    let script = split("import os", Interpreter::Other);
    assert!(script.commands.is_empty() && !script.complete);
}

#[rstest]
#[case("a -b 'it''s'; c | d", "a -b it's / ; c / | d")]
#[case("a \"x`n$y\" `\n b", "a ? b")]
#[case("$x = (a b); c", "? = ? / 0$ a b / ; c")]
#[case("if (a) { b; c } # d", "if ? ? / 0$ a / 0$ b / 0$ ; c")]
#[case("a > b 2>&1 <# c #>; d", "a > b 2>& 1 / ; d")]
#[case("a && b || c", "a / && b / || c")]
#[case("a (b", "a ? / 0$ b / …")]
fn powershell_text_is_split(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&split(text, Interpreter::PowerShell)), expected);
}

#[rstest]
#[case("a && b & c || d | e", "a / && b / ; c / || d / | e")]
#[case("a \"b & c\" d^&e %f%", "a <b & c> d&e ?")]
#[case("(a & b) > c 2>&1", "a / ; b / ^ > c 2>& 1")]
#[case("if exist x (a) else b", "if exist x / a / ; else b")]
#[case("a (", "a / …")]
#[case("a \"b", "a b / …")]
fn cmd_text_is_split(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(show(&split(text, Interpreter::Cmd)), expected);
}
