//! What the API accepts, written down apart from what the channel renders: one finds the other's
//! mistakes.

use std::collections::HashSet;

use serde_json::Value;

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) details: String,
}

fn refuse<T>(code: i64, details: impl Into<String>) -> Result<T, Refusal> {
    let details = details.into();
    Err(Refusal { code, details })
}

/// Whom a message goes to, if it is one that the API accepts.
pub(super) fn check(message: &Value) -> Result<String, Refusal> {
    if at(message, "/messaging_product") != Some("whatsapp") {
        return refuse(100, "Param messaging_product must be whatsapp");
    }
    let phone = at(message, "/to").filter(|to| to.bytes().all(|b| b.is_ascii_digit()));
    let scoped = at(message, "/recipient").filter(|id| id.contains('.'));
    let Some(to) = phone.or(scoped).filter(|to| !to.is_empty()) else {
        return refuse(100, "The parameter to is required.");
    };
    let callback_data = at(message, "/biz_opaque_callback_data").unwrap_or_default();
    if callback_data.len() > 512 {
        return refuse(100, "Param biz_opaque_callback_data is too long");
    }
    match at(message, "/type") {
        None | Some("text") => text(message, "/text/body", 4096)?,
        Some("interactive") => interactive(message)?,
        Some("template") => template(message)?,
        Some(_) => return refuse(131_051, "Message type is not currently supported"),
    }
    Ok(to.to_owned())
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    let found = value.pointer(path).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

/// Checks a text that must be there.
fn text(value: &Value, path: &str, limit: usize) -> Result<(), Refusal> {
    let Some(text) = at(value, path) else {
        return refuse(131_008, format!("Param {path} is required"));
    };
    let length = text.encode_utf16().count();
    if text.trim().is_empty() || length > limit {
        let details = format!("Param {path} length invalid. Min length: 1, Max length: {limit}");
        return refuse(if limit == 4096 { 100 } else { 131_009 }, details);
    }
    Ok(())
}

/// Checks a text that may be missing.
fn optional(value: &Value, path: &str, limit: usize) -> Result<(), Refusal> {
    match value.pointer(path) {
        None => Ok(()),
        Some(_) => text(value, path, limit),
    }
}

fn interactive(message: &Value) -> Result<(), Refusal> {
    text(message, "/interactive/body/text", 1024)?;
    optional(message, "/interactive/header/text", 60)?;
    optional(message, "/interactive/footer/text", 60)?;
    match at(message, "/interactive/type") {
        Some("button") => buttons(list(message, "/interactive/action/buttons")),
        Some("list") => {
            text(message, "/interactive/action/button", 20)?;
            sections(list(message, "/interactive/action/sections"))
        }
        _ => refuse(131_009, "Param interactive.type is invalid"),
    }
}

fn buttons(buttons: &[Value]) -> Result<(), Refusal> {
    if buttons.is_empty() || buttons.len() > 3 {
        return refuse(
            131_009,
            "Invalid buttons count. Min allowed buttons: 1, Max: 3",
        );
    }
    let mut ids = HashSet::new();
    let mut titles = HashSet::new();
    for button in buttons {
        text(button, "/reply/title", 20)?;
        text(button, "/reply/id", 256)?;
        let id = at(button, "/reply/id").unwrap_or_default();
        if !ids.insert(id) || id.trim() != id {
            return refuse(131_009, "Duplicated or invalid button id");
        }
        if !titles.insert(at(button, "/reply/title")) {
            return refuse(131_009, "Duplicated button title");
        }
    }
    Ok(())
}

fn sections(sections: &[Value]) -> Result<(), Refusal> {
    if sections.is_empty() || sections.len() > 10 {
        return refuse(131_009, "Invalid sections count. Min: 1, Max: 10");
    }
    let mut ids = HashSet::new();
    for section in sections {
        text(section, "/title", 24)?;
        for row in list(section, "/rows") {
            text(row, "/title", 24)?;
            text(row, "/id", 200)?;
            optional(row, "/description", 72)?;
            if !ids.insert(at(row, "/id")) {
                return refuse(131_009, "Duplicated row id");
            }
        }
    }
    if ids.is_empty() || ids.len() > 10 {
        return refuse(131_009, "Total row count exceed max allowed count: 10");
    }
    Ok(())
}

fn template(message: &Value) -> Result<(), Refusal> {
    text(message, "/template/name", 512)?;
    text(message, "/template/language/code", 15)?;
    for component in list(message, "/template/components") {
        for parameter in list(component, "/parameters") {
            text(parameter, "/text", 1024)?;
            let value = at(parameter, "/text").unwrap_or_default();
            if value.contains(['\n', '\t']) || value.contains("     ") {
                return refuse(
                    100,
                    "Param text cannot have new-line/tab characters or more than 4 \
                                    consecutive spaces",
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(change: impl FnOnce(&mut Value)) -> Option<i64> {
        let button = |id: &str| json!({"type": "reply", "reply": {"id": id, "title": id}});
        let mut message = json!({
            "messaging_product": "whatsapp",
            "to": "263771234567",
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": "Which?"},
                "action": {"buttons": [button("a"), button("b"), button("c")]},
            },
        });
        assert_eq!(check(&message), Ok("263771234567".to_owned()));
        change(&mut message);
        check(&message).err().map(|refusal| refusal.code)
    }

    #[test]
    fn what_the_api_refuses_is_refused() {
        let long = |n: usize| Value::from("x".repeat(n));
        assert_eq!(refused(|_| ()), None);
        assert_eq!(
            refused(|m| m["messaging_product"] = json!("sms")),
            Some(100)
        );
        assert_eq!(refused(|m| m["to"] = json!("me")), Some(100));
        assert_eq!(refused(|m| m["type"] = json!("fax")), Some(131_051));
        assert_eq!(
            refused(|m| m["interactive"]["body"]["text"] = long(1024)),
            None
        );
        assert_eq!(
            refused(|m| m["interactive"]["body"]["text"] = long(1025)),
            Some(131_009)
        );
        assert_eq!(
            refused(|m| m["interactive"]["body"] = json!({})),
            Some(131_008)
        );
        let title = |m: &mut Value, title| {
            m["interactive"]["action"]["buttons"][0]["reply"]["title"] = title;
        };
        assert_eq!(refused(|m| title(m, long(20))), None);
        assert_eq!(refused(|m| title(m, long(21))), Some(131_009));
        assert_eq!(refused(|m| title(m, json!("b"))), Some(131_009));
        assert_eq!(refused(|m| title(m, json!(" "))), Some(131_009));
        assert_eq!(
            refused(|m| *m = json!({
                "messaging_product": "whatsapp", "recipient": "US.1", "text": {"body": long(4096)},
            })),
            None
        );
        assert_eq!(
            refused(|m| *m = json!({
                "messaging_product": "whatsapp", "recipient": "US.1", "text": {"body": long(4097)},
            })),
            Some(100)
        );
    }

    #[test]
    fn list_of_more_than_ten_rows_is_refused() {
        let list = |rows: usize| {
            let row = |n| json!({"id": format!("row {n}"), "title": format!("Row {n}")});
            let rows: Vec<_> = (0..rows).map(row).collect();
            let action = json!({"button": "Options", "sections": [{"title": "All", "rows": rows}]});
            move |m: &mut Value| {
                m["interactive"]["type"] = json!("list");
                m["interactive"]["action"] = action;
            }
        };
        assert_eq!(refused(list(10)), None);
        assert_eq!(refused(list(11)), Some(131_009));
        assert_eq!(refused(list(0)), Some(131_009));
    }
}
