//! The compiler refuses malformed tables and menus, and results that are ignored, and says why.

#[test]
fn malformed_code_is_refused_with_a_reason() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
