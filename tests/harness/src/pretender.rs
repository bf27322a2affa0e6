//! A server that is another than it says.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// A server that knows the commands, but says that it is another.
pub fn pretender(info: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut answers = stream.try_clone().unwrap();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let answer = match line.as_str() {
                        "HELLO" => "%0\r\n".to_owned(),
                        "SETINFO" => "+OK\r\n".to_owned(),
                        "INFO" => format!("${}\r\n{info}\r\n", info.len()),
                        "EVAL" | "EVALSHA" => ":1\r\n".to_owned(),
                        "MULTI" => "+OK\r\n".to_owned(),
                        "GETRANGE" | "HGET" => "+QUEUED\r\n".to_owned(),
                        "EXEC" => "*0\r\n".to_owned(),
                        _ => continue,
                    };
                    if answers.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("redis://{address}")
}
