//! A program that pretends to be a Redis server of another version.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// Starts a program that answers the commands of a connecting store, and `INFO` with this text.
/// Returns its URL.
pub fn pretender(info: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut replies = stream.try_clone().unwrap();
            std::thread::spawn(move || {
                let mut scripts = 0;
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let reply = match line.as_str() {
                        "HELLO" => "%0\r\n".to_owned(),
                        "SETINFO" => "+OK\r\n".to_owned(),
                        "INFO" => format!("${}\r\n{info}\r\n", info.len()),
                        // The probe of the rights, and then that of the rights of a bot, which
                        // names those that are missing.
                        "EVAL" | "EVALSHA" => {
                            scripts += 1;
                            if scripts == 1 { ":1\r\n" } else { "*0\r\n" }.to_owned()
                        }
                        "MULTI" => "+OK\r\n".to_owned(),
                        "GETRANGE" | "HSTRLEN" => "+QUEUED\r\n".to_owned(),
                        "EXEC" => "*0\r\n".to_owned(),
                        // Lengths and arguments; each command above is recognised by one word.
                        _ => continue,
                    };
                    if replies.write_all(reply.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("redis://{address}")
}
