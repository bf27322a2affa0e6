//! The figures as a table, as CSV and as a picture.

use std::fmt::Write as _;
use std::path::Path;

use plotters::prelude::*;

use crate::measure::Figures;

/// A Markdown table; ratios are to the row named `base`.
pub fn table(figures: &[Figures], base: &str) -> String {
    let mut text = String::from(
        "| tasks | peer | turns/s | p50 µs | p99 µs | turns/s to the base | p50 to the base \
         | CPU µs a turn, client + server | to the base | round trips | guarantees |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|---|---|---|\n");
    for row in figures {
        let Some(to) = figures
            .iter()
            .find(|other| other.name == base && other.tasks == row.tasks)
        else {
            continue;
        };
        let trips = row
            .round_trips
            .map_or_else(|| "–".to_owned(), |trips| format!("{trips:.2}"));
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {:.1} | {:.1} | {:.2} × | {:.2} × | {} | {:.2} × | {trips} | {} |",
            row.tasks,
            row.name,
            row.rate(),
            row.p50(),
            row.p99(),
            row.rate_to(to),
            row.p50() / to.p50(),
            shown(row.cpu()),
            sum(row.cpu()) / sum(to.cpu()),
            row.guarantees
        );
    }
    text
}

fn shown(cpu: [Option<f64>; 2]) -> String {
    let [client, server] = cpu.map(|time| time.map_or("–".to_owned(), |us| format!("{us:.1}")));
    format!("{client} + {server}")
}

/// The CPU of both; not a number where the kernel tells nothing of the client.
fn sum([client, server]: [Option<f64>; 2]) -> f64 {
    client.unwrap_or(f64::NAN) + server.unwrap_or(0.0)
}

/// Our targets, beside the figures of this run.
pub fn targets(figures: &[Figures]) -> String {
    let rate = |row: &Figures, to: &Figures| row.rate_to(to);
    let p50 = |row: &Figures, to: &Figures| row.p50() / to.p50();
    let cpu = |row: &Figures, to: &Figures| sum(row.cpu()) / sum(to.cpu());
    let (five, one) = ("vimbiso-state, warm", "vimbiso-state, one key, warm");
    let (five_cold, one_cold) = ("vimbiso-state, cold", "vimbiso-state, one key, cold");
    let memory = ("vimbiso-state, memory", "teloxide, memory");
    let (pair, set) = ("bare GET + SET EX", "bare SET EX");
    let (tower, teloxide) = ("tower-sessions, Redis", "teloxide, Redis");
    type Row<'a> = (
        usize,
        &'a str,
        &'a str,
        &'a str,
        fn(&Figures, &Figures) -> f64,
    );
    let rows: [Row<'_>; 18] = [
        (64, one, tower, "turns/s ≥ 1.4", rate),
        (64, one, tower, "CPU", cpu),
        (64, five, tower, "turns/s ≥ 1.0", rate),
        (64, five, tower, "CPU", cpu),
        (64, one_cold, tower, "turns/s ≥ 0.8", rate),
        (64, one_cold, tower, "CPU", cpu),
        (64, five_cold, tower, "turns/s ≥ 0.75", rate),
        (64, five_cold, tower, "CPU", cpu),
        (1, one, pair, "turns/s ≥ 1.35", rate),
        (1, five, pair, "turns/s ≥ 1.25", rate),
        (1, one, set, "p50 ≤ 1.2", p50),
        (1, five, set, "p50 ≤ 1.25", p50),
        (256, one, pair, "turns/s ≥ 0.5", rate),
        (64, one, teloxide, "turns/s ≥ 5", rate),
        (64, five, teloxide, "turns/s ≥ 4", rate),
        (1, memory.0, memory.1, "turns/s ≥ 0.4", rate),
        (64, memory.0, memory.1, "turns/s ≥ 1.4", rate),
        (256, memory.0, memory.1, "turns/s ≥ 1.7", rate),
    ];
    let mut text =
        String::from("| tasks | ours | beside | target | measured |\n|---|---|---|---|---|\n");
    for (tasks, ours, peer, target, ratio) in rows {
        let of = |name: &str| {
            figures
                .iter()
                .find(|row| row.name == name && row.tasks == tasks)
        };
        if let (Some(ours), Some(peer)) = (of(ours), of(peer)) {
            let _ = writeln!(
                text,
                "| {tasks} | {} | {} | {target} × | {:.2} × |",
                ours.name,
                peer.name,
                ratio(ours, peer)
            );
        }
    }
    text
}

pub fn csv(figures: &[Figures]) -> String {
    let mut text =
        String::from("tasks,peer,turns_per_second,p50_us,p99_us,client_us,server_us,round_trips\n");
    for row in figures {
        let trips = row
            .round_trips
            .map_or_else(String::new, |trips| format!("{trips:.3}"));
        let [client, server] = row
            .cpu()
            .map(|time| time.map_or_else(String::new, |us| format!("{us:.2}")));
        let _ = writeln!(
            text,
            "{},{},{:.0},{:.2},{:.2},{client},{server},{trips}",
            row.tasks,
            row.name,
            row.rate(),
            row.p50(),
            row.p99()
        );
    }
    text
}

/// Bars of turns a second, relative to the base, at one number of tasks.
pub fn plot(
    figures: &[Figures],
    base: &str,
    tasks: usize,
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let rows: Vec<_> = figures.iter().filter(|row| row.tasks == tasks).collect();
    let Some(to) = rows.iter().find(|row| row.name == base) else {
        return Ok(());
    };
    let ratios: Vec<_> = rows.iter().map(|row| row.rate_to(to)).collect();
    let most = ratios.iter().copied().fold(1.0, f64::max) * 1.15;
    let root = SVGBackend::new(path, (900, 40 + 44 * rows.len() as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    let left = 260;
    let width = 560.0;
    let text = ("sans-serif", 15).into_font();
    root.draw(&Text::new(
        format!("turns a second at {tasks} tasks, relative to {base}"),
        (10, 8),
        text.clone().style(FontStyle::Bold),
    ))?;
    for (at, (row, ratio)) in rows.iter().zip(&ratios).enumerate() {
        let top = 36 + 44 * at as i32;
        let end = left + (ratio / most * width) as i32;
        let colour = if row.name.starts_with("vimbiso-state") {
            RGBColor(24, 120, 86)
        } else {
            RGBColor(150, 158, 168)
        };
        root.draw(&Rectangle::new(
            [(left, top), (end, top + 28)],
            colour.filled(),
        ))?;
        root.draw(&Text::new(row.name, (10, top + 6), text.clone()))?;
        root.draw(&Text::new(
            format!("{ratio:.2} ×"),
            (end + 6, top + 6),
            text.clone(),
        ))?;
    }
    root.present()?;
    Ok(())
}
