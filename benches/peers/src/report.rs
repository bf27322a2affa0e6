//! The figures as a table, as CSV and as a picture.

use std::fmt::Write as _;
use std::path::Path;

use plotters::prelude::*;

use crate::measure::Figures;

/// A Markdown table; ratios are to the row named `base`.
pub fn table(figures: &[Figures], base: &str) -> String {
    let mut text = String::from(
        "| tasks | peer | turns/s | p50 µs | p99 µs | turns/s to the base | p50 to the base \
         | round trips | guarantees |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
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
            "| {} | {} | {:.0} | {:.1} | {:.1} | {:.2} × | {:.2} × | {trips} | {} |",
            row.tasks,
            row.name,
            row.rate(),
            row.p50(),
            row.p99(),
            row.rate_to(to),
            row.p50() / to.p50(),
            row.guarantees
        );
    }
    text
}

/// Our targets, beside the figures of this run.
pub fn targets(figures: &[Figures]) -> String {
    let rate = |row: &Figures, to: &Figures| row.rate_to(to);
    let p50 = |row: &Figures, to: &Figures| row.p50() / to.p50();
    let (five, one) = ("vimbiso-state, warm", "vimbiso-state, one key, warm");
    let pair = "bare GET + SET EX";
    let rows: [(usize, &str, &str, &str, fn(&Figures, &Figures) -> f64); 10] = [
        (1, five, "bare SET EX", "p50 ≤ 1.15", p50),
        (1, one, "bare SET EX", "p50 ≤ 1.15", p50),
        (64, five, pair, "turns/s ≥ 0.45", rate),
        (64, one, pair, "turns/s ≥ 0.65", rate),
        (64, five, "tower-sessions, Redis", "turns/s ≥ 2", rate),
        (64, one, "tower-sessions, Redis", "turns/s ≥ 3", rate),
        (64, five, "teloxide, Redis", "turns/s ≥ 3", rate),
        (64, one, "teloxide, Redis", "turns/s ≥ 5", rate),
        (
            1,
            "vimbiso-state, memory",
            "teloxide, memory",
            "turns/s ≥ 4",
            rate,
        ),
        (
            64,
            "vimbiso-state, memory",
            "teloxide, memory",
            "turns/s ≥ 8",
            rate,
        ),
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
    let mut text = String::from("tasks,peer,turns_per_second,p50_us,p99_us,round_trips\n");
    for row in figures {
        let trips = row
            .round_trips
            .map_or_else(String::new, |trips| format!("{trips:.3}"));
        let _ = writeln!(
            text,
            "{},{},{:.0},{:.2},{:.2},{trips}",
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
