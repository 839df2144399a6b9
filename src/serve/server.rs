//! Connections: one thread that listens on loopback, limits on sizes and times, and an end that lets
//! requests finish.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Multipart, RawPathParams};
use axum::http::{HeaderMap, Method as HttpMethod, Request as HttpRequest, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::access::{AccessDecision, Caller, PageAccess};
use super::request::{PageRequest, Reply, RequestFailure, first, pairs};
use super::routes::{API, Handler, PAGES, Route, RouteMethod, ServerContext, UPLOAD};
use super::state::StateCache;
use super::upload::{Upload, Uploads};
use super::{Backend, import, pages};

/// Options of a served page.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Whether every change is refused.
    pub read_only: bool,
}

/// Reasons why a page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port cannot be had.
    #[error("port {port} of 127.0.0.1 cannot be listened on")]
    Listen {
        /// The port.
        port: u16,
        /// Reason of the system.
        #[source]
        source: std::io::Error,
    },
    /// The system gives no thread or signal.
    #[error("starting the server")]
    Start(#[source] std::io::Error),
    /// The tracker cannot be read.
    #[error("{0}")]
    Tracker(String),
    /// The system gives no random numbers.
    #[error("no random numbers for the token: {0}")]
    Random(getrandom::Error),
}

/// Time for the head of a request, also of the next one of a connection.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time for the body of a request.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Time for files.
const UPLOAD_TIME: Duration = Duration::from_secs(600);
/// Time of a connection: one that does not take its answer ends then.
const CONNECTION_TIME: Duration = Duration::from_secs(900);
/// Time for open requests when the server ends.
const END_TIME: Duration = Duration::from_secs(10);
/// Connections at once.
const CONNECTIONS: usize = 256;
/// Bytes of a body.
const BODY: usize = 4 << 20;
/// Bytes of the files of one upload.
const UPLOAD_BYTES: u64 = 512 << 20;
/// Files of one upload.
const UPLOAD_FILES: usize = 100;

/// The policy of every page: nothing from elsewhere, nothing inline, no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Serves a tracker until Ctrl-C or the signal to end. `ready` is called with the link once
/// requests are accepted.
///
/// # Errors
///
/// Where the port cannot be had, or the system refuses what a server needs.
pub fn serve(
    options: ServeOptions,
    backend: Arc<dyn Backend>,
    ready: impl FnOnce(&str),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Start)?;
    runtime.block_on(listen(options, backend, ready))
}

/// Data that every request needs.
#[derive(Clone)]
struct RequestContext {
    access: Arc<PageAccess>,
    shared: Arc<ServerContext>,
}

async fn listen(
    options: ServeOptions,
    backend: Arc<dyn Backend>,
    ready: impl FnOnce(&str),
) -> Result<(), ServeError> {
    let refused = |source| ServeError::Listen { port: options.port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(refused)?;
    let port = listener.local_addr().map_err(refused)?.port();
    let access = Arc::new(PageAccess::new(port).map_err(ServeError::Random)?);
    let folder = backend.temporary_folder();
    let shared = Arc::new(ServerContext {
        backend,
        cache: StateCache::new(),
        uploads: Uploads::open(folder.as_deref()).map_err(ServeError::Start)?,
        read_only: options.read_only,
    });
    // An error of the tracker is reported at once, not on the first page.
    shared.cache.get(shared.backend.as_ref()).map_err(ServeError::Tracker)?;
    let first = shared.clone();
    let router = router(&RequestContext { access: access.clone(), shared });
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stopped()?);
    ready(&access.link());
    // The first page is made before somebody waits for it.
    tokio::task::spawn_blocking(move || pages::overview(&first, &PageRequest::default()).is_ok());
    loop {
        let Ok(place) = free.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file handles, or a client that is gone already.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is nobody's error.
            let _ = timeout(CONNECTION_TIME, connection).await;
            drop(place);
        });
    }
    drop(listener);
    // Changes that run are waited for by the runtime, however long they take.
    let _ = timeout(END_TIME, graceful.shutdown()).await;
    Ok(())
}

