//! Every message that is rendered is accepted by the simulated API.

use proptest::prelude::*;
use vimbiso_whatsapp::client::Recipient;
use vimbiso_whatsapp::message::MenuOption;
use vimbiso_whatsapp::render::render;
use vimbiso_whatsapp::simulated::SimulatedGraph;
use vimbiso_whatsapp::{Client, Message, Template};

use crate::world::{TOKEN, USER};

fn message() -> impl Strategy<Value = Message> {
    let text = prop_oneof!["(.|\\n){0,60}", "([a-zé]{1,12}[.,]?[ \\n]){0,900}"];
    let label = prop_oneof![".{0,30}", "[a-zé ]{1,24}", "[a-z ]{20,90}"];
    let option = ("[a-z]{1,20}", label, proptest::option::of(".{0,80}"));
    let options = proptest::collection::vec(option, 0..12);
    let short = || proptest::option::of(".{0,70}");
    (text, options, short(), short()).prop_map(|(text, options, header, footer)| {
        let mut message = Message::new(text);
        if let Some(header) = header {
            message = message.header(header);
        }
        if let Some(footer) = footer {
            message = message.footer(footer);
        }
        message.options(options.into_iter().map(|(id, label, description)| {
            let option = MenuOption::new(id, label);
            match description {
                Some(description) => option.description(description),
                None => option,
            }
        }))
    })
}

/// Messages of which one text is as long as a limit, or a little longer or shorter.
fn edges() -> Vec<Message> {
    let two = |text: String| Message::new(text).option("a", "A").option("b", "B");
    let mut edges = Vec::new();
    for limit in [20, 24, 60, 72, 200, 256, 1024, 4096] {
        for length in limit - 1..=limit + 1 {
            // Without a place to split it, in UTF-16 of one and of two units.
            for text in ["x".repeat(length), "🍵".repeat(length / 2)] {
                let option = MenuOption::new("c", "C").description(&text);
                edges.push(Message::new(&text));
                edges.push(two(text.clone()));
                edges.push(two("?".to_owned()).option("c", &text));
                edges.push(two("?".to_owned()).option("c", "C").option(&text, "D"));
                edges.push(two("?".to_owned()).options([option.clone()]));
                edges.push(two("?".to_owned()).header(&text).footer(&text));
                edges.push(two("?".to_owned()).options([option]).list_button(&text));
            }
        }
    }
    for options in 0..=12 {
        let options = (0..options).map(|n| MenuOption::new(n.to_string(), n.to_string()));
        edges.push(Message::new("?").options(options));
    }
    edges
}

#[test]
fn rendered_messages_are_accepted() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let graph = runtime.block_on(SimulatedGraph::start()).unwrap();
    // With the timeout of a real one, because hundreds of messages follow each other.
    let client = Client::builder("106540352242922", TOKEN).graph_url(graph.url());
    let client = client.build().unwrap();
    let user = Recipient::parse(USER).unwrap();
    let sent = |message: Message| {
        runtime.block_on(async {
            for part in render(&message) {
                client
                    .send(&user, &part, Some("data"))
                    .await
                    .map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
            }
            Ok::<(), TestCaseError>(())
        })
    };
    proptest!(|(message in message())| {
        sent(message)?;
    });
    for message in edges() {
        sent(message).unwrap();
    }
    let template = Template::new("paid", "en").parameter("3\n\n dollars");
    let part = vimbiso_whatsapp::render::render_template(&template);
    runtime.block_on(client.send(&user, &part, None)).unwrap();
}
