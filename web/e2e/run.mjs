// `npm run e2e`: layout over the fixture desk always; the golden hour and casework over a real server when STANCH_URL is
// set, the policy desk over one without a live policy when STANCH_POLICY_URL is set, and over the same access when
// STANCH_ADMIN is set, passkeys at its public address when STANCH_PASSKEY_URL is set, and the walk from a report to a lifted measure when STANCH_REVIEWER is set.
import { checkLayout } from './layout.mjs';

const parts = [['layout', checkLayout]];
if (process.env.STANCH_URL) {
  const { walkGoldenHour } = await import('./golden-hour.mjs');
  parts.push(['golden hour', () => walkGoldenHour(process.env.STANCH_URL)]);
  const { walkCasework } = await import('./casework.mjs');
  parts.push(['casework', () => walkCasework(process.env.STANCH_URL)]);
} else {
  console.log('STANCH_URL is not set: the tests against a real server are left out');
}
if (process.env.STANCH_POLICY_URL && process.env.STANCH_ADMIN) {
  const { walkAccess } = await import('./access.mjs');
  parts.push(['access', () => walkAccess(process.env.STANCH_POLICY_URL)]);
}
if (process.env.STANCH_PASSKEY_URL) {
  const { walkPasskeys } = await import('./passkeys.mjs');
  parts.push(['passkeys', () => walkPasskeys(process.env.STANCH_PASSKEY_URL)]);
}
if (process.env.STANCH_POLICY_URL) {
  const { walkPolicyDesk } = await import('./policy-desk.mjs');
  parts.push(['policy desk', () => walkPolicyDesk(process.env.STANCH_POLICY_URL)]);
}
if (process.env.STANCH_POLICY_URL && process.env.STANCH_REVIEWER) {
  const { walkPerson } = await import('./walk.mjs');
  parts.push(['walk', () => walkPerson(process.env.STANCH_POLICY_URL)]);
}
let failed = 0;
for (const [name, part] of parts) {
  const faults = await part();
  console.log(`${name}: ${faults.length === 0 ? 'ok' : `${faults.length} faults`}`);
  for (const fault of faults) console.log(`  ${fault}`);
  failed += faults.length;
}
process.exit(failed === 0 ? 0 : 1);
