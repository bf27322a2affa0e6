//! The description of a violation: the rule, and all that happened to the user.

use proof::payments::checks::Violation;
use proof::payments::event::What;
use proof::payments::evidence::Evidence;

use super::Settings;

pub fn describe(violation: &Violation, evidence: &Evidence, settings: Settings) -> String {
    let Violation { rule, user, text } = violation;
    let seed = evidence.seed;
    let mut lines = Vec::new();
    for sent in evidence
        .sent
        .iter()
        .filter(|sent| sent.message.user == *user)
    {
        let message = &sent.message;
        let id = &sent.commit_id[..6.min(sent.commit_id.len())];
        let what = format!("user: {} {:?} ({id})", message.id, message.text);
        lines.push((sent.at, what));
        if let Some(at) = sent.acknowledged {
            lines.push((at, format!("acknowledged: {} ({id})", message.id)));
        }
    }
    for shown in &evidence.shown {
        let sending = &shown.sending;
        if sending.user == *user {
            let verb = if shown.rejected { "rejected" } else { "shown" };
            let again = if sending.may_repeat {
                ", may repeat"
            } else {
                ""
            };
            let id = &sending.id[..6.min(sending.id.len())];
            let what = format!(
                "{verb} by {}: {:?}, order {:?}{again} ({id})",
                sending.worker, sending.reply.says, sending.reply.order
            );
            lines.push((shown.at, what));
        }
    }
    for paid in evidence.paid.iter().filter(|paid| paid.user == *user) {
        lines.push((
            paid.at,
            format!("paid: {:?} key {}", paid.payment, paid.key),
        ));
    }
    let of_others = |what: &What| match what {
        What::Answered { id } => {
            let mut shown = evidence.shown.iter();
            !shown.any(|shown| shown.sending.user == *user && shown.sending.id == *id)
        }
        What::Reported {
            user: Some(other), ..
        } => other != user,
        _ => false,
    };
    for event in evidence
        .events
        .iter()
        .filter(|event| !of_others(&event.what))
    {
        let who = event
            .worker
            .map_or("server".to_owned(), |worker| format!("worker {worker}"));
        lines.push((event.at, format!("{who}: {:?}", event.what)));
    }
    lines.sort();
    let start = lines.first().map_or(0, |(at, _)| *at);
    let mut report = format!(
        "{}: {user}, seed {seed}, {}\n{text}\n\n",
        rule.name().to_uppercase(),
        evidence.setup.name()
    );
    for (at, what) in lines {
        report += &format!("{:>8} ms  {what}\n", at - start);
    }
    report + "\nTo run this seed again:\n" + &settings.command(seed) + "\n"
}
