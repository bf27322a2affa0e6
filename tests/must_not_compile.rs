//! Tables and menus that are wrong, and results that are ignored, are found by the compiler, which says what is wrong.
//!
//! The compiler names other types that would do, so its words are those of the default features.
#![cfg(feature = "vimbisopay")]

#[test]
fn the_compiler_refuses_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/must_not_compile/*.rs");
}
