//! How long files and functions may be. Tests do not count, and neither does the documentation that a file begins with: of
//! a rule it is what users read.

use crate::run::{Outcome, root};
use crate::sources;
use proc_macro2::{Span, TokenStream};
use std::fs;
use std::path::Path;
use std::str::FromStr;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const MAX_FILE_LINES: usize = 400;
const MAX_RULE_LINES: usize = 150;
const MAX_MAIN_LINES: usize = 40;
const MAX_FUNCTION_LINES: usize = 60;

/// Files and functions that are too long.
pub(super) fn check() -> Outcome<Vec<String>> {
    let mut problems = Vec::new();
    for path in sources::rust()? {
        if !is_test(&path) {
            problems.extend(of_file(&path, &fs::read_to_string(root().join(&path))?));
        }
    }
    Ok(problems)
}

/// Test binaries, and modules that hold nothing but tests.
fn is_test(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    parts.contains(&"tests") || path.file_name().is_some_and(|name| name == "tests.rs")
}

fn of_file(path: &Path, text: &str) -> Vec<String> {
    let Ok(tokens) = TokenStream::from_str(text) else {
        return vec![format!("{}: not Rust", path.display())];
    };
    let Ok(file) = syn::parse2::<syn::File>(tokens) else {
        return vec![format!("{}: not Rust", path.display())];
    };
    let mut measured = Measured::default();
    measured.visit_file(&file);
    let documentation = text.lines().take_while(|line| line.starts_with("//!"));
    let lines = text.lines().count() - measured.test_lines - documentation.count();
    let limit = limit(path);
    let mut problems: Vec<String> = measured
        .functions
        .iter()
        .filter(|(_, lines)| *lines > MAX_FUNCTION_LINES)
        .map(|(name, lines)| {
            format!(
                "{}: `{name}` has {lines} lines, and {MAX_FUNCTION_LINES} are allowed",
                path.display()
            )
        })
        .collect();
    if lines > limit {
        problems.push(format!(
            "{}: {lines} lines, and {limit} are allowed",
            path.display()
        ));
    }
    problems
}

fn limit(path: &Path) -> usize {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    match parts.as_slice() {
        ["policies", pack, "src", group, _] if !is_module(pack, group) => MAX_RULE_LINES,
        [.., "main.rs"] if parts.first() == Some(&"host") => MAX_MAIN_LINES,
        _ => MAX_FILE_LINES,
    }
}

/// Whether a folder of a pack belongs to the module beside it, and is no group of rules.
fn is_module(pack: &str, folder: &str) -> bool {
    let module = format!("policies/{pack}/src/{folder}.rs");
    root().join(module).exists()
}

/// The lines of functions, and the lines that are tests.
#[derive(Default)]
struct Measured {
    functions: Vec<(String, usize)>,
    test_lines: usize,
}

impl Measured {
    fn function(&mut self, name: &syn::Ident, body: Span) {
        self.functions.push((name.to_string(), lines(body)));
    }
}

fn lines(span: Span) -> usize {
    span.end().line.saturating_sub(span.start().line) + 1
}

impl<'ast> Visit<'ast> for Measured {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Ident>()
                    .is_ok_and(|name| name == "test")
        };
        if module.attrs.iter().any(is_test) {
            self.test_lines += lines(module.span());
        } else {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig.ident, function.block.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig.ident, function.block.span());
        visit::visit_impl_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_function_is_found_and_a_long_test_is_not() {
        let body = "    let _ = 1;\n".repeat(61);
        let long = format!(
            "fn long() {{\n{body}}}\n#[cfg(test)]\nmod tests {{\nfn also_long() {{\n{body}}}\n}}\n"
        );
        let problems = of_file(Path::new("host/x/src/lib.rs"), &long);
        assert_eq!(
            problems,
            ["host/x/src/lib.rs: `long` has 63 lines, and 60 are allowed"]
        );
    }

    #[test]
    fn rules_have_less_room() {
        let text = "// x\n".repeat(151);
        assert_eq!(
            of_file(Path::new("policies/core/src/user/x.rs"), &text).len(),
            1
        );
        assert_eq!(
            of_file(Path::new("policies/core/src/lib.rs"), &text).len(),
            0
        );
    }
}
