//! All files of the repository that a person reads.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::modules;
use crate::source::{Source, extension};

/// What a person reads, by its ending.
const ENDINGS: [&str; 6] = ["rs", "md", "lua", "sh", "toml", "py"];

/// Folders that hold no source of ours.
const SKIPPED_FOLDERS: [&str; 4] = ["target", "node_modules", "corpus", "mutants.out"];

/// Every file, read once, in the order of their paths.
pub(crate) fn all() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read);
    &SOURCES
}

fn read() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    collect(root, "", &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    mark_test_files(&mut sources);
    sources
}

fn collect(root: &Path, folder: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = match folder {
            "" => name.clone(),
            _ => format!("{folder}/{name}"),
        };
        if entry.file_type().unwrap().is_dir() {
            let hidden = name.starts_with('.') && name != ".ci";
            if !hidden && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                collect(root, &path, found);
            }
        } else if path == ".ci/run" || ENDINGS.contains(&extension(&path)) {
            found.push(Source::new(
                &path,
                &fs::read_to_string(entry.path()).unwrap(),
            ));
        }
    }
}

/// Marks the files that are modules of tests: `#[cfg(test)] mod tests;`.
pub(crate) fn mark_test_files(sources: &mut [Source]) {
    let mut test_files = Vec::new();
    for source in sources.iter() {
        let folder = modules::children_folder(&source.path);
        for line in source.lines.iter().filter(|line| line.is_test) {
            let declared = line.code.trim().strip_prefix("mod ");
            if let Some(name) = declared.and_then(|rest| rest.strip_suffix(';')) {
                test_files.push(format!("{folder}/{name}.rs"));
            }
        }
    }
    for source in sources.iter_mut() {
        if test_files.contains(&source.path) {
            source.lines.iter_mut().for_each(|line| line.is_test = true);
        }
    }
}
