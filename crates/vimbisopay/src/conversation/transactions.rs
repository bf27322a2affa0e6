//! The stage that shows the transactions of the account, page by page.

use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Error, input};

use crate::api::facts::ApiFacts;
use crate::api::records::Transaction;
use crate::conversation::list::{entries, numbered, truncated};
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::flow::Turn;
use crate::reply::Reply;

/// Shows a page. Stays on the current page if the new one is empty.
pub(crate) fn show(turn: &mut Turn, page: u32, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let transactions = match facts.transactions(turn.data().account_id(), page) {
        Ok(transactions) => truncated(transactions),
        Err(query) => return Ok(Next::Ask(query)),
    };
    turn.transition_to(Stage::Transactions, Choice::Transactions)?;
    if transactions.is_empty() && page > 1 {
        return Ok(ask_again(turn, "That was the last page.").into());
    }
    turn.data_mut().spec.page_number = page;
    turn.data_mut().listed = transactions
        .iter()
        .map(|transaction| transaction.id.clone())
        .collect();
    let lines: Vec<_> = transactions.iter().map(line).collect();
    let shown = match lines.is_empty() {
        true => "None.".to_owned(),
        false => numbered(&lines),
    };
    let reply = ask(turn).preceded_by(format!("📒 *Transactions*, page {page}\n{shown}"));
    let Some(question) = turn.question() else {
        return Ok(reply.into());
    };
    Ok(reply.entries(entries(question, lines)).into())
}

fn line(transaction: &Transaction) -> String {
    format!(
        "{} {} {}",
        transaction.date, transaction.amount, transaction.counterparty.name
    )
}

/// Reads `next` or `prev`, or the number or the id of a transaction on the page.
pub(crate) fn read(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let page = turn.data().spec.page_number.max(1);
    match &*input::word(text) {
        "next" => return show(turn, page.saturating_add(1), facts),
        "prev" if page == 1 => return Ok(ask_again(turn, "That was the first page.").into()),
        "prev" => return show(turn, page - 1, facts),
        _ => {}
    }
    let Some(id) = turn.data().pick_listed(text) else {
        return Ok(ask_again(turn, "❌ That is not on this page.").into());
    };
    let transactions = match facts.transactions(turn.data().account_id(), page) {
        Ok(transactions) => transactions,
        Err(query) => return Ok(Next::Ask(query)),
    };
    match transactions.iter().find(|transaction| transaction.id == id) {
        Some(transaction) => Ok(detail(transaction).into()),
        // New transactions have moved it to a later page.
        None => show(turn, page, facts),
    }
}

fn detail(transaction: &Transaction) -> Reply {
    let Transaction {
        id,
        amount,
        counterparty,
        date,
        memo,
    } = transaction;
    let memo = memo
        .as_ref()
        .map(|memo| format!("\n{memo}"))
        .unwrap_or_default();
    Reply::new(format!(
        "📒 *{amount}*\n{date}\n{} (@{}){memo}\nReference: {id}",
        counterparty.name, counterparty.handle
    ))
}
