//! Each rule of the structure, broken once: it is found, and what is allowed is not.

use crate::architecture::{self, Rule};
use crate::broken_language::{found, sources};
use crate::source::Source;
use crate::{circles, files};

const RULES: &[Rule] = &[
    Rule {
        module: "id",
        may_name: &[],
    },
    Rule {
        module: "store::net",
        may_name: &["id"],
    },
    Rule {
        module: "store",
        may_name: &["id", "store::net"],
    },
    Rule {
        module: "vimbisopay",
        may_name: &["id", "store", "store::net"],
    },
];

const HOUSE: [(&str, &str); 5] = [
    (
        "src/lib.rs",
        "mod id;\npub mod store;\nmod vimbisopay;\npub use id::{User as Person, Id};",
    ),
    ("src/id.rs", "pub struct User;\npub struct Secret;"),
    (
        "src/store/mod.rs",
        "mod net;\npub use net::{Net, Other};\nuse crate::id::User;\npub trait Store {}",
    ),
    (
        "src/store/net.rs",
        "use crate::id;\npub struct Net(id::User);\npub struct Other;",
    ),
    (
        "src/vimbisopay.rs",
        "use crate::store::{Net, Store};\nuse crate::id::User;",
    ),
];

/// The house, with one more line in one of its files.
fn house(file: &str, line: &str) -> Vec<Source> {
    let text = |(path, text): &(&str, &str)| match *path == file {
        true => Source::new(path, &format!("{text}\n{line}")),
        false => Source::new(path, text),
    };
    HOUSE.iter().map(text).collect()
}

#[test]
fn a_sound_house_breaks_no_rule() {
    let house = house("", "");
    for figure in [
        architecture::missing_rules(RULES, &house),
        architecture::forbidden_imports(RULES, &house),
        architecture::indirect_imports(&house),
        architecture::private_names_in_the_preset(&house),
        circles::circles(&house),
    ] {
        assert_eq!(figure.found, Vec::<String>::new());
    }
}

#[test]
fn names_at_the_root_are_reexports_and_macros() {
    let names = |line| {
        architecture::root_names(&house("src/id.rs", line))
            .found
            .len()
    };
    assert_eq!(names(""), 2);
    assert_eq!(names("#[macro_export]\nmacro_rules! m { () => {} }"), 3);
    let hidden = "#[doc(hidden)]\n#[macro_export]\nmacro_rules! m { () => {} }";
    assert_eq!(names(hidden), 2);
}

#[test]
fn an_import_that_goes_up_is_found() {
    let forbidden = |file, line| architecture::forbidden_imports(RULES, &house(file, line)).found;
    let up = ["src/id.rs:3: id may not name store::net::Net"];
    // By a re-export, in a group, by an imported module, and in a macro's arguments.
    assert_eq!(forbidden("src/id.rs", "use crate::store::Net;"), up);
    assert_eq!(
        forbidden("src/id.rs", "use super::store::{self, net::{Net}};"),
        up
    );
    assert_eq!(
        forbidden("src/id.rs", "use crate::store; fn f(_: store::Net) {}"),
        up
    );
    assert_eq!(forbidden("src/id.rs", "m!(crate::store::Net);"), up);
    let parent = ["src/store/net.rs:4: store::net may not name store::Store"];
    assert_eq!(forbidden("src/store/net.rs", "use super::Store;"), parent);
    let test = "#[cfg(test)]\nmod tests {\n    use crate::store::Net;\n}";
    assert!(forbidden("src/id.rs", test).is_empty());
}

#[test]
fn a_module_or_a_rule_alone_is_found() {
    let mut house = house("", "");
    house.push(Source::new("src/new.rs", ""));
    let found = architecture::missing_rules(RULES, &house).found;
    assert_eq!(found, ["src/new.rs:1: no import rule"]);
    let rules = [
        Rule {
            module: "id",
            may_name: &["gone"],
        },
        Rule {
            module: "gone",
            may_name: &[],
        },
    ];
    let found = architecture::missing_rules(&rules, &house).found.join("\n");
    assert!(found.contains("gone is not below id") && found.contains("for the rule gone"));
}

#[test]
fn imports_by_the_root_or_two_parents_are_found() {
    let indirect = |line| architecture::indirect_imports(&house("src/store/net.rs", line)).found;
    assert_eq!(indirect("use crate::{Person, id::User};").len(), 1);
    assert_eq!(indirect("use super::super::id::User;").len(), 1);
    assert_eq!(indirect("use super::Store;").len(), 0);
}

#[test]
fn a_private_name_in_the_preset_is_found() {
    let house = house("src/vimbisopay.rs", "use crate::id::Secret;");
    let found = architecture::private_names_in_the_preset(&house).found;
    assert_eq!(found, ["src/vimbisopay.rs:3: id::Secret is private"]);
}

#[test]
fn a_circle_names_its_files_and_arrows() {
    let house = house("src/store/mod.rs", "fn f() { net::g(); }");
    assert!(circles::circles(&house).found.is_empty());
    let mut house = house;
    let net = format!("{}\nuse super::Store;", HOUSE[3].1);
    house[3] = Source::new("src/store/net.rs", &net);
    let found = circles::circles(&house).found;
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("2 files") && found[0].contains("src/store/net.rs:4 needs"));
}

#[test]
fn a_file_that_breaks_a_rule_of_files_is_found() {
    assert!(!files::median_lines(&sources(&[("src/a.rs", &"\n".repeat(151))])).is_kept);
    assert_eq!(found(files::long_files, &"\n".repeat(351)).len(), 1);
    assert_eq!(found(files::files_without_a_sentence, "use a;").len(), 1);
    for file in ["src/store/a.rs", "src/bot/a.rs"] {
        let clock = sources(&[(file, "fn f() { SystemTime::now(); }")]);
        assert_eq!(files::host_clocks(&clock).found.len(), 1);
    }
}
