// Measures, batches and appeals as those see them who work on them, and the batch as the second person does.
import { openPage, signIn } from './browser.mjs';

const ID = (prefix, n) => `${prefix}_0198f0c0a00070008000${String(n).padStart(12, '0')}`;
const SCREENS = [
  ['analyst', 'measures', '/measures', 'table.measure-table'],
  ['analyst', 'measure', `/measures/${ID('measure', 1)}`, '[data-effect]'],
  ['analyst', 'batch-own', `/batches/${ID('measurebatch', 1)}`, '[data-line]'],
  ['approver', 'batches', '/batches', 'table.batch-table'],
  ['approver', 'batch', `/batches/${ID('measurebatch', 1)}`, '[data-line]'],
  ['approver', 'batch-refused', `/batches/${ID('measurebatch', 2)}`, '.alert.red'],
  ['approver', 'batch-applied', `/batches/${ID('measurebatch', 3)}`, '[data-line] input'],
  ['reviewer', 'appeals', '/appeals', 'table.appeal-table'],
  ['reviewer', 'appeal', `/appeals/${ID('appeal', 2)}`, '.said'],
  ['analyst', 'appeal-own', `/appeals/${ID('appeal', 3)}`, '.alert'],
];

/** `lookAt(page)` gives what looks at a page and collects what is wrong with it. */
export async function lookAtFairness(browser, url, variant, lookAt) {
  for (const person of ['analyst', 'approver', 'reviewer']) {
    const page = await openPage(browser, url, variant);
    const look = lookAt(page);
    await signIn(page, person, 'x');
    for (const [who, name, path, ready] of SCREENS) {
      if (who !== person) continue;
      await page.goto(path);
      await page.waitForSelector(ready);
      if (name === 'appeal') {
        await page.locator('.end-row button').last().click();
        await page.waitForSelector('#appeal-decision');
      }
      await look.at(name);
    }
    await page.context().close();
  }
}
