//! What a machine did in a step, as a strip: calls in their order, waits stretched, jobs below.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::{CallTime, JobTime, RefusedCall, ScenarioFinding};
use super::ended::Ended;
use super::places::{Places, Strip, Wait};
use super::words::{counted, duration, rule_links, separated};

/// Where the line is on which clients' calls stand.
const LINE: f64 = 18.0;
/// Where services' calls stand.
const BELOW: f64 = 28.0;
/// Where jobs stand.
const JOBS: f64 = 36.0;
/// How high a job is.
const JOB: f64 = 13.0;
/// A wait that is at least as wide has its length written above it.
const TELLING: f64 = 40.0;
/// More jobs than these in one step are one bar that says how many.
const JOBS_MAX: usize = 2;

/// The picture, and in a line what is in it.
pub(super) fn strip(strip: &Strip) -> Markup {
    let refused: Vec<(&CallTime, &RefusedCall)> = strip
        .calls
        .iter()
        .filter_map(|(_, call)| Some((call, call.refused.as_ref()?)))
        .collect();
    html! {
        // Of one call there is nothing to see.
        @if strip.calls.len() > 1 || strip.seconds > 0.0 || !strip.jobs.is_empty() { (picture(strip)) }
        @let told = told(strip);
        @if !told.is_empty() { p.told { (told) } }
        @if !refused.is_empty() {
            p.told {
                "Refused on the way: "
                (separated(refused.iter().map(|(call, refused)| no(call, refused)), "; "))
            }
        }
    }
}

fn no(call: &CallTime, refused: &RefusedCall) -> Markup {
    html! {
        (call.operation) " " (call.status) " " (refused.code)
        @if !refused.rules.is_empty() { " by " (rule_links(refused.rules.iter().map(String::as_str))) }
    }
}

/// How many calls there were, how long it took, and the jobs.
fn told(strip: &Strip) -> String {
    let mut parts = Vec::new();
    if strip.seconds > 0.0 {
        parts.push(format!("took {}", duration(strip.seconds)));
    }
    for (by, one, several) in [
        ("client", "call", "calls"),
        ("service", "call by services", "calls by services"),
        (
            "question",
            "question whether one might",
            "questions whether one might",
        ),
    ] {
        let own = strip.calls.iter().filter(|(_, call)| call.by == by);
        let count: usize = own.map(|(_, call)| call.count).sum();
        if count > 0 {
            parts.push(counted(count, one, several));
        }
    }
    if strip.jobs.len() > JOBS_MAX {
        parts.push(counted(strip.jobs.len(), "job", "jobs"));
    } else {
        parts.extend(strip.jobs.iter().map(of_job));
    }
    parts.join(", ")
}

fn of_job(job: &JobTime) -> String {
    let took = job
        .ended
        .map(|ended| ended - job.began)
        .filter(|seconds| *seconds > 0.0);
    let took = took.map_or_else(String::new, |seconds| format!(" in {}", duration(seconds)));
    format!("{} job {}{took}", job.operation, job.status)
}

fn picture(strip: &Strip) -> Markup {
    let places = Places::of(strip);
    let height = if strip.jobs.is_empty() {
        BELOW + 6.0
    } else {
        JOBS + JOB + 1.0
    };
    let (width, size) = (number(places.width), number(height));
    html! {
        svg.strip role="img" aria-label=(alternative(strip)) width=(width) height=(size) viewBox={ "0 0 " (width) " " (size) } {
            path.line d=(line(&places)) {}
            @for wait in &places.waits { (waited(wait)) }
            @for by in ["client", "service", "question"] {
                @let dots = dots(strip, &places, by);
                @if !dots.is_empty() {
                    path class=(by) d=(dots) {}
                    @if by == "question" { path.hole d=(dots) {} }
                }
            }
            @let crosses = crosses(strip, &places);
            @if !crosses.is_empty() { path.halo d=(crosses) {} path.refused d=(crosses) {} }
            (jobs(strip, &places))
        }
    }
}

/// The picture in words.
fn alternative(strip: &Strip) -> String {
    let mut told = format!("In order: {}", told(strip));
    for (_, call) in &strip.calls {
        if let Some(refused) = &call.refused {
            let _ = write!(
                told,
                "; {} refused at {}: {}",
                call.operation, refused.gate, refused.code
            );
        }
    }
    told
}

/// A number as pictures have it.
fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    format!("{tenths}")
}

/// The line, whole where something was asked.
fn line(places: &Places) -> String {
    let mut path = format!("M3 {LINE}");
    for wait in &places.waits {
        let _ = write!(path, "H{}M{} {LINE}", number(wait.from), number(wait.to));
    }
    path + &format!("H{}", number(places.width - 3.0))
}

fn waited(wait: &Wait) -> Markup {
    let middle = f64::midpoint(wait.from, wait.to);
    html! {
        path.wait d={ "M" (number(wait.from)) " " (LINE) "H" (number(wait.to)) } {}
        @if wait.to - wait.from >= TELLING {
            text x=(number(middle)) y=(number(LINE - 7.0)) text-anchor="middle" { (duration(wait.seconds)) }
        }
    }
}

