/** `/docs`: the OpenAPI document as a page. Plain HTML made here, so that it works offline and needs neither a CDN nor a script. */
import { html, raw } from 'hono/html';

interface MediaType {
  readonly schema?: unknown;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: unknown;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, MediaType>> };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, MediaType>> }>
  >;
}

export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks?: OpenApiDocument['paths'];
}

export const DOCS_STYLE = `:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 14px/1.5 ui-monospace, monospace }
pre { overflow: auto; padding: .75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem }
summary { cursor: pointer; padding: .4rem 0 }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
`;

export function docsPage(document: OpenApiDocument) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(method, path, operation)),
  );
  const webhooks = Object.entries(document.webhooks ?? {}).flatMap(([type, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(method, type, operation)),
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title}</title>
<link rel="stylesheet" href="docs/style.css">
</head>
<body>
<h1>${document.info.title}</h1>
<p>${document.info.description ?? ''}</p>
<p>For programs: <a href="openapi.json">openapi.json</a></p>
${operations}
<h2>Webhooks</h2>
<p>Sent to <code>WEBHOOK_URL</code>, signed as Standard Webhooks are.</p>
${webhooks}
</body>
</html>`;
}

function operationSection(method: string, path: string, operation: Operation) {
  const parameters = (operation.parameters ?? []).map((parameter) =>
    schemaSection(`${parameter.name} (${parameter.in})`, parameter.schema),
  );
  const body = Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => schemaSection('Body', schema));
  const answers = Object.entries(operation.responses ?? {}).map(([status, { description, content }]) =>
    status.startsWith('2')
      ? Object.values(content ?? {}).map(({ schema }) => schemaSection(`Answer ${status}`, schema))
      : html`<p>Answer ${status}: <code>${description ?? ''}</code></p>`,
  );
  return html`<details>
<summary><code>${method.toUpperCase()} ${path}</code> ${operation.summary ?? ''}</summary>
${operation.description === undefined ? '' : html`<p>${operation.description}</p>`}
${parameters}${body}${answers}
</details>
`;
}

const schemaSection = (title: string, schema: unknown) => html`<h3>${title}</h3>
<pre>${raw(escapeHtml(JSON.stringify(schema, null, 2) ?? ''))}</pre>
`;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
