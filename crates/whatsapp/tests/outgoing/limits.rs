//! Every message that is rendered is accepted by the simulated API.

use proptest::prelude::*;
use vimbiso_whatsapp::client::Recipient;
use vimbiso_whatsapp::message::MenuOption;
use vimbiso_whatsapp::render::render;
use vimbiso_whatsapp::simulated::SimulatedGraph;
use vimbiso_whatsapp::{Message, Template};

use crate::kiosk::{USER, client};

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

#[test]
fn rendered_messages_are_accepted() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let graph = runtime.block_on(SimulatedGraph::start()).unwrap();
    let client = client(&graph);
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
    let template = Template::new("paid", "en").parameter("3\n\n dollars");
    let part = vimbiso_whatsapp::render::render_template(&template);
    runtime.block_on(client.send(&user, &part, None)).unwrap();
}
