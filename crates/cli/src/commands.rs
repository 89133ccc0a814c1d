//! The commands, one file each. A command parses its arguments, calls a crate and prints the answer; no rule of
//! the product lives here.

mod account;
mod audit;
mod backtest;
mod case;
mod completions;
mod decide;
mod demo;
mod evidence;
mod history;
mod import;
mod institution;
mod lead;
mod order;
mod patterns;
mod plan;
mod policy;
mod policy_life;
mod privacy;
mod report;
mod sandbox;
mod scan;
mod serve;
mod sim;
mod theme;
mod trace;
mod train;
mod user;

use std::path::Path;

use clap::Subcommand;

use crate::output::Output;

/// What `stanch` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the HTTP API and the console
    Serve(serve::Arguments),
    /// Store payments or accounts from a file
    #[command(subcommand)]
    Import(import::Import),
    /// Take and show reports
    #[command(subcommand)]
    Report(report::Report),
    /// List leads, take steps with them, and count what reports became
    #[command(subcommand)]
    Lead(lead::Lead),
    /// Show cases and take steps with them
    #[command(subcommand)]
    Case(case::Case),
    /// Follow a case's stolen money, or a batch of traces
    Trace(trace::Arguments),
    /// Make or show a case's recovery plan
    Plan(plan::Arguments),
    /// Write laundering patterns: features of every payment, and what was found
    Patterns(patterns::Arguments),
    /// Check, test, lay out, compare and document a decision policy
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Draft, approve, withdraw and show orders
    #[command(subcommand)]
    Order(order::OrderCommand),
    /// Say what texts are about under their disguise, and where they lead
    Scan(scan::Arguments),
    /// Train a text model from labelled sets
    Train(train::Arguments),
    /// Make a new scam theme from examples, and share it
    #[command(subcommand)]
    Theme(theme::ThemeCommand),
    /// Decide about the events of a file, without a server
    Decide(decide::Arguments),
    /// Say what a policy would have decided about the events of the log
    Backtest(backtest::Arguments),
    /// Export and list the events that arrived, as Parquet
    #[command(subcommand)]
    History(history::HistoryCommand),
    /// Show an account: balance, payments
    Account(account::Arguments),
    /// Check and show the audit tree
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Change the key of personal data; export and erase what is held on a person
    #[command(subcommand)]
    Privacy(privacy::Privacy),
    /// Collect evidence, hand it over, export packages and check them
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Make and show the people who sign in
    #[command(subcommand)]
    User(user::User),
    /// Register and show institutions
    #[command(subcommand)]
    Institution(institution::Institution),
    /// Show a simulated city at work: banks, wallets and fund companies as processes, and the golden hour
    Demo(demo::Arguments),
    /// Run one simulated institution
    Sandbox(sandbox::Arguments),
    /// Generate a simulated world as files, or play days of casework and hold every promise against the record
    Sim(sim::Arguments),
    /// Print shell completions
    Completions(completions::Completions),
    /// Write the manual pages into a folder
    Man(completions::Man),
}

/// Runs `command` on the state folder `data`.
pub async fn run(command: &Command, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, data, output).await,
        Command::Import(import) => import::run(import, data, output),
        Command::Report(report) => report::run(report, data, output).await,
        Command::Lead(lead) => lead::run(lead, data, output).await,
        Command::Case(case) => case::run(case, data, output).await,
        Command::Trace(arguments) => trace::run(arguments, data, output).await,
        Command::Plan(arguments) => plan::run(arguments, data, output).await,
        Command::Patterns(arguments) => patterns::run(arguments, data, output).await,
        Command::Policy(policy) => policy::run(policy, data, output).await,
        Command::Order(order) => order::run(order, data, output).await,
        Command::Scan(arguments) => scan::run(arguments, output).await,
        Command::Train(arguments) => train::run(arguments, output).await,
        Command::Theme(command) => theme::run(command, data, output).await,
        Command::Decide(arguments) => decide::run(arguments, output).await,
        Command::Backtest(arguments) => backtest::run(arguments, data, output).await,
        Command::History(command) => history::run(command, data, output).await,
        Command::Account(arguments) => account::run(arguments, data, output),
        Command::Audit(audit) => audit::run(audit, data, output).await,
        Command::Privacy(command) => privacy::run(command, data, output).await,
        Command::Evidence(command) => evidence::run(command, data, output).await,
        Command::User(user) => user::run(user, data, output).await,
        Command::Institution(institution) => institution::run(institution, data, output).await,
        Command::Demo(arguments) => demo::run(arguments, data, output).await,
        Command::Sandbox(arguments) => sandbox::run(arguments).await,
        Command::Sim(arguments) => sim::run(arguments, data, output),
        Command::Completions(arguments) => completions::print(arguments),
        Command::Man(arguments) => completions::write_man(arguments),
    }
}

/// Completes when the process is asked to stop (SIGINT or SIGTERM).
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
