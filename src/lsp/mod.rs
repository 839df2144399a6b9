//! The language server: what editors ask about items and settings, over standard input and output.
//!
//! [`serve_editor`] reads messages in one thread. A changed text is checked by itself at once (`Workspace::change`); when no message
//! came for a moment, all items are checked as `poam validate` does, so that rules on several items speak too. Diagnostics are
//! published per file, and only where they changed. Hover, completion, quick fixes, definitions and code lenses are answered
//! from the open texts and the loaded items. Nothing is written to disk.

mod complete;
mod describe;
mod fix;
mod pointer;
mod position;
mod schema_tree;
mod workspace;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use gen_lsp_types::PublishDiagnosticsParams;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use position::Position;
use workspace::Workspace;

/// The pause after which all items are checked.
const PAUSE: Duration = Duration::from_millis(150);

/// Where and when a server works.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The folder of the tracker, where the editor names none.
    pub directory: PathBuf,
    /// The day that counts as today; the real one of each check where it is absent.
    pub today: Option<NaiveDate>,
}

/// An error that ends the server.
#[derive(Debug, thiserror::Error)]
#[error("the language server stopped: {0}")]
pub struct LspError(Box<dyn Error + Send + Sync>);

/// Serves an editor on standard input and output until it asks to exit.
///
/// # Errors
///
/// When the editor breaks the protocol or closes the connection early.
pub fn serve_editor(options: ServerOptions) -> Result<(), LspError> {
    let (connection, threads) = Connection::stdio();
    serve_on(&connection, options)?;
    drop(connection);
    threads.join().map_err(|error| LspError(error.into()))
}

/// Serves an editor on a connection.
fn serve_on(connection: &Connection, options: ServerOptions) -> Result<(), LspError> {
    let (id, parameters) = connection.initialize_start().map_err(protocol_error)?;
    connection.initialize_finish(id, server_capabilities()).map_err(protocol_error)?;
    let mut server = Server { connection, workspace: Workspace::new(options.today) };
    let folder = workspace_folder(&parameters).unwrap_or(options.directory);
    server.watch_files(&parameters);
    // Nothing is checked before the editor has stated which texts it has open: those come first.
    server.workspace.open_folder(&folder);
    server.run().map_err(LspError)
}

fn protocol_error(error: lsp_server::ProtocolError) -> LspError {
    LspError(error.into())
}

fn server_capabilities() -> Value {
    json!({
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": {"openClose": true, "change": 1, "save": {"includeText": false}},
            "hoverProvider": true,
            "completionProvider": {"triggerCharacters": [" ", "[", "-", ":"]},
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
            "definitionProvider": true,
            "codeLensProvider": {"resolveProvider": false}
        },
        "serverInfo": {"name": "poam", "version": env!("CARGO_PKG_VERSION")}
    })
}

/// The first folder that the editor has open.
fn workspace_folder(parameters: &Value) -> Option<PathBuf> {
    let folder = parameters.pointer("/workspaceFolders/0/uri").and_then(Value::as_str);
    let folder = folder.or_else(|| parameters.get("rootUri").and_then(Value::as_str));
    let path = parameters.get("rootPath").and_then(Value::as_str).map(PathBuf::from);
    folder.and_then(position::path_of_uri).or(path)
}

struct Server<'c> {
    connection: &'c Connection,
    workspace: Workspace,
}

