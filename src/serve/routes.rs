//! The table of routes: what the server answers, and who does it.

use std::sync::Arc;

use super::request::{PageRequest, Reply, RequestFailure};
use super::state::{StateCache, TrackerState};
use super::upload::Uploads;
use super::{Backend, api, change, diff, import, items, pages, publish};

/// Data that all requests share.
pub(super) struct ServerContext {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) cache: StateCache,
    pub(super) uploads: Uploads,
    pub(super) read_only: bool,
}

impl ServerContext {
    /// The tracker as it is now.
    pub(super) fn state(&self) -> Result<Arc<TrackerState>, RequestFailure> {
        self.cache.get(self.backend.as_ref()).map_err(RequestFailure::broken)
    }
}

/// A function that answers.
pub(super) type Handler = fn(&ServerContext, &PageRequest) -> Result<Reply, RequestFailure>;

/// Methods of HTTP that routes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RouteMethod {
    /// It reads.
    Get,
    /// It may change the tracker, unless the request asks for a dry run.
    Post,
}

/// A path that is answered.
pub(super) struct Route {
    pub(super) method: RouteMethod,
    pub(super) path: &'static str,
    pub(super) handler: Handler,
}

const fn get(path: &'static str, handler: Handler) -> Route {
    Route { method: RouteMethod::Get, path, handler }
}

const fn post(path: &'static str, handler: Handler) -> Route {
    Route { method: RouteMethod::Post, path, handler }
}

/// The path that takes files. It is not in the table because it reads its body piece by piece.
pub(super) const UPLOAD: &str = "/import.html";

/// The JSON API. Paths without `/api` are the calls of the field's first open-source application.
pub(super) const API: &[Route] = &[
    get("/api/v1/openapi.json", api::document),
    get("/api/v1/item.schema.json", api::item_schema),
    get("/api/v1/event.schema.json", api::event_schema),
    get("/api/v1/state", api::state),
    get("/api/v1/items", api::items),
    get("/api/v1/items/{id}", api::item),
    get("/api/v1/items/{id}/events", api::item_events),
    get("/api/v1/events", api::events),
    get("/api/v1/summary", api::summary),
    get("/api/v1/todo", api::todo),
    get("/api/v1/commands", api::commands),
    post("/api/v1/commands/{command}", api::run_command),
    post("/api/v1/undo", api::undo),
    get("/api/v1/poam-items/{status}", api::items_by_status),
    post("/api/v1/poam/{id}/update-status", api::update_status),
    post("/api/v1/poam/{id}/update-planned-milestones", api::update_planned_milestones),
    post("/api/v1/poam/{id}/log-milestone-change", api::log_milestone_change),
    post("/api/v1/poam/{id}/update-milestones", api::log_milestone_change),
    get("/poam-items/{status}", api::items_by_status),
    post("/poam/{id}/update-status", api::update_status),
    post("/poam/{id}/update-planned-milestones", api::update_planned_milestones),
    post("/poam/{id}/log-milestone-change", api::log_milestone_change),
    post("/poam/{id}/update-milestones", api::log_milestone_change),
];

/// The pages.
pub(super) const PAGES: &[Route] = &[
    get("/", pages::overview),
    get("/index.html", pages::overview),
    get("/items.html", items::list),
    get("/item/{page}", pages::item),
    get("/owners.html", pages::owners),
    get("/owner/{page}", pages::owner),
    get("/todo.html", pages::todo),
    get("/log.html", pages::log),
    get("/diff.html", diff::page),
    get("/change/{command}", change::form),
    post("/change/{command}", change::submit),
    post("/undo", change::undo),
    get(UPLOAD, import::form),
    post("/import/plan", import::plan_again),
    post("/import/commit", import::commit),
    get("/publish.html", publish::page),
    post("/publish/snapshot", publish::snapshot),
    get("/download/{file}", publish::download),
    get("/style.css", pages::style),
    get("/serve.css", pages::serve_style),
    get("/serve.js", pages::script),
];
