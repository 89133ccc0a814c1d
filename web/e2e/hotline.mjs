// Over a real server: a call taken. The report is written down by an analyst, its claim code read out and used on the
// public page; what is missing is asked and told later; the report is found in the list. Sessions are looked at and one ended.
import { signIn } from './browser.mjs';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const CODE = /^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}$/;
const submit = '.lead-form button[type=submit]';

/** Writes the report down and gives its claim code. */
async function takeCall(walk, page) {
  await page.goto('/reports');
  await page.waitForSelector('table.report-table tbody a');
  await walk.look(page, 'reports');
  await page.keyboard.press('n');
  await page.waitForSelector('#hotline-p0-fromInstitution option:nth-child(2)', { state: 'attached' });
  await page.check('#hotline-stillInContact');
  await page.locator('.ago-row button').nth(2).click();
  await page.fill('#hotline-p0-amount', '18,600.05');
  await page.selectOption('#hotline-p0-fromInstitution', { index: 1 });
  await page.fill('#hotline-p0-fromAccount', '6222 0212 0300 0001');
  await page.selectOption('#hotline-p0-toInstitution', 'OTHER');
  await page.fill('#hotline-p0-toAccount', `88${Date.now()}`);
  await page.fill('#hotline-narrative', '对方自称客服，说要退款，让我把钱转到安全账户。');
  await page.fill('#hotline-phone', '12');
  await page.selectOption('#hotline-relation', 'victim');
  await page.selectOption('#hotline-consent', 'matching');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('#hotline-phone-hint.field-error');
  // What only the server knows to be wrong is told at its field, too.
  await page.fill('#hotline-phone', '12345678');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('#hotline-phone-hint.field-error');
  page.errors.splice(0); // The refusal itself.
  await page.fill('#hotline-phone', '13800138000');
  const sent = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/v1/reports') sent.push(request);
  });
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('[data-claim]');
  walk.check(sent.length === 1, `a double press sent ${sent.length} reports`);
  walk.check(Boolean(sent[0]?.headers()['idempotency-key']), 'a report is sent without its key');
  const code = await page.getAttribute('[data-claim]', 'data-claim');
  walk.check(CODE.test(code ?? ''), `no claim code, but ${code}`);
  await page.setInputFiles('#report-files', { name: '转账截图.png', mimeType: 'image/png', buffer: PNG });
  await page.waitForSelector('.ant-message-success');
  await walk.look(page, 'hotline-taken');
  return code;
}

/** What the claim code opens on the public page. */
async function status(page, code) {
  const text = await page.evaluate(async (claim) => {
    const answer = await fetch('/v1/public/reports/status', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ claim_code: claim }),
    });
    return answer.json();
  }, code);
  return text;
}

export async function takeReport(walk, page) {
  const code = await takeCall(walk, page);
  const caller = await page
    .context()
    .browser()
    .newContext({ baseURL: new URL(page.url()).origin });
  const open = await caller.newPage();
  await open.goto('/status?lang=zh');
  await open.fill('#code', code.toLowerCase().replaceAll('-', ' '));
  await open.locator('form button[type=submit]').first().click();
  await open.waitForSelector('main dl');
  await open.screenshot({ path: `${walk.out}hotline-status.png`, fullPage: true });
  await caller.close();
  await page.locator('[data-taken] a[href^="/reports/"]').click();
  await page.waitForSelector('[data-report] [data-step=ask]');
  await page.click('[data-step=ask]');
  await page.fill('#report-step-question', '对方的号码是多少？');
  await page.click(submit);
  await page.waitForSelector('[data-report] .alert.amber');
  const asked = await status(page, code);
  walk.check(asked.question === '对方的号码是多少？', 'the caller does not see what is asked');
  walk.check(asked.attachments === 1, 'the picture did not arrive');
  await page.keyboard.press('a');
  await page.fill('#report-step-text', '号码是 170 开头，记不全了。');
  await page.click(submit);
  await page.waitForSelector('.said:has-text("170 开头")');
  await page.waitForSelector('[data-step=ask]');
  await walk.look(page, 'report-steps');
}

/** A case filed from its page; where it stands is read there. */
export async function fileCase(walk, page, path) {
  await page.goto(path);
  await page.waitForSelector('[data-step=file]');
  await page.click('[data-step=file]');
  await page.fill('#case-step-reference', '江公（刑）立字〔2026〕1201 号');
  await page.click(submit);
  await page.waitForSelector('[data-step=solve]');
  walk.check(await page.locator('text=1201').count(), 'the number of the filed case is not shown');
  await walk.look(page, 'case-filed');
}

/** A second session of the same person, ended from the first. */
export async function endSession(walk, page, second, login, password) {
  await signIn(second, login, password);
  await page.goto('/access');
  await page.waitForSelector('table.session-table');
  await walk.look(page, 'access');
  const rows = page.locator('[data-session]');
  const before = await rows.count();
  await rows.locator('button').first().click();
  await page.waitForFunction((count) => document.querySelectorAll('[data-session]').length < count, before);
  await second.goto('/leads');
  await second.waitForSelector('#login');
  await second.context().close();
}
