/**
 * report.html: one file that needs nothing else, opened from a disk, a mail or a CI artifact. The reader's questions are
 * answered in their order: what is the verdict and why, what was compared, where exactly is it worse and how sure is
 * that, every number, can the data be trusted, and how would I get the same result again.
 */
import type { Result } from '../domain/result.js';
import { printable } from './format.client.js';
import { discoveredSection, manifestSection, validationSection } from './html/appendix.js';
import { contentSecurityPolicy, script, style } from './html/assets.js';
import { comparedSection } from './html/compared.js';
import { costsSection } from './html/costs.js';
import { reportData } from './html/data.js';
import { el, htmlOf, raw } from './html/markup.js';
import { pictureSection, tableSection } from './html/segments.js';
import { verdictSection } from './html/verdict.js';

export function renderHtml(result: Result): string {
  const data = reportData(result);
  const head = el(
    'head',
    {},
    el('meta', { charset: 'utf-8' }),
    el('meta', { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy }),
    el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    el('meta', { name: 'color-scheme', content: 'light dark' }),
    el('meta', { name: 'referrer', content: 'no-referrer' }),
    el('title', {}, `${result.verdict} · ${printable(result.pipeline)} · Segmentry`),
    // Served over HTTP, a page without an icon makes the browser ask for one.
    el('link', { rel: 'icon', href: 'data:,' }),
    el('style', {}, raw(style)),
  );
  const body = el(
    'body',
    {},
    verdictSection(result),
    el(
      'main',
      {},
      comparedSection(result),
      pictureSection(data),
      costsSection(result),
      tableSection(result, data),
      discoveredSection(result),
      validationSection(result),
      manifestSection(result),
    ),
    el('footer', {}, el('p', {}, `Segmentry ${printable(result.manifest.versions.segmentry)} · ${result.format}`)),
    el('script', { type: 'module' }, raw(script)),
  );
  return `<!doctype html>\n${htmlOf(el('html', { lang: 'en' }, head, body))}\n`;
}