fn height(call: &CallTime) -> f64 {
    if call.by == "client" { LINE } else { BELOW }
}

/// Round dots: lines of no length with round ends.
fn dots(strip: &Strip, places: &Places, by: &str) -> String {
    let own = strip.calls.iter().zip(&places.calls);
    own.filter(|((_, call), _)| call.by == by && call.refused.is_none())
        .map(|((_, call), x)| format!("M{} {}h0", number(*x), number(height(call))))
        .collect()
}

fn crosses(strip: &Strip, places: &Places) -> String {
    let own = strip.calls.iter().zip(&places.calls);
    own.filter(|((_, call), _)| call.refused.is_some())
        .map(|((_, call), x)| {
            let (left, top) = (number(*x - 3.5), number(height(call) - 3.5));
            format!("M{left} {top}l7 7m0 -7l-7 7")
        })
        .collect()
}

fn jobs(strip: &Strip, places: &Places) -> Markup {
    let (first, last) = (strip.jobs.first(), strip.jobs.last());
    let (Some(first), Some(last)) = (first, last) else {
        return html! {};
    };
    let well = strip.jobs.iter().all(|job| job.status == "Completed");
    let label = match strip.jobs.as_slice() {
        [job] => format!("{} {}", if well { "✓" } else { "✗" }, job.operation),
        jobs => format!("{} jobs", jobs.len()),
    };
    let from = places.at(first.began);
    let end = last.ended.map_or(places.width, |ended| places.at(ended));
    // Wide enough for what is written in it.
    let room = 7.0 * label.chars().count() as f64 + 8.0;
    let to = end.max(from + room).min(places.width.max(from + room));
    let from = from.min((places.width - room).max(1.0));
    html! {
        rect class={ "job " (if well { "well" } else { "badly" }) } x=(number(from)) y=(JOBS)
            width=(number((to - from).min(places.width - from - 1.0).max(8.0))) height=(JOB) rx="3" {}
        text.job x=(number(from + 5.0)) y=(number(JOBS + 10.0)) { (label) }
    }
}

/// How each step ended on both machines, small enough to stand beside the claim.
pub(super) fn overview(scenario: &ScenarioFinding) -> Markup {
    const CELL: usize = 12;
    let width = scenario.steps.len() * CELL + 1;
    let differing: Vec<String> = scenario
        .steps
        .iter()
        .filter(|step| !step.differs.is_empty())
        .map(|step| step.number.to_string())
        .collect();
    let told = match differing.as_slice() {
        [] => format!("{}, none differs", counted(scenario.steps.len(), "step", "steps")),
        some => format!("{} steps, different at {}", scenario.steps.len(), some.join(", ")),
    };
    html! {
        svg.overview role="img" aria-label=(told) width=(width) height="28" viewBox={ "0 0 " (width) " 28" } {
            @for (index, step) in scenario.steps.iter().enumerate() {
                @let x = index * CELL + 1;
                @for (y, did) in [(1, &step.documented), (13, &step.observed)] {
                    @let ended = Ended::of(&did.brief);
                    rect class=(ended.class()) x=(x) y=(y) width="10" height="10" rx="2" {}
                    @if ended == Ended::Badly { path.cross d={ "M" (x + 3) " " (y + 3) "l4 4m0 -4l-4 4" } {} }
                }
                @if !step.differs.is_empty() { path.differs d={ "M" (x) " 26h10" } {} }
            }
        }
    }
}

/// What the signs mean.
pub(super) fn legend() -> Markup {
    let sign = |inside: Markup| {
        html! { svg.strip width="22" height="14" viewBox="0 0 22 14" aria-hidden="true" { (inside) } }
    };
    html! {
        ul.legend aria-label="Signs of the timelines" {
            li { (sign(html! { path.client d="M11 7h0" {} })) " a call by the client" }
            li { (sign(html! { path.service d="M11 7h0" {} })) " a call by a service" }
            li { (sign(html! { path.question d="M11 7h0" {} path.hole d="M11 7h0" {} })) " a service checks whether it may" }
            li { (sign(html! { path.refused d="M7.500 3.500l7 7m0 -7l-7 7" {} })) " a call that was refused" }
            li { (sign(html! { path.wait d="M1 7h20" {} })) " time passes, longer than it looks" }
            li { (sign(html! { rect class="job well" x="1" y="1" width="20" height="12" rx="3" {} })) " a job runs" }
            li {
                svg.overview width="13" height="28" viewBox="0 0 13 28" aria-hidden="true" {
                    rect.badly x="1" y="1" width="10" height="10" rx="2" {}
                    path.cross d="M4 4l4 4m0 -4l-4 4" {}
                    rect.well x="1" y="13" width="10" height="10" rx="2" {}
                    path.differs d="M1 26h10" {}
                }
                " a step: by the documents above, as observed below; underlined where they differ"
            }
        }
    }
}
