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
  ['order', `/orders/${ID('order', 200)}`, '.steps'],
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
        const check = async (name) => {
          const where = `${name} ${variant}`;
          const wider = await overflow(page);
          if (wider > 0) faults.push(`${where}: ${wider} px too wide`);
          for (const violation of await axeViolations(page)) faults.push(`${where}: ${violation}`);
          for (const error of page.errors.splice(0)) faults.push(`${where}: console: ${error}`);
          await page.screenshot({ path: `${OUT}${name}-${variant}.png`, fullPage: true });
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
      }
    }
  }
  await browser.close();
  fixture.close();
  return faults;
}
