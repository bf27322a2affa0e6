//! Each rule of the language, broken once: it is found, and what is allowed is not.

use crate::figures::Figure;
use crate::repository::mark_test_files;
use crate::source::Source;
use crate::{examples, language, words};

/// Files with these paths and texts.
pub(crate) fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    let mut sources: Vec<_> = files
        .iter()
        .map(|(path, text)| Source::new(path, text))
        .collect();
    mark_test_files(&mut sources);
    sources
}

/// What a rule says of one file of the library.
pub(crate) fn found(rule: fn(&[Source]) -> Figure, text: &str) -> Vec<String> {
    rule(&sources(&[("src/a.rs", text)])).found
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let text = "/// doc \"a\n//// plain\nlet a = \"// no\"; // why\nlet q = '\"'; /* b /* c */ */\n\
                fn f<'a>(x: &'a str) { r#\"raw \" // \"#; }";
    let source = Source::new("src/a.rs", text);
    let [doc, plain, literal, quote, raw] = &source.lines[..] else {
        panic!("{:?}", source.lines);
    };
    assert_eq!(doc.doc.trim(), "doc \"a");
    assert!(plain.doc.is_empty() && plain.comment.contains("plain"));
    assert_eq!(
        (literal.code.as_str(), literal.comment.as_str()),
        ("let a = \"\"; ", " why")
    );
    assert!(literal.literal.contains("// no"));
    assert_eq!(
        (quote.code.as_str(), quote.comment.as_str()),
        ("let q = '\"'; ", "/* b /* c */ */")
    );
    assert_eq!(raw.code, "fn f<'a>(x: &'a str) { \"\"; }");
}

#[test]
fn where_is_counted_in_docs_alone() {
    let text = "//! Where it is.\n//! ```\n//! // where\n//! ```\n/// `where` and\n\
                // where\nfn f() where T: A {}";
    assert_eq!(
        found(language::where_to_if, text),
        ["src/a.rs:1: Where it is."]
    );
    let balanced = language::where_to_if(&sources(&[("src/a.rs", "//! where if\n//! If so")]));
    assert!(balanced.is_kept);
    let guide = language::where_to_if(&sources(&[("src/guide/a.md", "where"), ("a.md", "where")]));
    assert_eq!(guide.found.len(), 1);
}

#[test]
fn a_line_of_101_characters_is_too_long() {
    let line = "é".repeat(100);
    assert!(found(language::long_lines, &format!("// {}", &line[..194])).is_empty());
    assert_eq!(found(language::long_lines, &format!("// {line}")).len(), 1);
    let text = format!(
        "{line} a\n| {line}\nhttps://{line}\n[a](https://{line}) b\n\
         ```text\n{line} a\n```\n```\n{line} a\n```\n"
    );
    let markdown = language::long_lines(&sources(&[("a.md", &text)]));
    assert_eq!(
        markdown.found,
        [
            "a.md:1: 102 columns",
            "a.md:4: 115 columns",
            "a.md:9: 102 columns"
        ]
    );
}

#[test]
fn a_tuple_literal_is_found_in_a_let() {
    let allowed = "let (a, b) = f(x, y);\nif let (A(a), B(b)) = (x, y) {}\n\
                   let (a, b) = (x, y).c();\n\
                   let (A(a), B(b)) = (x, y) else { return };\nlet (a, b) = (f(x, y));\n";
    assert!(found(language::tuple_lets, allowed).is_empty());
    let broken = "let (mut a, b): (A, B) = (\n    f(x),\n    y,\n);";
    assert_eq!(found(language::tuple_lets, broken).len(), 1);
}

#[test]
fn words_to_avoid_are_found_in_any_form() {
    let text = "//! It guesses; a background, and such\n//! a `walk`, a random walk.\n\
                // Walking\nconst A: &str = \"nobody knows\";\nstruct OldGround;\n\
                #[cfg(test)]\nmod tests {\n    fn walk() { f(\"nobody knows\") }\n}";
    assert_eq!(
        found(words::in_docs, text),
        ["src/a.rs:1: guess", "src/a.rs:1: such a"]
    );
    assert_eq!(found(words::in_comments, text), ["src/a.rs:3: walk"]);
    assert_eq!(found(words::in_messages, text), ["src/a.rs:4: nobody"]);
    assert_eq!(
        found(words::in_names, text),
        ["src/a.rs:5: ground in OldGround"]
    );
}

#[test]
fn a_long_readme_and_code_without_comments_fail() {
    let readme = sources(&[("README.md", &"\n".repeat(131))]);
    assert!(!language::readme_lines(&readme).is_kept);
    let code = format!("{}// why\n", "f();\n".repeat(51));
    assert!(!language::plain_comments(&sources(&[("src/a.rs", &code)])).is_kept);
    assert!(language::plain_comments(&sources(&[("src/a.rs", &code[10..])])).is_kept);
}

#[test]
fn a_test_name_of_51_characters_is_too_long() {
    let name = "a".repeat(51);
    let text = format!("#[tokio::test(flavor = \"x\")]\nasync fn {name}() {{}}\nfn b{name}() {{}}");
    assert_eq!(found(language::long_test_names, &text).len(), 1);
}

#[test]
fn a_method_without_an_example_is_found() {
    let method = |docs: &str| format!("impl<F> Turn<F> {{\n{docs}\npub fn show(&self) {{}}\n}}");
    let missing = |text: &str| {
        let found = found(examples::missing, text);
        found
            .iter()
            .any(|found| found.contains("example of Turn show"))
    };
    assert!(missing(&method("/// No example.")));
    assert!(missing(&method("/// ```no_run\n/// f();\n/// ```")));
    assert!(missing(&method("/// ```text\n/// f();\n/// ```")));
    assert!(!missing(&method("/// ```\n/// f();\n/// ```")));
    assert!(!missing(&method("#[doc(hidden)]")));
    let connect = method("/// ```no_run\n/// f();\n/// ```").replace("show", "connect");
    assert!(
        !found(examples::missing, &connect)
            .iter()
            .any(|found| found.contains("connect"))
    );
    assert!(found(examples::missing, "pub trait A {}")[0].contains("trait A"));
    assert!(found(examples::missing, "")[0].contains("no methods of StateManager"));
}

#[test]
fn an_example_about_the_preset_is_found() {
    let docs = "/// VimbisoPay\n/// ```\n/// use a::vimbisopay;\n/// ```\nfn f() {}";
    let shell = "```sh\ncargo run -p vimbisopay\n```\n```\nuse a::vimbisopay;\n```";
    let files = [
        ("src/a.rs", docs),
        ("src/vimbisopay/a.rs", docs),
        ("README.md", shell),
    ];
    let found = examples::with_the_preset(&sources(&files)).found;
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("src/a.rs:3") && found[1].starts_with("README.md:5"));
}