/// Waits for Ctrl-C, or for the signal by which services are ended.
#[cfg(unix)]
fn stopped() -> Result<impl Future<Output = ()>, ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Start)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Start)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stopped() -> Result<impl Future<Output = ()>, ServeError> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn router(context: &RequestContext) -> Router {
    let mut router = Router::new();
    for (routes, is_api) in [(API, true), (PAGES, false)] {
        for route in routes {
            router = router.route(route.path, method(route, is_api, context));
        }
    }
    let uploading = context.clone();
    let upload = post(move |parts: Multipart| async move { upload(&uploading, parts).await });
    let unknown = context.clone();
    router
        .route(UPLOAD, upload)
        .fallback(move || async move {
            let failure = RequestFailure::not_found("there is no such page");
            response(pages::failure(&unknown.shared, &failure))
        })
        // Sizes are limited where bodies are read.
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(
            context.clone(),
            |axum::extract::State(context): axum::extract::State<RequestContext>,
             request: HttpRequest<Body>,
             next: axum::middleware::Next| async move {
                let answer = match guard(&context.access, &request) {
                    Some(refused) => refused,
                    None => next.run(request).await,
                };
                secured(answer)
            },
        ))
}

fn method(route: &Route, is_api: bool, context: &RequestContext) -> MethodRouter {
    let (handler, context) = (route.handler, context.clone());
    let answer = move |params: RawPathParams, request: HttpRequest<Body>| async move {
        answer(&context, handler, is_api, &params, request).await
    };
    match route.method {
        RouteMethod::Get => get(answer),
        RouteMethod::Post => post(answer),
    }
}

/// Reads the body within its limits and runs the handler beside the thread that listens.
async fn answer(
    context: &RequestContext,
    handler: Handler,
    is_api: bool,
    params: &RawPathParams,
    request: HttpRequest<Body>,
) -> Response {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let params = params.iter().map(pair).collect();
    let (head, body) = request.into_parts();
    let body = match timeout(BODY_TIME, to_bytes(body, BODY)).await {
        Err(_) => return refused(is_api, StatusCode::REQUEST_TIMEOUT, "the body took too long"),
        Ok(Err(_)) => {
            let text = format!("a body of more than {BODY} bytes is not read, nor a broken one");
            return refused(is_api, StatusCode::PAYLOAD_TOO_LARGE, &text);
        }
        Ok(Ok(body)) => body,
    };
    let if_match = header(&head.headers, "if-match").map(|tag| tag.trim_matches('"').to_owned());
    let request = PageRequest {
        params,
        query: pairs(head.uri.query().unwrap_or_default()),
        body: Bytes::into(body),
        if_match,
    };
    let shared = context.shared.clone();
    beside(is_api, shared, move |shared| handler(shared, &request)).await
}

/// Runs what may take time in another thread.
async fn beside(
    is_api: bool,
    shared: Arc<ServerContext>,
    work: impl FnOnce(&ServerContext) -> Result<Reply, RequestFailure> + Send + 'static,
) -> Response {
    let work = move || {
        let reply = work(&shared);
        reply.unwrap_or_else(|failure| match is_api {
            true => failure.as_json(),
            false => pages::failure(&shared, &failure),
        })
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(reply) => response(reply),
        Err(_) => {
            plain(StatusCode::INTERNAL_SERVER_ERROR, "this request ended with a fault of poam")
        }
    }
}

/// Takes files piece by piece.
async fn upload(context: &RequestContext, parts: Multipart) -> Response {
    if context.shared.read_only {
        return response(pages::failure(&context.shared, &RequestFailure::read_only()));
    }
    match timeout(UPLOAD_TIME, receive(&context.shared.uploads, parts)).await {
        Err(_) => plain(StatusCode::REQUEST_TIMEOUT, "the files took too long"),
        Ok(Err(failure)) => response(pages::failure(&context.shared, &failure)),
        Ok(Ok((upload, values))) => {
            let shared = context.shared.clone();
            beside(false, shared, move |shared| import::plan(shared, upload, values)).await
        }
    }
}

