// The hotline page, the list of reports, the steps of reports and cases, the access page and its passkeys.
import { openPage, signIn } from './browser.mjs';

const ID = (prefix, n) => `${prefix}_0198f0c0a00070008000${String(n).padStart(12, '0')}`;

/** A report sent empty, then filled in and taken. */
async function hotline(look) {
  const { page, faults } = look;
  await page.keyboard.press('n');
  await page.waitForSelector('#hotline-p0-fromInstitution option[value=BK01]', { state: 'attached' });
  await look.at('hotline');
  await page.check('#hotline-stillPaying');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('#hotline-p0-at-hint.field-error');
  const focused = await page.evaluate(() => document.activeElement.id);
  if (focused !== 'hotline-p0-at') faults.push(`the first field at fault has no focus, but ${focused}`);
  await look.at('hotline-wrong');
  await page.locator('.ago-row button').nth(2).click();
  await page.fill('#hotline-p0-amount', '18600.05');
  await page.selectOption('#hotline-p0-fromInstitution', 'BK01');
  await page.fill('#hotline-p0-fromAccount', '6222 0212 0300 0001');
  await page.selectOption('#hotline-p0-toInstitution', 'OTHER');
  await page.fill('#hotline-p0-toAccount', '8800123');
  await page.locator('.payments-end button').click();
  await page.waitForSelector('[data-payment="1"]');
  if ((await page.inputValue('#hotline-p1-fromAccount')) === '')
    faults.push('a second payment asks all anew');
  await page.locator('[data-payment="1"] .end-row button').click();
  await page.fill('#hotline-narrative', '对方自称客服，说要退款。');
  await page.selectOption('#hotline-relation', 'victim');
  await page.selectOption('#hotline-consent', 'this_case');
  await look.at('hotline-filled');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('[data-claim]');
  await look.at('hotline-taken');
}

/** A step of a report and of a case, each without its words. */
async function steps(look) {
  const { page } = look;
  await page.goto(`/reports/${ID('report', 1)}`);
  await page.waitForSelector('[data-step=close]');
  await page.click('[data-step=close]');
  await page.click('.lead-form button[type=submit]');
  await page.waitForSelector('#report-step-reason-hint.field-error');
  await look.at('report-close');
  await page.goto(`/cases/${ID('case', 3)}`);
  await page.waitForSelector('[data-step=file]');
  await page.click('[data-step=file]');
  await page.click('.lead-form button[type=submit]');
  await page.waitForSelector('#case-step-reference-hint.field-error');
  await look.at('case-file');
}

/** Sessions and keys; a key made, first with everything missing; one about to be revoked. */
async function access(look) {
  const { page } = look;
  await page.goto('/access');
  await page.waitForSelector('table.key-table');
  await look.at('access');
  await page.locator('table.key-table .ant-btn').first().click();
  await page.waitForSelector('.ask-first');
  await page.keyboard.press('n');
  await page.waitForSelector('#key-user option:nth-child(2)', { state: 'attached' });
  await page.fill('#key-networks', '192.0.2.1');
  await page.click('.key-form button[type=submit]');
  await page.waitForSelector('#key-user-hint.field-error');
  await look.at('access-key-wrong');
  await page.selectOption('#key-user', { index: 1 });
  await page.fill('#key-name', 'nightly import');
  await page.fill('#key-networks', '192.0.2.0/24');
  await page.locator('.scope-choices input').first().check();
  await page.click('.key-form button[type=submit]');
  await page.waitForSelector('[data-key-made]');
  await look.at('access-key-made');
}

/** A passkey wished for without its name and the password, and one about to be removed. */
async function passkeys(look) {
  const { page, faults } = look;
  await page.goto('/access');
  await page.locator('[data-passkey] .ant-btn').first().click();
  await page.waitForSelector('.ask-first');
  await page.locator('[data-passkeys] header button').click();
  await page.click('[data-passkeys] form button[type=submit]');
  await page.waitForSelector('#passkey-password-hint.field-error');
  const focused = await page.evaluate(() => document.activeElement.id);
  if (focused !== 'passkey-name') faults.push(`the first field at fault has no focus, but ${focused}`);
  await look.at('access-passkey');
}

/** `lookAt(page)` gives what looks at a page and collects what is wrong with it. */
export async function lookAtIntake(browser, url, variant, lookAt) {
  const analyst = await openPage(browser, url, variant);
  await signIn(analyst, 'analyst', 'x');
  await analyst.goto('/reports');
  await analyst.waitForSelector('table.report-table');
  const look = lookAt(analyst);
  await look.at('reports');
  await hotline(look);
  await steps(look);
  await passkeys(look);
  await analyst.context().close();
  const admin = await openPage(browser, url, variant);
  await signIn(admin, 'admin', 'x');
  await access(lookAt(admin));
  await admin.context().close();
}
