//! The program, started on a free port, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_whatsapp");

/// The variables that are settings.
const VARIABLES: [&str; 6] = [
    "APP_SECRET",
    "VERIFY_TOKEN",
    "ACCESS_TOKEN",
    "PHONE_NUMBER_ID",
    "GRAPH_URL",
    "REDIS_URL",
];

/// A free port.
const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// The output of the program, which ends by itself.
pub fn run(flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let variables = variables.iter().copied();
    let mut command = command();
    if !flags.contains(&"--listen") {
        command.args(LISTEN);
    }
    command.envs(variables).args(flags).output().unwrap()
}

pub struct Program {
    child: Child,
    /// What it has printed when it was ready.
    pub printed: String,
    pub address: String,
}

impl Program {
    pub fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, &[])
    }

    pub fn start_with(flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command()
            .args(LISTEN)
            .args(flags)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        let is_simulated = variables.is_empty();
        let last = if is_simulated {
            "Chat page:"
        } else {
            "Health:"
        };
        while !printed.contains(last) {
            printed += &lines.next().expect("the program has ended").unwrap();
            printed.push('\n');
        }
        let address = printed.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        Self {
            child,
            printed,
            address,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        self.get_as(&self.address, path)
    }

    /// Asks as a browser does to which this is the server of another name.
    pub fn get_as(&self, host: &str, path: &str) -> (u16, String) {
        self.request("GET", path, &[("Host", host)], "")
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let host = [("Host", self.address.as_str())];
        self.request("POST", path, &[&host, headers].concat(), body)
    }

    /// Says this on the phone of the page, and returns how the deliveries were answered.
    pub fn say(&self, said: &Value) -> Value {
        let json = [("content-type", "application/json")];
        let (status, answer) = self.post("/demo/say", &json, &said.to_string());
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    }

    pub fn switch(&self, name: &str) {
        let json = [("content-type", "application/json")];
        let body = json!({name: true}).to_string();
        assert_eq!(self.post("/demo/switches", &json, &body).0, 204);
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// The events of the page from the first on, until one is what is looked for.
    pub fn events_until(&self, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.events_after("", is_last)
    }

    /// The events after the one of this number, as a page that was open asks for them.
    pub fn events_after(&self, number: &str, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "GET /demo/events HTTP/1.1\r\nHost: {}\r\nLast-Event-ID: {number}\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let wait = Duration::from_secs(20);
        stream.set_read_timeout(Some(wait)).unwrap();
        let end = Instant::now() + wait;
        let mut events = Vec::new();
        let mut number = String::new();
        for line in BufReader::new(stream).lines() {
            assert!(Instant::now() < end, "it did not happen: {events:#?}");
            let line = line.expect("it did not happen");
            if let Some(id) = line.strip_prefix("id: ") {
                id.clone_into(&mut number);
            }
            let Some(data) = line.strip_prefix("data: ") else {
                continue;
            };
            let mut event: Value = serde_json::from_str(data).unwrap();
            event["number"] = number.clone().into();
            events.push(event);
            if events.last().is_some_and(&is_last) {
                break;
            }
        }
        events
    }

    /// The messages of the bot, once there are so many.
    pub fn replies(&self, count: usize) -> Vec<Value> {
        let seen = std::cell::Cell::new(0);
        let events = self.events_until(|event| {
            seen.set(seen.get() + usize::from(event["kind"] == "out"));
            seen.get() == count
        });
        let is_reply = |event: &Value| event["kind"] == "out";
        events.into_iter().filter(is_reply).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The id of an option of a reply, by its title.
pub fn option(reply: &Value, title: &str) -> String {
    let action = &reply["json"]["interactive"]["action"];
    let buttons = action["buttons"].as_array().into_iter().flatten();
    let buttons = buttons.map(|button| &button["reply"]);
    let rows = action["sections"][0]["rows"]
        .as_array()
        .into_iter()
        .flatten();
    let mut options = buttons.chain(rows);
    let found = options.find(|option| option["title"] == title);
    let found = found.unwrap_or_else(|| panic!("no {title} in {reply:#}"));
    found["id"].as_str().unwrap().to_owned()
}
