// Chromium for the tests: Debian's own, driven by Playwright-core.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A page of its own person, in a language and a theme; collects console errors in `page.errors`. */
export async function openPage(
  browser,
  url,
  { size = 'wide', language = 'zh', theme = 'light', scripts = true } = {},
) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: SIZES[size],
    deviceScaleFactor: size === 'narrow' ? 2 : 1,
    timezoneId: 'Asia/Shanghai',
    // Pages without scripts choose their words and colours by what the browser says.
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    bypassCSP: false,
    javaScriptEnabled: scripts,
    colorScheme: theme,
  });
  await context.addInitScript(
    ([spoken, light]) => {
      localStorage.setItem('stanch.language', spoken);
      localStorage.setItem('stanch.theme', light);
    },
    [language, theme],
  );
  const page = await context.newPage();
  page.errors = [];
  page.on('console', (message) => {
    // Before sign-in the session call answers 401 by design; the browser reports it as an error.
    const isExpected = /status of 401/.test(message.text());
    if (message.type() === 'error' && !isExpected) page.errors.push(message.text());
  });
  page.on('pageerror', (error) => page.errors.push(String(error)));
  return page;
}

export async function signIn(page, login, password) {
  await page.goto('/');
  await page.waitForSelector('#login');
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav');
  // Auditors see personal data masked and are not asked.
  const purpose = page.locator('#purpose');
  if ((await purpose.count()) > 0) await purpose.selectOption('case_work');
}

/** Axe violations of the page as it stands, as readable lines. */
export async function axeViolations(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')} — ${node.failureSummary.split('\n')[1]?.trim()}`,
    ),
  );
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** How many different colours a canvas shows: 1 means that it is empty. */
export function canvasColours(page, selector) {
  return page.evaluate((query) => {
    const canvas = document.querySelector(query);
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let at = 0; at < data.length; at += 4 * 7)
      seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return seen.size;
  }, selector);
}

/** `login:password` of a person, from the environment. */
export const person = (name, fallback) => (process.env[name] ?? fallback).split(':');

/** Looks at screens on the way and collects what is wrong; screenshots go to the folder `out`. */
export class Walk {
  faults = [];

  constructor(out) {
    this.out = out;
  }

  check(holds, what) {
    if (!holds) this.faults.push(what);
  }

  async look(page, name) {
    const wider = await overflow(page);
    this.check(wider <= 0, `${name}: ${wider} px too wide`);
    for (const violation of await axeViolations(page)) this.faults.push(`${name}: ${violation}`);
    for (const error of page.errors.splice(0)) this.faults.push(`${name}: console: ${error}`);
    await page.screenshot({ path: `${this.out}${name}.png`, fullPage: true });
  }
}
