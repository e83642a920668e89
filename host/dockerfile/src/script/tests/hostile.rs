//! Text that is meant to do harm.

use crate::script::cursor::Reader;
use crate::script::output::Output;
use crate::script::{Interpreter, MAX_BYTES, Script, split};
use proptest::prelude::*;
use rstest::rstest;

const ALL: [Interpreter; 4] = [
    Interpreter::Posix,
    Interpreter::PowerShell,
    Interpreter::Cmd,
    Interpreter::Other,
];

/// What reading a text costs.
fn effort(text: &str) -> usize {
    let mut output = Output::new(text.len());
    Reader::new(text, None, &mut output).script();
    output.effort()
}

fn check_ranges(text: &str, script: &Script) {
    for (index, command) in script.commands.iter().enumerate() {
        assert!(text.get(command.range.clone()).is_some(), "{command:?}");
        assert!(command.parent.is_none_or(|parent| parent < index));
        let targets = command.redirects.iter().map(|it| &it.target);
        let bodies = command.redirects.iter().filter_map(|it| it.body.as_ref());
        let values = command.assignments.iter().map(|it| &it.value);
        for word in command
            .words
            .iter()
            .chain(targets)
            .chain(bodies)
            .chain(values)
        {
            assert!(text.get(word.range.clone()).is_some(), "{word:?}");
        }
    }
}

#[rstest]
#[case::subshells("(")]
#[case::arithmetic("((")]
#[case::groups("{ ")]
#[case::substitutions("$(")]
#[case::arithmetic_substitutions("$((")]
#[case::back_quotes("`")]
#[case::escaped_back_quotes("`\\`")]
#[case::quotes("\"")]
#[case::quoted_substitutions("\"$(")]
#[case::parameters("${")]
#[case::quoted_parameters("\"${x:-")]
#[case::here_documents("<<A ")]
#[case::here_documents_with_lines("a <<A\n")]
#[case::process_substitutions("<(")]
#[case::conditions("if ")]
#[case::cases("case x in a) ")]
#[case::arrays("a=(")]
#[case::globs("!(")]
#[case::sudo("sudo ")]
#[case::shells("sh -c \"")]
#[case::evals("eval ")]
#[case::finds("find -exec ")]
#[case::functions("f() ")]
#[case::tests("[[ ")]
#[case::indices("a[")]
#[case::words("a ")]
#[case::separators(";")]
#[case::escapes("\\")]
#[case::digits("1")]
#[case::closed_arithmetic("((a) ")]
#[case::carets("^")]
#[case::percents("%a")]
fn repeated_text_takes_linear_time(#[case] unit: &str) {
    for interpreter in ALL {
        let text = unit.repeat(MAX_BYTES / unit.len());
        check_ranges(&text, &split(&text, interpreter));
    }
    let small = effort(&unit.repeat(20_000 / unit.len()));
    let large = effort(&unit.repeat(40_000 / unit.len()));
    assert!(large <= 2 * small + 5000, "{small} {large}");
}

#[rstest]
#[case("(", 200_000)]
#[case("((", 200_000)]
#[case("{ ", 3_000)]
#[case("if a; then ", 2_000)]
fn too_deep_is_incomplete(#[case] unit: &str, #[case] times: usize) {
    assert!(!split(&unit.repeat(times), Interpreter::Posix).complete);
}

#[test]
fn what_is_over_a_bound_is_incomplete() {
    let long = "a\n".repeat(MAX_BYTES);
    assert!(!split(&long, Interpreter::Posix).complete);
    let words = "a ".repeat(100_001);
    assert!(!split(&words, Interpreter::Posix).complete);
    assert!(split(&"a ".repeat(99_999), Interpreter::Posix).complete);
    assert!(!split(&format!("{}a", "sudo ".repeat(9)), Interpreter::Posix).complete);
    assert!(split(&format!("{}a", "sudo ".repeat(8)), Interpreter::Posix).complete);
    assert!(!split(&format!("{}a", "eval ".repeat(9)), Interpreter::Posix).complete);
    assert!(split(&format!("{}a", "eval ".repeat(8)), Interpreter::Posix).complete);
    assert!(
        split(
            &format!("{}{}", "(".repeat(60), ")".repeat(60)),
            Interpreter::Posix
        )
        .complete
    );
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let text = format!("a{}", "é".repeat(MAX_BYTES));
    check_ranges(&text, &split(&text, Interpreter::Posix));
}

/// What shell text is made of, between line feeds.
const PIECES: &str = "a\nb c\n \n;\n&&\n||\n|\n&\n(\n)\n((\n))\n{ \n}\n$(\n`\n\"\n'\n$'\n\\\n${\n$x\n$((\n>\n2>&1\n<(\n\
    if \nthen \nfi\ncase x in \nesac\n;;\nfor i in \ndo \ndone\nwhile \nsudo \nsh -c \neval \na=(\nA=\n[[ \n]]\n\
    é\n#\n!\nfind . -exec \nenv \n\t\n\r\n%x%\n^\n@\n=\n[\n]\n*\n<<E\n<<-'E'\nE\nsh <<E\n@\n*";

/// Shell text, more or less.
fn shell_text() -> impl Strategy<Value = String> {
    let mut pieces: Vec<&str> = PIECES.split('\n').collect();
    pieces.extend(["\n", "\\\n", "\nE\n", "<<E\n", "\r\n"]);
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}|[ -~\n\t]{0,200}") {
        for interpreter in ALL {
            check_ranges(&text, &split(&text, interpreter));
        }
    }

    #[test]
    fn no_shell_text_makes_it_panic(text in shell_text()) {
        for interpreter in ALL {
            check_ranges(&text, &split(&text, interpreter));
        }
    }

    #[test]
    fn twice_the_text_takes_no_more_than_linear_effort(text in shell_text()) {
        let once = text.repeat(20);
        prop_assert!(effort(&once.repeat(2)) <= 300 * (2 * once.len() + 64));
    }
}
