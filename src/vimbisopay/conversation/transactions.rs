//! The transactions of the account, page by page.

use super::{
    Choice, Findings, Next, Reply, Stage, Turn, account_in_use, ask_again, first, numbered,
};
use crate::error::Error;
use crate::vimbisopay::Transaction;

/// Shows a page; an empty one beyond the first is not turned to.
pub(super) fn show(turn: &mut Turn, page: u32, found: &Findings) -> Result<Reply, Error> {
    let transactions = first(found.transactions(&account_in_use(turn), page)?);
    turn.go(Stage::Transactions, Choice::Transactions)?;
    if transactions.is_empty() && page > 1 {
        return Ok(ask_again(turn, "That was the last page."));
    }
    turn.state_mut().page_number = page;
    turn.state_mut().listed = transactions
        .iter()
        .map(|transaction| transaction.id.clone())
        .collect();
    let lines = if transactions.is_empty() {
        "None.".to_owned()
    } else {
        numbered(transactions.iter().map(line))
    };
    Ok(ask(turn).after(format!("📒 *Transactions*, page {page}\n{lines}")))
}

fn line(transaction: &Transaction) -> String {
    format!(
        "{} {} {}",
        transaction.date, transaction.amount, transaction.with.name
    )
}

pub(super) fn ask(turn: &Turn) -> Reply {
    let reply = Reply::new(
        "Reply with a number for the details, *Next* or *Prev* to turn the page, or *menu*.",
    );
    let reply = if turn.state().page_number > 1 {
        reply.button("Prev", "Prev")
    } else {
        reply
    };
    if turn.state().listed.is_empty() {
        reply
    } else {
        reply.button("Next", "Next")
    }
}

/// Reads a turn of the page, or the number or the id of a transaction on it.
pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    let page = turn.state().page_number.max(1);
    match text.to_ascii_lowercase().as_str() {
        "next" => return Ok(show(turn, page.saturating_add(1), found)?.into()),
        "prev" if page == 1 => return Ok(ask_again(turn, "That was the first page.").into()),
        "prev" => return Ok(show(turn, page - 1, found)?.into()),
        _ => {}
    }
    let Some(id) = turn.state().pick_listed(text) else {
        return Ok(ask_again(turn, "❌ That is not on this page.").into());
    };
    match found
        .transactions(&account_in_use(turn), page)?
        .iter()
        .find(|transaction| transaction.id == id)
    {
        Some(transaction) => Ok(detail(transaction).into()),
        // New transactions have pushed it to a later page.
        None => Ok(show(turn, page, found)?.into()),
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