impl Server<'_> {
    fn run(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        loop {
            let message = if self.workspace.needs_check() {
                match self.connection.receiver.recv_timeout(PAUSE) {
                    Ok(message) => message,
                    Err(error) if error.is_timeout() => {
                        self.check_all();
                        continue;
                    }
                    Err(_) => return Ok(()),
                }
            } else {
                match self.connection.receiver.recv() {
                    Ok(message) => message,
                    Err(_) => return Ok(()),
                }
            };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    if request.method == "textDocument/codeLens"
                        || request.method == "textDocument/hover"
                    {
                        self.workspace.read_history();
                    }
                    self.answer_request(request);
                }
                Message::Notification(notification) => self.take_notification(&notification),
                Message::Response(_) => {}
            }
        }
    }

    /// Asks the editor to report files that change outside of it, where it can.
    fn watch_files(&self, parameters: &Value) {
        let pointer = "/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration";
        if parameters.pointer(pointer).and_then(Value::as_bool) != Some(true) {
            return;
        }
        let watchers = json!({"registrations": [{
            "id": "poam-files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": [{"globPattern": "**/*.yaml"}]}
        }]});
        let id = RequestId::from("poam-watch".to_owned());
        self.send_message(
            Request::new(id, "client/registerCapability".to_owned(), watchers).into(),
        );
    }

    fn take_notification(&mut self, notification: &Notification) {
        let parameters = &notification.params;
        let uri = parameters.pointer("/textDocument/uri").and_then(Value::as_str);
        match (notification.method.as_str(), uri) {
            ("textDocument/didOpen", Some(uri)) => {
                let text = parameters.pointer("/textDocument/text").and_then(Value::as_str);
                self.change_document(uri, text.unwrap_or_default(), text_version(parameters));
            }
            ("textDocument/didChange", Some(uri)) => {
                // The server asked for entire texts; the last one counts.
                let changes = parameters.get("contentChanges").and_then(Value::as_array);
                let text = changes.and_then(|all| all.last()?.get("text")?.as_str());
                if let Some(text) = text {
                    self.change_document(uri, text, text_version(parameters));
                }
            }
            ("textDocument/didClose", Some(uri)) => {
                self.workspace.close(uri);
                self.publish();
            }
            ("textDocument/didSave", _) => self.workspace.request_check(),
            ("workspace/didChangeWatchedFiles", _) => {
                let changes = parameters.get("changes").and_then(Value::as_array);
                for change in changes.into_iter().flatten() {
                    if let Some(uri) = change.get("uri").and_then(Value::as_str) {
                        self.workspace.read_again(uri);
                    }
                }
            }
            _ => {}
        }
    }

    fn change_document(&mut self, uri: &str, text: &str, version: Option<i32>) {
        self.workspace.change_text(uri, text, version);
        self.publish();
    }

    fn check_all(&mut self) {
        self.workspace.check_all();
        self.publish();
    }

    /// Sends the diagnostics of files whose diagnostics changed.
    fn publish(&mut self) {
        for (uri, version, diagnostics) in self.workspace.take_changed() {
            let parameters = PublishDiagnosticsParams { uri: uri.into(), version, diagnostics };
            let method = "textDocument/publishDiagnostics".to_owned();
            self.send_message(Notification::new(method, parameters).into());
        }
    }

    fn answer_request(&self, request: Request) {
        let parameters = &request.params;
        let uri =
            parameters.pointer("/textDocument/uri").and_then(Value::as_str).unwrap_or_default();
        let position = position_in(parameters.get("position"));
        let result = match request.method.as_str() {
            "textDocument/hover" => to_value(self.workspace.hover_at(uri, position)),
            "textDocument/completion" => to_value(self.workspace.complete_at(uri, position)),
            "textDocument/definition" => to_value(self.workspace.find_definition(uri, position)),
            "textDocument/codeLens" => to_value(self.workspace.code_lenses(uri)),
            "textDocument/codeAction" => {
                let start = position_in(parameters.pointer("/range/start"));
                let end = position_in(parameters.pointer("/range/end"));
                to_value(self.workspace.fixes_in(uri, start, end))
            }
            method => {
                let message = format!("poam does not answer `{method}`");
                let code = ErrorCode::MethodNotFound as i32;
                self.send_message(Response::new_err(request.id, code, message).into());
                return;
            }
        };
        self.send_message(Response::new_ok(request.id, result).into());
    }

    /// Sends a message. An editor that is gone ends the loop at its next read.
    fn send_message(&self, message: Message) {
        let _ = self.connection.sender.send(message);
    }
}

fn text_version(parameters: &Value) -> Option<i32> {
    let version = parameters.pointer("/textDocument/version")?.as_i64()?;
    i32::try_from(version).ok()
}

fn position_in(value: Option<&Value>) -> Position {
    let number = |name: &str| value.and_then(|it| it.get(name)?.as_u64()).unwrap_or(0);
    Position { line: to_u32(number("line")), character: to_u32(number("character")) }
}

fn to_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn to_value(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
