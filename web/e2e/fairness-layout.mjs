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

/** Fills in what the form of a measure must have. */
async function fillMeasure(page) {
  await page.selectOption('#impose-platform', 'WL01');
  await page.fill('#impose-reference', 'ACC-8801');
  await page.fill('#impose-scope', '全部付款功能');
  await page.fill('#impose-groundReference', '第十八条');
  await page.fill('#impose-explanation', '收到涉诈资金');
  await page.fill('#impose-facts', '三笔涉诈资金到账后两分钟内转出。');
  await page.fill('#impose-signal0', '快进快出 3 次');
}

/** The form of a measure as it comes, with everything missing, and refused by the server. */
async function imposing(look) {
  const { page, faults } = look;
  await page.goto('/measures');
  await page.waitForSelector('table.measure-table');
  await page.keyboard.press('n');
  await page.waitForSelector('.impose-form');
  await page.waitForSelector('#impose-platform option[value=WL01]', { state: 'attached' });
  await look.at('measure-new');
  await page.click('.impose-form button[type=submit]');
  await page.waitForSelector('.impose-form .field-error');
  const focused = await page.evaluate(() => document.activeElement.id);
  if (focused !== 'impose-platform') faults.push(`the first field at fault has no focus, but ${focused}`);
  await look.at('measure-new-missing');
  await fillMeasure(page);
  await page.locator('.impose-form .signal-fields > button').click();
  await page.fill('#impose-signal1', '两名受害人的报案提到此账户');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#impose-explanation-hint.field-error');
  page.errors.splice(0); // The refusal itself.
  await look.at('measure-new-refused');
}

/** The appeal of a caller, sent without a word. */
async function calling(look) {
  const { page } = look;
  await page.goto(`/measures/${ID('measure', 5)}`);
  await page.waitForSelector('[data-effect]');
  await page.keyboard.press('f');
  await page.waitForSelector('.appeal-form');
  await page.click('.appeal-form button[type=submit]');
  await page.waitForSelector('#appeal-says-hint.field-error');
  await look.at('measure-appeal');
}

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
    if (person === 'analyst') {
      await imposing(look);
      await calling(look);
    }
    await page.context().close();
  }
}
