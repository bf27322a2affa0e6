//! The flags: what is refused, and what the program says.

use crate::program::{Program, run};

fn refused(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(flags, variables);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{flags:?}: {told}");
    assert!(output.stdout.is_empty(), "{flags:?}");
    told
}

#[test]
fn flags_that_are_wrong_are_refused_with_2() {
    for (flags, told) in [
        (&["--nope"][..], "--nope"),
        (&["hello"], "hello"),
        (&["--listen", "here"], "--listen"),
        (&["--ttl", "soon"], "--ttl"),
        (&["--members", "a_b"], "--members"),
        (&["--listen", "0.0.0.0:0"], "use a loopback address"),
    ] {
        assert!(refused(flags, &[]).contains(told), "{flags:?}");
    }
}

#[test]
fn credentials_that_are_missing_are_named() {
    let told = refused(&["--app-secret", "s"], &[("VERIFY_TOKEN", "v")]);
    assert_eq!(
        told,
        "whatsapp: missing --access-token (or ACCESS_TOKEN), --phone-number-id (or \
         PHONE_NUMBER_ID): give all credentials, or none for the chat page\n"
    );
    let told = refused(&["--graph-url", "http://127.0.0.1:1"], &[]);
    assert!(told.contains("missing --app-secret"), "{told}");
}

#[test]
fn credentials_that_are_invalid_are_refused() {
    let all = [
        ("APP_SECRET", "canary-1"),
        ("VERIFY_TOKEN", "canary-2"),
        ("ACCESS_TOKEN", "canary-3"),
        ("PHONE_NUMBER_ID", "106540352242922"),
    ];
    for (flag, value, told) in [
        ("--app-secret", "two words", "app secret"),
        ("--verify-token", "", "--verify-token"),
        ("--access-token", " ", "access token"),
        ("--phone-number-id", "+263", "phone number id"),
        ("--graph-url", "http://example.org", "https://"),
    ] {
        let error = refused(&[flag, value], &all);
        assert!(error.contains(told), "{flag} {value}: {error}");
        // A secret is not repeated.
        assert!(
            !error.contains("canary") && !error.contains("two words"),
            "{error}"
        );
    }
}

#[test]
fn setting_outside_its_limits_is_an_error() {
    let output = run(&["--ttl", "0"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("invalid ttl: use "), "{told}");
}

#[test]
fn port_that_is_taken_is_named() {
    let program = Program::start(&[]);
    let output = std::process::Command::new(crate::program::PROGRAM)
        .args(["--listen", &program.address])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("cannot listen at {}", program.address)));
}

#[test]
fn help_shows_no_secret() {
    let output = run(&["--help"], &[("APP_SECRET", "canary")]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.contains("--phone-number-id"));
    assert!(!printed.contains("canary"), "{printed}");
}