/// Writes the files of a form to a temporary folder, and collects its other values.
async fn receive(
    uploads: &Uploads,
    mut parts: Multipart,
) -> Result<(Upload, Vec<(String, String)>), RequestFailure> {
    let broken =
        |error: std::io::Error| RequestFailure::broken(format!("keeping the file: {error}"));
    let mut number = [0; 16];
    getrandom::fill(&mut number).map_err(|error| RequestFailure::broken(error.to_string()))?;
    let id = number.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut upload = uploads.begin(id).map_err(broken)?;
    let (mut values, mut left) = (Vec::new(), UPLOAD_BYTES);
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        RequestFailure::bad(format!("the form cannot be read: {}", error.body_text()))
    };
    while let Some(mut part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let Some(file) = part.file_name().map(str::to_owned) else {
            let mut text = Vec::new();
            while let Some(piece) = part.chunk().await.map_err(unreadable)? {
                text.extend_from_slice(&piece);
                if text.len() > BODY {
                    return Err(RequestFailure {
                        status: 413,
                        ..RequestFailure::bad("a value is too long")
                    });
                }
            }
            values.push((name, String::from_utf8_lossy(&text).into_owned()));
            continue;
        };
        // A browser sends an empty file where none was chosen.
        let mut output = None;
        while let Some(piece) = part.chunk().await.map_err(unreadable)? {
            left = left.checked_sub(piece.len() as u64).ok_or_else(|| RequestFailure {
                status: 413,
                ..RequestFailure::bad(format!(
                    "files of more than {} MiB are not taken",
                    UPLOAD_BYTES >> 20
                ))
            })?;
            if output.is_none() {
                if upload.files.len() == UPLOAD_FILES {
                    return Err(RequestFailure::bad(format!("give at most {UPLOAD_FILES} files")));
                }
                let path = upload.place(&file).map_err(broken)?;
                output = Some(tokio::fs::File::create(path).await.map_err(broken)?);
            }
            if let Some(output) = &mut output {
                output.write_all(&piece).await.map_err(broken)?;
            }
        }
        if let Some(mut output) = output {
            output.flush().await.map_err(broken)?;
        }
    }
    Ok((upload, values))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The answer to who may not ask; the cookie for who opens the first link.
fn guard(access: &PageAccess, request: &HttpRequest<Body>) -> Option<Response> {
    let headers = request.headers();
    let query = pairs(request.uri().query().unwrap_or_default());
    let token = first(&query, "token").filter(|_| request.uri().path() == "/");
    // Two of a header are two opinions; a header that is no text is none of ours.
    let is_api = is_for_programs(request.uri().path());
    let twice = ["host", "origin", "sec-fetch-site"]
        .into_iter()
        .any(|name| headers.get_all(name).iter().count() > 1);
    let unread = |name: &str| headers.contains_key(name) && header(headers, name).is_none();
    if twice || unread("origin") || unread("sec-fetch-site") {
        let text = "the headers of this request are not right";
        return Some(refused(is_api, StatusCode::FORBIDDEN, text));
    }
    // An address with a host goes before the header.
    let host = request.uri().authority().map(|authority| authority.as_str());
    let caller = Caller {
        host: host.or_else(|| header(headers, "host")),
        origin: header(headers, "origin"),
        fetch_site: header(headers, "sec-fetch-site"),
        cookie: header(headers, "cookie"),
        authorization: header(headers, "authorization"),
        token,
        changes: ![HttpMethod::GET, HttpMethod::HEAD].contains(request.method()),
    };
    let refuse = |text: &str| Some(refused(is_api, StatusCode::FORBIDDEN, text));
    match access.check(caller) {
        AccessDecision::Allowed => None,
        // A browser sends the new cookie only where the next page is not part of a way from another
        // site, as a redirect would be.
        AccessDecision::Welcome if caller.fetch_site.is_some_and(|site| site != "none") => {
            let page = "<!doctype html><meta http-equiv=\"refresh\" content=\"0; url=/\"><title>poam</title><a href=\"/\">Go on</a>\n";
            let reply = Reply::html(page.to_owned()).with_header("set-cookie", access.cookie());
            Some(response(reply))
        }
        AccessDecision::Welcome => {
            let reply = Reply::redirect("/").with_header("set-cookie", access.cookie());
            Some(response(reply))
        }
        AccessDecision::WrongHost => {
            refuse("this page is only for this machine: open http://127.0.0.1")
        }
        AccessDecision::WrongSite => {
            refuse("another site asked for this; poam answers its own pages only")
        }
        AccessDecision::Unknown => {
            refuse("open the link that `poam serve` printed: it holds the token of this page")
        }
    }
}

/// Returns whether programs ask for a path, who want JSON.
fn is_for_programs(path: &str) -> bool {
    ["/api/", "/poam/", "/poam-items/"].iter().any(|start| path.starts_with(start))
}

/// The answer to a request that no handler sees.
fn refused(is_api: bool, status: StatusCode, text: &str) -> Response {
    match is_api {
        true => response(
            RequestFailure { status: status.as_u16(), ..RequestFailure::bad(text) }.as_json(),
        ),
        false => plain(status, text),
    }
}

/// An answer in words.
fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let value = axum::http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert("content-type", value);
    response
}

fn response(reply: Reply) -> Response {
    let mut builder =
        Response::builder().status(reply.status).header("content-type", reply.content_type);
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    builder.body(Body::from(reply.body)).unwrap_or_else(|_| {
        plain(StatusCode::INTERNAL_SERVER_ERROR, "the answer has a header that cannot be sent")
    })
}

/// Adds the security headers that every response has.
fn secured(mut response: Response) -> Response {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}
