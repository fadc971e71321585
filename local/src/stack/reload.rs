//! A template that changes while the stack runs.
//!
//! Functions, their environment, limits and policies, routes, CORS, throttling and Function URLs are taken over. Tables,
//! buckets, queues, triggers and secrets are set up at the start alone: a change of these leaves all as it was.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::Builder;
use super::functions::Functions;
use crate::api_gateway::handle::Gateway;
use crate::lambda::instances::Pools;
use crate::logs::Logs;
use crate::server::stop;
use crate::template::Template;
use crate::watch::{Parts, start};

/// Everything that a change of the template needs.
pub(super) struct Reload {
    pub(super) builder: Builder,
    pub(super) template: Template,
    pub(super) functions: Functions,
    pub(super) pools: watch::Sender<Pools>,
    pub(super) gateway: watch::Sender<Arc<Gateway>>,
    pub(super) logs: Logs,
}

impl Reload {
    /// Watches the sources and the template if this was asked for, and returns what is watched.
    pub(super) async fn watch(self, stop: watch::Receiver<bool>) -> Option<String> {
        if !self.builder.watch {
            return None;
        }
        let (template_changed, changed) = mpsc::unbounded_channel();
        let parts = Parts {
            template: self.builder.template.clone(),
            binaries: self.functions.binaries.clone(),
            pools: self.pools.subscribe(),
            template_changed,
            logs: self.logs.clone(),
            stop: stop.clone(),
            _alive: self.functions.alive.clone(),
        };
        tokio::spawn(self.run(changed, stop));
        Some(start(parts).await)
    }

    /// Takes over each change that is reported, until the stop.
    async fn run(mut self, mut changed: mpsc::UnboundedReceiver<()>, mut stop: watch::Receiver<bool>) {
        let path = self.builder.template.display().to_string();
        loop {
            tokio::select! {
                () = stop::requested(&mut stop) => return,
                change = changed.recv() => if change.is_none() { return },
            }
            match self.take_over() {
                Ok(summary) => self.logs.note(format_args!("watch      {path} changed: {summary}")),
                Err(reason) => {
                    self.logs.warn(format_args!("{path} changed, but nothing is taken over: {reason}"));
                }
            }
        }
    }

    fn take_over(&mut self) -> Result<String, String> {
        let template = self.builder.read(&self.logs).map_err(|error| error.to_string())?;
        if let Some(reason) = self.needs_restart(&template) {
            return Err(format!("restart to change {reason}"));
        }
        if let (true, Some(error)) = (self.builder.iam, &template.access.unreadable) {
            return Err(format!("{}:{error}", self.builder.template.display()));
        }
        self.functions.authority.replace(&template).map_err(|error| error.to_string())?;
        let mut changed = Vec::new();
        let earlier = self.pools.borrow().clone();
        let mut pools = Vec::new();
        for function in &template.functions {
            let before = earlier.iter().find(|pool| pool.function().name == function.name);
            let pool = self.functions.pool(function).map_err(|error| error.to_string())?;
            pools.push(match before {
                Some(before) if before.is_like(&pool) => Arc::clone(before),
                _ => {
                    changed.push(function.name.as_str());
                    Arc::new(pool)
                }
            });
        }
        let pools: Pools = pools.into_iter().collect();
        let local = self.gateway.borrow().local;
        let gateway = self.builder.gateway(&template, &pools, &self.logs, local);
        self.gateway.send_replace(Arc::new(gateway));
        self.pools.send_replace(pools.clone());
        for pool in earlier.iter().filter(|pool| !pools.iter().any(|kept| Arc::ptr_eq(kept, pool))) {
            pool.retire();
        }
        let summary = match changed.as_slice() {
            [] => "routes and policies are taken over".to_owned(),
            names => format!("taken over, with new processes of {}", names.join(", ")),
        };
        self.template = template;
        Ok(summary)
    }

    /// Names the first part of the template that is set up at the start alone and has changed, with the reason.
    fn needs_restart(&self, new: &Template) -> Option<&'static str> {
        let [old, new] = [&self.template, new].map(Template::without_lines);
        [
            (old.tables != new.tables, "tables: they are made at the start, with their indexes and streams"),
            (old.buckets != new.buckets, "buckets: S3 serves those of the start"),
            (old.queues != new.queues, "queues: SQS serves those of the start"),
            (old.triggers != new.triggers, "events that are no requests: their delivery begins at the start"),
            (old.secrets() != new.secrets(), "secrets: they are generated at the start"),
        ]
        .into_iter()
        .find_map(|(is_changed, reason)| is_changed.then_some(reason))
    }
}
