/**
 * What an editor says of notebooks' cells: the findings of `deno lsp`, which
 * VS Code shows under the lines. It joins a notebook's cells in its own way
 * (a name of an earlier cell loses to a global of the browser's or of Node's,
 * such as `top` and `process`), so a notebook that runs may still be red.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type { Notebook } from "./notebook.ts";

/** Milliseconds that the server may take for one cell. */
const PATIENCE = 120_000;

interface Diagnostic {
  range: { start: { line: number } };
  message: string;
  source?: string;
  code?: string | number;
}

/** A notebook file with its cells. */
export interface Opened {
  file: string;
  notebook: Notebook;
}

/**
 * Opens notebooks as an editor does and returns the findings of each, one
 * sentence a finding, in the order given.
 *
 * @param root the project's folder, which holds deno.json
 * @throws Error if the server does not answer
 */
export async function editorFindings(
  root: string,
  opened: readonly Opened[],
): Promise<string[][]> {
  const server = spawn(Deno.execPath(), ["lsp"], {
    cwd: root,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout!),
    new StreamMessageWriter(server.stdin!),
  );
  try {
    await initialize(connection, root);
    const findings: string[][] = [];
    for (const one of opened) findings.push(await findingsOf(connection, one));
    return findings;
  } finally {
    connection.dispose();
    server.kill();
  }
}

/** The settings of .vscode/settings.json that the server asks for. */
const SETTINGS = { enable: true, config: "./deno.json", lint: true };

async function initialize(
  connection: MessageConnection,
  root: string,
): Promise<void> {
  connection.onRequest(
    "workspace/configuration",
    ({ items }: { items: { section: string }[] }) =>
      items.map(({ section }) => section === "deno" ? SETTINGS : {}),
  );
  connection.onRequest(() => null); // registrations, progress
  connection.listen();
  const uri = pathToFileURL(root).href;
  await answered(connection.sendRequest("initialize", {
    processId: Deno.pid,
    rootUri: uri,
    workspaceFolders: [{ uri, name: basename(root) }],
    initializationOptions: SETTINGS,
    capabilities: {
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: { diagnostic: {} },
      notebookDocument: { synchronization: { dynamicRegistration: true } },
    },
  }));
  await connection.sendNotification("initialized", {});
}

async function findingsOf(
  connection: MessageConnection,
  { file, notebook }: Opened,
): Promise<string[]> {
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code")
    .map((cell, i) => ({ ...cell, uri: `vscode-notebook-cell:${file}#c${i}` }));
  const uri = pathToFileURL(file).href;
  await connection.sendNotification("notebookDocument/didOpen", {
    notebookDocument: {
      uri,
      notebookType: "jupyter-notebook",
      version: 1,
      cells: cells.map(({ uri }) => ({ kind: 2, document: uri })),
    },
    cellTextDocuments: cells.map(({ uri, source }) => ({
      uri,
      languageId: "typescript",
      version: 1,
      text: source,
    })),
  });
  const findings: string[] = [];
  for (const { uri, id, source: text } of cells) {
    const { items } = await answered<{ items: Diagnostic[] }>(
      connection.sendRequest("textDocument/diagnostic", {
        textDocument: { uri },
      }),
    );
    for (const { range, message, source, code } of items) {
      const { line } = range.start;
      findings.push(
        `an editor says: ${message.split("\n")[0]} (${source} ${code})\n` +
          `  at cell "${id}" line ${line + 1}: ${
            text.split("\n")[line].trim()
          }`,
      );
    }
  }
  return findings;
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error("Cannot check cells as deno lsp does not answer")),
      PATIENCE,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
