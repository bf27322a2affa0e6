//! The house: its language, its documentation and its structure, each rule held by one test.
//!
//! `cargo test --test house -- --nocapture` prints each figure beside its limit.

mod architecture;
mod broken_language;
mod broken_structure;
mod circles;
mod examples;
mod figures;
mod files;
mod language;
mod lexer;
mod modules;
mod paths;
mod readme;
mod repository;
mod secrets;
mod source;
mod tokens;
mod transcripts;
mod words;

use architecture::RULES;

figures::rules! {
    docs_say_if_for_a_condition => language::where_to_if;
    lines_have_at_most_100_columns => language::long_lines;
    one_binding_is_on_one_line => language::tuple_lets;
    docs_use_the_words_of_the_field => words::in_docs;
    comments_use_the_words_of_the_field => words::in_comments;
    messages_use_the_words_of_the_field => words::in_messages;
    names_use_the_words_of_the_field => words::in_names;
    readme_is_one_page => language::readme_lines;
    comments_say_the_reason => language::plain_comments;
    test_names_are_short => language::long_test_names;
    the_main_types_have_examples => examples::missing;
    examples_are_the_readers_own => examples::with_the_preset;
    every_module_has_an_import_rule => |sources| architecture::missing_rules(RULES, sources);
    imports_go_down => |sources| architecture::forbidden_imports(RULES, sources);
    imports_are_by_module_path => architecture::indirect_imports;
    the_preset_uses_the_public_api => architecture::private_names_in_the_preset;
    no_files_need_each_other => circles::circles;
    the_root_has_few_names => architecture::root_names;
    files_are_short => files::median_lines;
    a_file_holds_one_idea => files::long_files;
    every_file_says_what_it_is_for => files::files_without_a_sentence;
    bots_and_stores_read_no_host_clock => files::host_clocks;
}
