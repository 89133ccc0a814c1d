// Every screen at two widths, in two languages and two themes, over the fixture desk: no overflow, no axe
// violation, no console error; screenshots for people to look at in test-results/layout/. Four of the eight variants
// have every pair of width, language and theme; `--only=narrow` looks at all whose name has the word.
import { mkdirSync } from 'node:fs';
import { axeViolations, canvasColours, openBrowser, openPage, overflow, signIn } from './browser.mjs';
import { startFixture } from './fixtures/server.mjs';
import { lookAtFairness } from './fairness-layout.mjs';
import { lookAtIntake } from './intake-layout.mjs';
import { lookAtPolicies } from './policy-layout.mjs';
import { lookAtWork } from './work-layout.mjs';

const OUT = new URL('../test-results/layout/', import.meta.url).pathname;
const ID = (prefix, n) => `${prefix}_0198f0c0a00070008000${String(n).padStart(12, '0')}`;
const SCREENS = [
  ['desk', '/', 'table.queue'],
  ['case-plan', `/cases/${ID('case', 1)}`, '.flow-canvas'],
  ['case-300', `/cases/${ID('case', 2)}`, '.flow-canvas'],
  ['orders', '/orders', 'table.order-table'],
  ['order', `/orders/${ID('order', 206)}`, '.steps'],
  ['institutions', '/institutions', 'table.grid'],
  ['audit', `/audit?subject=${ID('case', 2)}&seq=4`, '[data-signature]'],
  ['case-3', `/cases/${ID('case', 3)}`, '.flow-canvas'],
  ['order-whole', `/orders/${ID('order', 401)}`, '.steps'],
  ['order-refused', `/orders/${ID('order', 202)}`, '.steps'],
  ['order-expired', `/orders/${ID('order', 402)}`, '.steps'],
  ['order-draft', `/orders/${ID('order', 300)}`, '.steps'],
];
const PAIRS = ['wide-light-zh', 'wide-dark-en', 'narrow-light-en', 'narrow-dark-zh'];
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);

/** Variants looked at side by side: a browser waits more than it works. */
const AT_ONCE = 3;

function variants() {
  const all = [];
  for (const size of ['wide', 'narrow'])
    for (const theme of ['light', 'dark'])
      for (const language of ['zh', 'en'])
        all.push({ size, theme, language, name: `${size}-${theme}-${language}` });
  return all.filter(({ name }) => (only ? name.includes(only) : PAIRS.includes(name)));
}

/** One person's pages in one variant, and what is wrong with them. */
class Look {
  constructor(page, variant, faults) {
    Object.assign(this, { page, variant, faults });
  }

  async at(name) {
    const { page, faults } = this;
    const where = `${name} ${this.variant}`;
    const wider = await overflow(page);
    if (wider > 0) faults.push(`${where}: ${wider} px too wide`);
    for (const violation of await axeViolations(page)) faults.push(`${where}: ${violation}`);
    for (const error of page.errors.splice(0)) faults.push(`${where}: console: ${error}`);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: `${OUT}${name}-${this.variant}.png`, fullPage: true });
  }

  /** The plan as a table, and a whole account with too short a reason. */
  async plan() {
    const { page } = this;
    await page.keyboard.press('t');
    await page.waitForSelector('[data-flow=accounts]');
    await this.at('case-table');
    await page.locator('[data-line="2"] .hold-cell button').click();
    await page.locator('.whole-row input').fill('short');
    await page.locator('.plan-form button[type=submit]').click();
    await page.waitForSelector('.plan-form .alert.red');
    await this.at('case-whole');
  }

  /** A freeze of the whole account, sent without its particulars. */
  async freeze() {
    const { page } = this;
    await page.click('[data-follow=freeze]');
    await page.click('.follow-form [value=whole]');
    await page.click('.follow-form button[type=submit]');
    await page.waitForSelector('.follow-form .field-error');
    await this.at('order-freeze');
  }

  async dialogs() {
    const { page } = this;
    await page.goto('/');
    await page.waitForSelector('table.queue');
    await page.keyboard.press('Control+k');
    await page.waitForSelector('.palette input');
    await this.at('palette');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.palette', { state: 'detached' });
    await page.keyboard.press('?');
    await page.waitForSelector('.shortcut-list');
    await this.at('help');
  }

  async screens() {
    const { page, faults } = this;
    for (const [name, path, ready] of SCREENS) {
      await page.goto(path);
      await page.waitForSelector(ready);
      await page.waitForTimeout(250);
      if (ready === '.flow-canvas' && (await canvasColours(page, ready)) < 5)
        faults.push(`${name} ${this.variant}: the flow is empty`);
      await this.at(name);
      if (name === 'case-plan') await this.plan();
      if (name === 'order') await this.freeze();
    }
  }

  /** An institution with a wrong address and a new secret. */
  async institution() {
    const { page } = this;
    await page.waitForSelector('table.order-table');
    await page.goto('/institutions');
    await page.click('[data-institution=BK02] button');
    await page.fill('#institution-endpoint', 'bank');
    await page.click('.institution-form .secret-row button');
    await page.click('.institution-form button[type=submit]');
    await page.waitForSelector('.institution-form .field-error');
    await this.at('institution-edit');
  }
}

async function checkVariant(browser, url, variant, faults) {
  const analyst = new Look(await openPage(browser, url, variant), variant.name, faults);
  await analyst.page.goto('/');
  await analyst.page.waitForSelector('#login');
  await analyst.at('sign-in');
  await signIn(analyst.page, 'analyst', 'x');
  await analyst.screens();
  await analyst.dialogs();
  await analyst.page.context().close();
  const liaison = new Look(await openPage(browser, url, variant), variant.name, faults);
  await signIn(liaison.page, 'liaison', 'x');
  await liaison.institution();
  await liaison.page.context().close();
  const engineer = new Look(await openPage(browser, url, variant), variant.name, faults);
  await signIn(engineer.page, 'engineer', 'x');
  await lookAtPolicies(engineer);
  await engineer.page.context().close();
  await lookAtFairness(browser, url, variant, (page) => new Look(page, variant.name, faults));
  await lookAtIntake(browser, url, variant, (page) => new Look(page, variant.name, faults));
  await lookAtWork(browser, url, variant, (page) => new Look(page, variant.name, faults));
}

export async function checkLayout() {
  mkdirSync(OUT, { recursive: true });
  const fixture = await startFixture();
  const browser = await openBrowser();
  const faults = [];
  const waiting = variants();
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      await checkVariant(browser, fixture.url, next, faults);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await browser.close();
  fixture.close();
  return faults;
}
