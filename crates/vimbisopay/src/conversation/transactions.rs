//! The transactions of the account, page by page.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::data::Transaction;
use crate::conversation::list::{numbered, shown};
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::findings::Findings;
use crate::reply::Reply;
use crate::state::Turn;

/// Shows a page; an empty one beyond the first is not turned to.
pub(crate) fn show(turn: &mut Turn, page: u32, found: Findings<'_>) -> Result<Next, Error> {
    let transactions = match found.transactions(turn.data().account_id(), page) {
        Ok(transactions) => shown(transactions),
        Err(question) => return Ok(Next::Ask(question)),
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
    let lines = if transactions.is_empty() {
        "None.".to_owned()
    } else {
        numbered(transactions.iter().map(line))
    };
    Ok(ask(turn)
        .after(format!("📒 *Transactions*, page {page}\n{lines}"))
        .into())
}

fn line(transaction: &Transaction) -> String {
    format!(
        "{} {} {}",
        transaction.date, transaction.amount, transaction.with.name
    )
}

/// Reads a turn of the page, or the number or the id of a transaction on it.
pub(crate) fn read(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    let page = turn.data().spec.page_number.max(1);
    match text.to_ascii_lowercase().as_str() {
        "next" => return show(turn, page.saturating_add(1), found),
        "prev" if page == 1 => return Ok(ask_again(turn, "That was the first page.").into()),
        "prev" => return show(turn, page - 1, found),
        _ => {}
    }
    let Some(id) = turn.data().pick_listed(text) else {
        return Ok(ask_again(turn, "❌ That is not on this page.").into());
    };
    let transactions = match found.transactions(turn.data().account_id(), page) {
        Ok(transactions) => transactions,
        Err(question) => return Ok(Next::Ask(question)),
    };
    match transactions.iter().find(|transaction| transaction.id == id) {
        Some(transaction) => Ok(detail(transaction).into()),
        // New transactions have pushed it to a later page.
        None => show(turn, page, found),
    }
}

fn detail(transaction: &Transaction) -> Reply {
    let Transaction {
        id,
        amount,
        with,
        date,
        memo,
    } = transaction;
    let memo = memo
        .as_ref()
        .map(|memo| format!("\n{memo}"))
        .unwrap_or_default();
    Reply::new(format!(
        "📒 *{amount}*\n{date}\n{} (@{}){memo}\nReference: {id}",
        with.name, with.handle
    ))
}
