/** report.html in a real browser: what the reader can do with it, and that nothing in it gets out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../domain/result.js';
import { renderHtml } from '../../report/html.js';
import { findChromium, launch } from './chromium.js';
import { FLIGHTS, HOSTILE, HOSTILE_NAMES, INVALID, manySegments } from './fixture.js';

const executable = findChromium();
if (executable === null) {
  console.warn('skipped: report.html in a browser. No Chromium on PATH, and CHROMIUM_PATH is not set.');
}

describe.skipIf(executable === null)('report.html in Chromium', () => {
  let browser: Browser;
  let folder: string;
  /** Console messages, errors and requests that leave the file: there must be none. */
  const trouble: string[] = [];

  beforeAll(async () => {
    browser = await launch(executable!);
    folder = await mkdtemp(join(tmpdir(), 'segmentry-report-'));
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
    expect(trouble).toEqual([]);
  });

  async function open(result: Result, options: BrowserContextOptions = {}): Promise<Page> {
    const file = join(folder, 'report.html');
    await writeFile(file, renderHtml(result));
    const page = await (await browser.newContext(options)).newPage();
    page.on('console', (message) => trouble.push(message.text()));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('dialog', (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) trouble.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    return page;
  }

  const rows = (page: Page) => page.locator('#findings tr');
  const segments = (page: Page) => page.locator('.forest tr.segment');

  it('takes over what was drawn at render time without changing it', async () => {
    const before = await open(FLIGHTS, { javaScriptEnabled: false });
    const after = await open(FLIGHTS);
    expect(await after.locator('#picture').innerText()).toBe(await before.locator('#picture').innerText());
    expect(await rows(after).first().innerText()).toBe(await rows(before).first().innerText());
    expect(await before.locator('.controls').first().isVisible()).toBe(false);
    expect(await after.locator('.controls').first().isVisible()).toBe(true);
  });

  it('draws another check, another order, one segmentation', async () => {
    const page = await open(FLIGHTS);
    await page.getByLabel('metric and check').selectOption({ label: 'auc ≥ 0.65' });
    await expect.poll(() => page.locator('.forest caption').innerText()).toContain('auc of the candidate');
    await page.getByLabel('metric and check').selectOption({ label: 'fpr rise ≤ 10 % (warn)' });
    await expect.poll(() => page.locator('.bound-label').textContent()).toBe('bound +10 %');
    await page.getByLabel('metric and check').selectOption({ label: 'auc drop ≤ 0.02' });
    await page.getByLabel('order').selectOption('result');
    const groups = await page.locator('.forest tr.group th').allInnerTexts();
    expect(groups).toEqual(['origin', 'carrier', 'carrier, origin', 'weather']);
    await page.locator('#picture-segmentation').selectOption({ label: 'weather' });
    expect(await segments(page).count()).toBe(1 + 5);
  });

  it('sorts by keyboard, and says so to a screen reader', async () => {
    const page = await open(FLIGHTS);
    await page.locator('#filter-metric').selectOption({ label: 'auc' });
    const change = page.getByRole('button', { name: 'change', exact: true });
    await change.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#by-difference').getAttribute('aria-sort')).toBe('ascending');
    expect(await rows(page).first().innerText()).toContain('low visibility');
    await page.keyboard.press('Enter');
    expect(await page.locator('#by-difference').getAttribute('aria-sort')).toBe('descending');
    expect(await rows(page).first().innerText()).toMatch(/\+0\.1\d/);
    await page.getByRole('button', { name: 'rows', exact: true }).click();
    expect(await rows(page).first().innerText()).toContain('130,016');
  });

  it('filters by words, segmentation, metric and outcome, and counts', async () => {
    const page = await open(FLIGHTS);
    const total = await page.locator('#range').innerText();
    expect(total).toMatch(/^1–50 of \d{3}$/);
    await page.locator('#filter-outcome').selectOption('fail');
    await expect.poll(() => page.locator('#range').innerText()).toContain('1–2 of 2 (');
    await page.getByLabel('find').fill('PRECIP weather');
    await expect.poll(() => page.locator('#range').innerText()).toContain('1–1 of 1 (');
    await page.getByLabel('find').fill('nobody is called so');
    await expect.poll(() => page.locator('#range').innerText()).toContain('none of 0');
    await page.getByLabel('find').fill('');
    await page.locator('#filter-outcome').selectOption('');
    await page.getByRole('button', { name: 'next' }).click();
    expect(await page.locator('#range').innerText()).toMatch(/^51–100 of/);
  });

  it('shows every hostile name as text', async () => {
    const page = await open(HOSTILE);
    await page.locator('#filter-segmentation').selectOption({ label: '<b>hostile</b> & co' });
    await page.locator('#filter-metric').selectOption({ label: 'auc' });
    const shown = (await page.locator('#findings th > bdi').allTextContents()).join('\n');
    for (const name of HOSTILE_NAMES.slice(0, 3)) expect(shown).toContain(name);
    expect(shown).toContain('\\u202eevil\\u202c rtl override');
    expect(await page.locator('img, iframe, object, #findings b').count()).toBe(0);
  });

  it('shows the blank at the beginning of a name', async () => {
    const named = JSON.parse(JSON.stringify(FLIGHTS).replaceAll('"low visibility"', '" low visibility"')) as Result;
    const page = await open(named);
    for (const names of [page.locator('#findings th > bdi'), page.locator('.forest th.name > bdi')])
      expect(await names.allInnerTexts()).toContain(' low visibility');
    const phone = await open(named, { viewport: { width: 375, height: 800 } });
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  });

  it('stays quick with 10,000 segments', async () => {
    const page = await open(manySegments(10_000));
    expect(await rows(page).count()).toBe(50);
    expect(await segments(page).count()).toBe(100);
    await page.getByRole('button', { name: 'Draw 100 more' }).click();
    expect(await segments(page).count()).toBe(200);
    await page.getByLabel('find').fill('route 7777');
    await expect.poll(() => page.locator('#range').innerText()).toContain('1–4 of 4 (');
  });

  it('needs no sideways scrolling on a telephone, in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(HOSTILE, { viewport: { width: 360, height: 740 }, colorScheme });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    }
  });

  it('prints, and opens without segments', async () => {
    const page = await open(FLIGHTS);
    expect((await page.pdf()).byteLength).toBeGreaterThan(10_000);
    const error = await open(INVALID);
    expect(await error.locator('h1').innerText()).toContain('ERROR');
  });
});
