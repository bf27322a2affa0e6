//! Tables and menus that are wrong, and results that are ignored, are found by the compiler, which
//! says what is wrong.

#[test]
fn the_compiler_refuses_and_says_why() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
