// Over a real server with open cases: a lead from nobody's to its outcome, tasks, one of them given on, and a note, goods
// seized and given back, a shift that ends with
// its hand-over, an operation, evidence collected by two and exported, a call taken, a case filed, the numbers. Its screens are looked at on the way.
import { mkdirSync, readFileSync } from 'node:fs';
import { endSession, fileCase, takeReport } from './hotline.mjs';
import { Walk, openBrowser, openPage, person, signIn } from './browser.mjs';

const OUT = new URL('../test-results/casework/', import.meta.url).pathname;
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const submit = '.lead-form button[type=submit]';

/** From whoever has the first lead to its outcome, by way of another unit; gives the address of its case. */
async function leadToOutcome(walk, page) {
  await page.goto('/leads?state=new');
  await page.waitForSelector('table.lead-table tbody a');
  await walk.look(page, 'leads');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-lead] [data-step]');
  await page.keyboard.press('a');
  await page.waitForSelector('[data-lead-state=investigating]');
  if (await page.locator('[data-step=investigate]').count()) await page.keyboard.press('a');
  await page.waitForSelector('[data-step=refer]');
  await page.click('[data-step=refer]');
  await page.fill('#lead-unit', '江城市公安局刑侦支队');
  const due = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 16);
  await page.fill('#lead-due', due);
  await page.click(submit);
  await page.waitForSelector('[data-lead-state=referred]');
  walk.check(await page.locator('.alert.amber').isVisible(), 'a referral looks like an end');
  await walk.look(page, 'lead-referred');
  await page.selectOption('#lead-kind', 'recovered');
  await page.fill('#lead-toldBy', '江城市公安局刑侦支队');
  await page.fill('#lead-detail', '止付资金已返还受害人。');
  await page.click(submit);
  await page.waitForSelector('[data-lead-state=outcome_recorded]');
  await walk.look(page, 'lead-ended');
  await page.locator('main a[href^="/reports/"]').click();
  await page.waitForSelector('.narrative');
  await walk.look(page, 'report');
  await page.locator('main a[href^="/leads/"], main a[href^="/cases/"]').last().click();
  await page.waitForSelector('.case-summary, [data-lead]');
  if (await page.locator('[data-lead]').count())
    await page.locator('main a[href^="/cases/"]').first().click();
  await page.waitForSelector('.case-summary');
  return new URL(page.url()).pathname;
}

/** A panel at the side of a case, by its title. */
const panelOf = (page, title) => page.locator(`.case-side section[aria-label="${title}"]`);

/** A task on the case that is open. */
async function giveTask(page, text, to) {
  await panelOf(page, '任务').locator('header button').click();
  await page.fill('#task-text', text);
  await page.selectOption('#task-assignee', to);
  await page.click(submit);
  const task = page.locator('[data-task=open]', { hasText: text });
  await task.waitFor();
  return task;
}

/** Two tasks for oneself, one of them given on to somebody, and a note that asks the approver, on a case. */
async function leaveWord(walk, page, path, ownId) {
  await page.goto(path);
  await giveTask(page, '回访受害人', ownId);
  const task = await giveTask(page, '核对回执', ownId);
  await task.locator('button').nth(1).click();
  await task.locator('select').selectOption({ index: 1 });
  await task.locator('button[type=submit]').click();
  await task.locator('form').waitFor({ state: 'detached' });
  await panelOf(page, '笔记').locator('header button').click();
  await page.fill('#note-text', '受害人手机已取证，请看。');
  await page.locator('.lead-form .ant-checkbox-input').first().check();
  await page.click(submit);
  await page.waitForSelector('.case-side .said:has-text("受害人手机已取证")');
  await walk.look(page, 'case');
  await page.goto('/duty/mine');
  await page.waitForSelector('[data-task=open]');
  await walk.look(page, 'mine');
  await page.locator('[data-task=open] button').first().click();
  await page.waitForSelector('[data-task=open]', { state: 'detached' });
}

/** Goods seized for a case, written down, then given back. */
async function seizure(walk, page, path) {
  await page.goto(path);
  await panelOf(page, '扣押物品').locator('header button').click();
  const at = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 16);
  for (const [field, text] of [
    ['goods', '手机，黑色，屏幕右下角碎裂'],
    ['worth', '1,200.50'],
    ['seizedAt', at],
    ['reference', '江公（刑）扣字〔2026〕11 号'],
    ['keeper', '涉案财物保管中心'],
  ])
    await page.fill(`#seizure-${field}`, text);
  await page.click(submit);
  const held = page.locator('[data-seizure=held]');
  await held.locator('button').first().click();
  await held.locator('input').fill('发还机主，发还清单 7 号');
  await page.keyboard.press('Enter');
  await page.locator('[data-seizure=returned]', { hasText: '发还清单 7 号' }).waitFor();
  await page.locator('.timeline li', { hasText: '扣押物品发还' }).waitFor();
  await walk.look(page, 'seizure');
}

