// Every screen at two widths, in two languages and two themes, over the fixture desk: no overflow, no axe
// violation, no console error; screenshots for people to look at in test-results/layout/.
import { mkdirSync } from 'node:fs';
import { axeViolations, canvasColours, openBrowser, openPage, overflow, signIn } from './browser.mjs';
import { startFixture } from './fixtures/server.mjs';

const OUT = new URL('../test-results/layout/', import.meta.url).pathname;
const ID = (prefix, n) => `${prefix}_0198f0c0a00070008000${String(n).padStart(12, '0')}`;
const SCREENS = [
  ['desk', '/', 'table.queue'],
  ['case-plan', `/cases/${ID('case', 1)}`, '.flow-canvas'],
  ['case-300', `/cases/${ID('case', 2)}`, '.flow-canvas'],
  ['case-3', `/cases/${ID('case', 3)}`, '.flow-canvas'],
  ['orders', '/orders', 'table.order-table'],
  ['order', `/orders/${ID('order', 206)}`, '.steps'],
  ['order-whole', `/orders/${ID('order', 401)}`, '.steps'],
  ['order-refused', `/orders/${ID('order', 202)}`, '.steps'],
  ['order-expired', `/orders/${ID('order', 402)}`, '.steps'],
  ['order-draft', `/orders/${ID('order', 300)}`, '.steps'],
  ['institutions', '/institutions', 'table.grid'],
  ['audit', `/audit?subject=${ID('case', 2)}&seq=4`, '[data-verdict]'],
];
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);

export async function checkLayout() {
  mkdirSync(OUT, { recursive: true });
  const fixture = await startFixture();
  const browser = await openBrowser();
  const faults = [];
  for (const size of ['wide', 'narrow']) {
    for (const theme of ['light', 'dark']) {
      for (const language of ['zh', 'en']) {
        const variant = `${size}-${theme}-${language}`;
        if (only && !variant.includes(only)) continue;
        const page = await openPage(browser, fixture.url, { size, language, theme });
        const check = async (name, on = page) => {
          const where = `${name} ${variant}`;
          const wider = await overflow(on);
          if (wider > 0) faults.push(`${where}: ${wider} px too wide`);
          for (const violation of await axeViolations(on)) faults.push(`${where}: ${violation}`);
          for (const error of on.errors.splice(0)) faults.push(`${where}: console: ${error}`);
          await on.screenshot({ path: `${OUT}${name}-${variant}.png`, fullPage: true });
        };
        await page.goto('/');
        await page.waitForSelector('#login');
        await check('sign-in');
        await signIn(page, 'analyst', 'x');
        for (const [name, path, ready] of SCREENS) {
          await page.goto(path);
          await page.waitForSelector(ready);
          await page.waitForTimeout(250);
          if (ready === '.flow-canvas' && (await canvasColours(page, ready)) < 5)
            faults.push(`${name} ${variant}: the flow is empty`);
          await check(name);
          if (name === 'case-plan') {
            await page.keyboard.press('t');
            await page.waitForSelector('[data-flow=accounts]');
            await check('case-table');
            await page.locator('[data-line="2"] .hold-cell button').click();
            await page.keyboard.press('Escape');
            await page.locator('.whole-row input').fill('short');
            await page.locator('.plan-form button[type=submit]').click();
            await page.waitForSelector('.plan-form .alert.red');
            await check('case-whole');
          }
          if (name === 'order') {
            await page.click('[data-follow=freeze]');
            await page.click('.follow-form [value=whole]');
            await page.click('.follow-form button[type=submit]');
            await page.waitForSelector('.follow-form .field-error');
            await check('order-freeze');
          }
        }
        await page.goto('/');
        await page.waitForSelector('table.queue');
        await page.keyboard.press('Control+k');
        await page.waitForSelector('.palette input');
        await check('palette');
        await page.keyboard.press('Escape');
        await page.waitForSelector('.palette', { state: 'detached' });
        await page.keyboard.press('?');
        await page.waitForSelector('.shortcut-list');
        await check('help');
        await page.context().close();
        const liaison = await openPage(browser, fixture.url, { size, language, theme });
        await signIn(liaison, 'liaison', 'x');
        await liaison.waitForSelector('table.order-table');
        await liaison.goto('/institutions');
        await liaison.click('[data-institution=BK02] button');
        await liaison.fill('#institution-endpoint', 'bank');
        await liaison.click('.institution-form .secret-row button');
        await liaison.click('.institution-form button[type=submit]');
        await liaison.waitForSelector('.institution-form .field-error');
        await check('institution-edit', liaison);
        await liaison.context().close();
      }
    }
  }
  await browser.close();
  fixture.close();
  return faults;
}
