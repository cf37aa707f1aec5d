import { html, type Html } from './html.ts';

/** @param title also the text of the page's first heading */
export function layout(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Waybill</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/waybill.css" />
        <script src="/static/waybill.js" defer></script>
      </head>
      <body>
        <header>
          <a class="brand" href="/">Waybill</a>
          <p id="live" role="status">as of loading</p>
        </header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `.text;
}
