//! Links of the pages lead somewhere.

use std::path::Path;

const PAGES: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benches/README.md",
    "proof/README.md",
];

/// The targets of the links in a text.
fn links(text: &str) -> Vec<&str> {
    let starts = text.split("](").skip(1);
    starts
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect()
}

#[test]
fn relative_links_lead_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for page in PAGES {
        let path = root.join(page);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{page}: {why}"));
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let elsewhere = link.contains("://") || link.starts_with("mailto:");
            if !elsewhere && !file.is_empty() && !path.with_file_name(file).exists() {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn links_are_found() {
    let text = "see [a](b/c.md#d) and [e](https://example.com \"title\")";
    assert_eq!(links(text), ["b/c.md#d", "https://example.com"]);
}
