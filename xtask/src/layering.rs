//! Rules that the compiler does not check: the direction of dependencies between modules, and documentation that says
//! nothing.

use crate::fingerprint::collect;
use crate::process::root;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

/// The modules of a crate, from the top: each may use itself, those further down, and [`SHARED`].
type Layers = &'static [&'static [&'static str]];

/// Sources of crates and their modules; which crate may use which other is what rustc checks.
const CRATES: [(&str, Layers); 2] = [("crates/core/src", CORE), ("crates/compiler/src", COMPILER)];

const CORE: Layers = &[
    &["prove"],
    &["request"],
    &["statement"],
    &["circuit"],
    &["commitment"],
    &["data"],
    &["graph"],
    &["schema"],
    &["poseidon"],
];

/// The modules of hushproof-core stand among them.
const COMPILER: Layers = &[
    &["prove", "statement"],
    &["compile"],
    &["circuit"],
    &["onnx"],
    &["ops", "quant", "data"],
    &["graph"],
    &["tensor"],
];

/// Modules of hushproof-core that any other may use, and that use only each other.
const SHARED: &[&str] = &["error", "codec", "field", "float", "json", "test_memory"];

/// What a module's path starts with.
const ROOTS: [&str; 2] = ["crate::", "hushproof_core::"];

/// Checks every source file; reports all violations at once.
pub(crate) fn check() -> Result<()> {
    let mut files = BTreeSet::new();
    for folder in ["src", "crates", "xtask/src", "tests", "benches"] {
        collect(&root().join(folder), &mut files)?;
    }
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root()).unwrap_or(file).display();
        violations.extend(empty_docs(&text).iter().map(|line| format!("{name}:{line}: empty documentation")));
        let within = |(source, layers): &(&str, Layers)| Some((file.strip_prefix(root().join(source)).ok()?, *layers));
        let Some((inside, layers)) = CRATES.iter().find_map(within) else { continue };
        let Some(module) = module_of(inside) else { continue };
        if !known(layers, &module) {
            violations.push(format!("{name}: the module {module} has no layer; add it to xtask/src/layering.rs"));
            continue;
        }
        for (line, used) in uses(without_tests(&text, inside)) {
            if known(layers, &used) && !allowed(layers, &module, &used) {
                violations.push(format!("{name}:{line}: {module} must not use {used}"));
            }
        }
    }
    for violation in &violations {
        eprintln!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} violations of the project's rules", violations.len());
    }
    Ok(())
}

/// The top-level module of a file below a crate's `src/`; the crate's root has none.
fn module_of(path: &Path) -> Option<String> {
    let first = path.iter().next()?.to_str()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (module != "lib").then(|| module.to_owned())
}

/// The part of a file that is not compiled only for tests: tests may use what builds upon their module.
fn without_tests<'a>(text: &'a str, file: &Path) -> &'a str {
    if file.with_extension("").iter().any(|part| part == "tests") {
        return "";
    }
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("")
}

fn layer(layers: Layers, module: &str) -> Option<usize> {
    layers.iter().position(|layer| layer.contains(&module))
}

fn known(layers: Layers, module: &str) -> bool {
    layer(layers, module).is_some() || SHARED.contains(&module)
}

fn allowed(layers: Layers, module: &str, used: &str) -> bool {
    let below = || layer(layers, module).is_some() && layer(layers, module) < layer(layers, used);
    module == used || SHARED.contains(&used) || below()
}

/// The modules named after `crate::` or `hushproof_core::`, with line numbers; comments are skipped, groups in braces
/// are looked into.
fn uses(text: &str) -> Vec<(usize, String)> {
    let code: String = text.lines().map(|line| format!("{}\n", line.split("//").next().unwrap_or(""))).collect();
    let mut found = Vec::new();
    for (start, path) in ROOTS.iter().flat_map(|path| code.match_indices(path)) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|character| character.is_alphanumeric() || character == '_' || character == '$') {
            continue;
        }
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + path.len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => group_heads(group),
            None => vec![identifier(rest)],
        };
        found.extend(names.into_iter().map(|name| (line, name)));
    }
    found
}

/// The first identifier of each path of a group whose opening brace is before `text`.
fn group_heads(text: &str) -> Vec<String> {
    let mut heads = vec![identifier(text.trim_start())];
    let mut depth = 1;
    for (position, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => heads.push(identifier(text[position + 1..].trim_start())),
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// The lines at which a documentation comment without any text starts.
fn empty_docs(text: &str) -> Vec<usize> {
    let lines: Vec<Option<&str>> = text.lines().map(documentation).collect();
    let mut found = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let length = lines[start..].iter().take_while(|line| line.is_some()).count();
        if length > 0 && lines[start..start + length].iter().flatten().all(|line| line.trim().is_empty()) {
            found.push(start + 1);
        }
        start += length.max(1);
    }
    found
}

/// What a line of documentation says.
fn documentation(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("///").filter(|rest| !rest.starts_with('/')).or_else(|| line.strip_prefix("//!"))
}

#[cfg(test)]
mod tests;
