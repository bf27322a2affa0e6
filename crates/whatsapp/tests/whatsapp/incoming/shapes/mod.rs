//! The shapes of messages after the published webhook reference, with data of our own.

mod answers;
mod others;
mod silent;

use serde_json::{Value, json};
use vimbiso_whatsapp::webhook::Content;

/// One shape of a message.
pub struct Shape {
    pub name: &'static str,
    /// The fields beside the id, the sender and the time.
    pub fields: Value,
    pub kind: &'static str,
    pub answer: Option<&'static str>,
    pub is_turn: bool,
    /// What else must hold.
    pub check: fn(&Content) -> bool,
}

impl Shape {
    pub fn message(&self, from: &str, id: &str) -> Value {
        let mut message = json!({ "from": from, "id": id, "timestamp": "1767225600" });
        let all = message.as_object_mut().unwrap();
        all.extend(self.fields.as_object().unwrap().clone());
        message
    }

    fn that(mut self, check: fn(&Content) -> bool) -> Self {
        self.check = check;
        self
    }
}

fn shape(name: &'static str, kind: &'static str, fields: Value) -> Shape {
    Shape {
        name,
        fields,
        kind,
        answer: None,
        is_turn: true,
        check: |_| true,
    }
}

fn answer(name: &'static str, kind: &'static str, answer: &'static str, fields: Value) -> Shape {
    Shape {
        answer: Some(answer),
        ..shape(name, kind, fields)
    }
}

fn no_turn(name: &'static str, kind: &'static str, fields: Value) -> Shape {
    Shape {
        is_turn: false,
        ..shape(name, kind, fields)
    }
}

fn interactive(kind: &str, reply: Value) -> Value {
    json!({ "type": "interactive", "interactive": { "type": kind, kind: reply } })
}

fn text(body: &str) -> Value {
    json!({ "type": "text", "text": { "body": body } })
}

/// The fields of a text, and more.
fn text_with(more: Value) -> Value {
    let mut text = text("hi");
    let all = text.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    text
}

pub fn messages() -> Vec<Shape> {
    let mut all = answers::all();
    all.extend(others::all());
    all.extend(silent::all());
    all
}
