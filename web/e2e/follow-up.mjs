// After money is held: an order is prolonged by two people, the case is planned again, an institution is changed.

/** Answers of a real city: late, lost and asked for again. */
const ANSWER_MS = 60_000;
const UNDECIDED = ['draft', 'approved', 'signed'];

/** The analyst drafts what follows an active order; the approver approves it on their own screen. */
export async function followUp(walk, analyst, approver, caseId) {
  await analyst.goto(`/cases/${caseId}`);
  const row = analyst.locator('tr[data-order][data-state=active]').first();
  await row.waitFor();
  const orderId = await row.getAttribute('data-order');
  await analyst.goto(`/orders/${orderId}`);
  await analyst.waitForSelector('[data-follow]');
  const kinds = await analyst
    .locator('[data-follow]')
    .evaluateAll((buttons) => buttons.map((button) => button.dataset.follow));
  // A fund holding can only be released; a stop is prolonged.
  const kind = kinds.includes('stop_extension') ? 'stop_extension' : kinds[0];
  await analyst.click(`[data-follow=${kind}]`);
  await analyst.fill('#authority-body', 'JCGA');
  await analyst.fill('#authority-reference', '2026-119');
  await walk.look(analyst, 'order-follow-up-form');
  await analyst.click('.follow-form button[type=submit]');
  // The reason is missing: nothing is sent.
  await analyst.waitForSelector('#cause-problem');
  await analyst.fill('#cause', 'the inquiry goes on');
  await analyst.click('.follow-form button[type=submit]');
  const child = analyst.locator('.followers [data-order]').first();
  await child.waitFor({ timeout: ANSWER_MS });
  const childId = await child.getAttribute('data-order');
  walk.check(
    (await analyst.locator(`[data-follow=${kind}]`).count()) === 0,
    `${kind} can be asked for twice at once`,
  );
  await walk.look(analyst, 'order-follow-up-drafted');

  await analyst.goto(`/orders/${childId}`);
  await analyst.waitForSelector('.order-due');
  walk.check(
    (await analyst.locator('.order-due .ant-btn-primary').count()) === 0,
    'the analyst may approve their own order',
  );
  await approver.goto(`/orders/${childId}`);
  await approver.waitForSelector('.order-due .ant-btn-primary');
  await walk.look(approver, 'order-to-approve');
  await approver.keyboard.press('a');
  // The analyst's screen follows by the live feed.
  try {
    await analyst.waitForFunction(
      (words) => {
        const step = document.querySelector('.steps li:last-child [data-state]');
        return step && !words.includes(step.dataset.state);
      },
      UNDECIDED,
      { timeout: ANSWER_MS },
    );
  } catch {
    walk.check(false, `the ${kind} was not sent within a minute of its approval`);
  }
  await walk.look(analyst, 'order-follow-up-sent');
}

/** Planning again says what came of it. */
export async function replan(walk, analyst, caseId) {
  await analyst.goto(`/cases/${caseId}`);
  const button = analyst.locator('.plan-panel > header button');
  await button.waitFor();
  await button.click();
  await analyst.waitForSelector('.ant-message-notice', { timeout: ANSWER_MS });
  const isError = await analyst.locator('.ant-message-error').count();
  walk.check(isError === 0, 'planning again was refused');
}

/** A liaison officer changes an institution, and sees neither desk nor audit. */
export async function keepInstitutions(walk, liaison) {
  await liaison.waitForURL((url) => url.pathname === '/orders');
  const screens = await liaison
    .locator('nav a')
    .evaluateAll((links) => links.map((it) => it.pathname).sort());
  const theirs = ['/appeals', '/batches', '/institutions', '/measures', '/orders', '/search'];
  walk.check(
    JSON.stringify(screens) === JSON.stringify(theirs),
    `a liaison officer sees ${screens.join(', ')}`,
  );
  await liaison.goto('/institutions');
  const edit = liaison.locator('[data-institution] button').first();
  await edit.waitFor();
  const before = await liaison.locator('[data-institution]').first().textContent();
  await edit.click();
  const latency = liaison.locator('#institution-latency');
  await latency.fill('12.5');
  await walk.look(liaison, 'institution-edit');
  await liaison.click('.institution-form button[type=submit]');
  await liaison.waitForSelector('.institution-form', { state: 'detached' });
  await liaison.waitForFunction(
    (old) => document.querySelector('[data-institution]').textContent !== old,
    before,
  );
  await walk.look(liaison, 'institutions-liaison');
}
