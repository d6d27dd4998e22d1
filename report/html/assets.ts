/**
 * The page's style and script, read once when this module loads (the only I/O of a renderer) from beside this file: the
 * build copies them, so it works from the sources and from dist/.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/**
 * The client files import one another, so that Node and linters see them as they are. In the page they are one inline
 * module, in this order, and an inline module cannot import a file that is not there: the import lines go.
 */
const IMPORT = /^import [^;]+ from '[^']+\.client\.js';\n/gm;
const FILES = ['../format.client.js', './forest.client.js', './view.client.js', './app.client.js'];

export const script = FILES.map((file) => read(file).replace(IMPORT, '')).join('\n');
export const style = ['./page.css', './verdict.css', './tables.css', './forest.css', './media.css']
  .map(read)
  .join('\n');

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

/** Nothing is fetched, nothing runs but this style and this script, whatever the names in the data are. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
