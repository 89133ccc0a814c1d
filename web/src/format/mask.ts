/** Personal data as shown to a reader who has not asked to see it. */

/** All but the last four characters hidden; a short run of dots stands for the hidden part whatever its length. */
export function maskAccount(account: string): string {
  return account.length <= 4 ? '****' : `**${account.slice(-4)}`;
}

/** The first character of a name, the rest hidden. */
export function maskName(name: string): string {
  const characters = Array.from(name);
  return `${characters[0] ?? ''}${'*'.repeat(Math.min(2, Math.max(1, characters.length - 1)))}`;
}

/** Country code, first three and last two digits of a phone. */
export function maskPhone(phone: string): string {
  return phone.length <= 8 ? '****' : `${phone.slice(0, 6)}****${phone.slice(-2)}`;
}
