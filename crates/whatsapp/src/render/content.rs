//! The JSON of a message's content.

use serde::Serialize;

use crate::message::Template;

#[derive(Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content {
    Text { text: Body },
    Interactive { interactive: Interactive },
    Template { template: WireTemplate },
}

impl Content {
    pub(super) fn text(text: &str) -> Self {
        let body = text.to_owned();
        Self::Text {
            text: Body { body },
        }
    }

    pub(super) fn template(template: &Template) -> Self {
        let parameters = template.parameters.iter().map(|value| Parameter {
            kind: "text",
            text: value.split_whitespace().collect::<Vec<_>>().join(" "),
        });
        let body = Component {
            kind: "body",
            parameters: parameters.collect(),
        };
        let has_values = !body.parameters.is_empty();
        Self::Template {
            template: WireTemplate {
                name: template.name.clone(),
                language: Language {
                    code: template.language.clone(),
                },
                components: has_values.then_some(body).into_iter().collect(),
            },
        }
    }
}

/// The text of a message without options.
#[derive(Clone, Serialize)]
pub(super) struct Body {
    body: String,
}

#[derive(Clone, Serialize)]
pub(super) struct Interactive {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<Header>,
    pub(super) body: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) footer: Option<Text>,
    pub(super) action: Action,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Button,
    List,
}

#[derive(Clone, Serialize)]
pub(super) struct Header {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

impl Header {
    pub(super) fn new(text: String) -> Self {
        Self { kind: "text", text }
    }
}

#[derive(Clone, Serialize)]
pub(super) struct Text {
    text: String,
}

impl Text {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Action {
    Buttons {
        buttons: Vec<Button>,
    },
    List {
        button: String,
        sections: Vec<Section>,
    },
}

#[derive(Clone, Serialize)]
pub(super) struct Button {
    #[serde(rename = "type")]
    kind: &'static str,
    reply: Reply,
}

#[derive(Clone, Serialize)]
struct Reply {
    id: String,
    title: String,
}

impl Button {
    pub(super) fn new(id: String, title: String) -> Self {
        Self {
            kind: "reply",
            reply: Reply { id, title },
        }
    }
}

#[derive(Clone, Serialize)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

#[derive(Clone, Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct WireTemplate {
    name: String,
    language: Language,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component>,
}

#[derive(Clone, Serialize)]
struct Language {
    code: String,
}

#[derive(Clone, Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    parameters: Vec<Parameter>,
}

#[derive(Clone, Serialize)]
struct Parameter {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}
