/** Markup as strings that cannot be broken out of: whatever is not already {@link Markup} is escaped. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

/** A piece of HTML that was made by {@link el} or {@link raw}; its class keeps it apart from text. */
export class Markup {
  constructor(readonly html: string) {}
}

/** For what is written in this folder, such as the style sheet; never for anything out of a result. */
export const raw = (html: string): Markup => new Markup(html);

export type Child = Markup | string | number | null | readonly Child[];

const VOID = new Set(['meta', 'link', 'input', 'br', 'line', 'path', 'rect']);

/** `el('td', { class: 'rows' }, 12)`; children that are null are left out. */
export function el(
  tag: string,
  attributes: Readonly<Record<string, string | number | boolean>> = {},
  ...children: readonly Child[]
): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escapeText(String(value))}"`))
    .join('');
  if (VOID.has(tag)) return new Markup(`<${tag}${written}/>`);
  return new Markup(`<${tag}${written}>${htmlOf(children)}</${tag}>`);
}

export function htmlOf(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.html;
  if (typeof child === 'string' || typeof child === 'number') return escapeText(String(child));
  // Added up, not joined: the engine copies what it joins, and megabytes of data would be copied for every element around them.
  let html = '';
  for (const one of child) html += htmlOf(one);
  return html;
}