/** A team of its own, its first shift, the hand-over that cannot be empty, and the next shift. */
async function shift(walk, approver, name) {
  await approver.goto('/duty/shifts');
  await approver.locator('.page-head button').click();
  await approver.fill('#team-name-new', name);
  await approver.locator('.lead-form .ant-checkbox-input').first().waitFor();
  for (const box of await approver.locator('.lead-form .ant-checkbox-input').all()) await box.check();
  await approver.click(submit);
  const team = approver.locator('[data-team]', { hasText: name });
  await team.locator('button[type=submit]').click();
  await team.locator('[data-shift=running]').waitFor();
  await team.locator('.end-row button').click();
  await approver.waitForSelector('#shift-note');
  await team.locator('button[type=submit]').click();
  await approver.waitForSelector('#shift-note-hint.field-error');
  walk.check(
    await team.locator('.handed-case .field-error').count(),
    'a case may be left out of a hand-over',
  );
  await walk.look(approver, 'hand-over-empty');
  await approver.fill('#shift-note', '回执延迟，已电话确认。');
  for (const field of await team.locator('.handed-case input').all()) await field.fill('等机构回执。');
  await team.locator('button[type=submit]').click();
  await team.locator('[data-shift=handed_over]').waitFor();
  await team.locator('.ant-checkbox-input').check();
  await walk.look(approver, 'take-over');
  await team.locator('button[type=submit]').click();
  await team.locator('[data-shift=running]').waitFor();
}

/** An operation begun, given a case, looked at. */
async function operation(walk, page, name) {
  await page.goto('/duty/operations');
  await page.waitForSelector('.sub-nav');
  await page.keyboard.press('n');
  await page.fill('#operation-name', name);
  await page.fill('#operation-purpose', '清理同一组收款账户。');
  await page.click(submit);
  await page.locator('main a', { hasText: name }).click();
  await page.waitForSelector('[data-operation]');
  await page.locator('section header button').click();
  await page.locator('.case-choices .ant-checkbox-input').first().check();
  await page.fill('#operation-reason', '同一收款账户');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-operation] table');
  await walk.look(page, 'operation');
}

/** A picture collected by two, looked at for a purpose, and all of it exported. */
async function evidence(walk, page, path) {
  await page.goto(`${path}/evidence`);
  await page.locator('.page-head button').click();
  await page.setInputFiles('#collect-file', { name: '聊天.png', mimeType: 'image/png', buffer: PNG });
  await page.locator('#collect-second option').nth(1).waitFor({ state: 'attached' });
  await page.selectOption('#collect-second', { index: 1 });
  for (const [field, text] of [
    ['source', '受害人'],
    ['method', '逐屏拍摄'],
    ['place', '江城市反诈中心'],
  ])
    await page.fill(`#collect-${field}`, text);
  await page.locator(submit).first().click();
  await page.waitForSelector('[data-custody=collected]');
  await page.locator('[data-evidence] .end-row button').last().click();
  await page.locator('[data-evidence] form input').fill('核对');
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  walk.check(readFileSync(await file.path()).equals(PNG), 'an item came back with other bytes');
  await page.waitForSelector('[data-custody=viewed]');
  const [zip] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.package-hint + button').click(),
  ]);
  const bytes = readFileSync(await zip.path());
  walk.check(bytes.subarray(0, 2).toString() === 'PK', 'the package is no zip');
  walk.check(bytes.includes('manifest.sig'), 'the package has no signature');
  await page.waitForSelector('[data-custody=exported]');
  await walk.look(page, 'evidence');
}

export async function walkCasework(url) {
  mkdirSync(OUT, { recursive: true });
  const walk = new Walk(OUT);
  const browser = await openBrowser();
  const stamp = new Date().toISOString();
  const analyst = await openPage(browser, url);
  await signIn(analyst, ...person('STANCH_ANALYST', 'analyst:analyst'));
  await analyst.waitForSelector('table.queue');
  const ownId = await analyst.evaluate(async () => (await (await fetch('/v1/session')).json()).user.id);
  const path = await leadToOutcome(walk, analyst);
  await leaveWord(walk, analyst, path, ownId);
  await seizure(walk, analyst, path);
  await operation(walk, analyst, `行动 ${stamp}`);
  await evidence(walk, analyst, path);
  await analyst.goto('/duty');
  await analyst.waitForSelector('table.queue-table');
  await walk.look(analyst, 'queue');
  // With a P0 case in hand, the shift cannot end without a word on it.
  await analyst.keyboard.press('c');
  await analyst.waitForSelector('.case-summary');
  await takeReport(walk, analyst);
  await fileCase(walk, analyst, path);
  await endSession(
    walk,
    analyst,
    await openPage(browser, url),
    ...person('STANCH_ANALYST', 'analyst:analyst'),
  );
  const approver = await openPage(browser, url, { language: 'en', theme: 'dark' });
  await signIn(approver, ...person('STANCH_APPROVER', 'approver:approver'));
  await shift(walk, approver, `班组 ${stamp}`);
  await approver.goto('/numbers');
  await approver.waitForSelector('[data-numbers]');
  const table = await approver.evaluate(
    async () => await (await fetch(document.querySelector('a[download]').href)).text(),
  );
  walk.check(table.startsWith('institution,currency,'), 'the table of numbers is no table');
  await walk.look(approver, 'numbers');
  await browser.close();
  return walk.faults;
}
