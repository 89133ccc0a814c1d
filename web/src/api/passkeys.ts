/** Passkeys: from the browser's form of what a device says to the server's, and back. */

import { fromBase64Url, toBase64Url } from '../format/base64url';
import type { Texts } from '../i18n/zh';
import { client, keepCsrf, need } from './client';
import { sayError } from './problem';

const whose = (userId: string | null) => ({ params: { query: userId === null ? {} : { user_id: userId } } });

export const passkeyApi = {
  /** `null`: one's own. */
  list: (userId: string | null) => need(client.GET('/v1/passkeys', whose(userId))),
  remove: (id: string) => need(client.DELETE('/v1/passkeys/{id}', { params: { path: { id } } })),
};

/** What the server gives for the making of a passkey. */
interface MakingOptions {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly challenge: string;
  readonly pubKeyCredParams: PublicKeyCredentialParameters[];
  readonly timeout: number;
  readonly excludeCredentials: readonly { readonly type: 'public-key'; readonly id: string }[];
  readonly authenticatorSelection: AuthenticatorSelectionCriteria;
}

/** What the server gives for signing in. */
interface SigningOptions {
  readonly challenge: string;
  readonly rpId: string;
  readonly timeout: number;
}

/** Whether this browser can make and show passkeys. */
export const knowsPasskeys = (): boolean => typeof window.PublicKeyCredential === 'function';

/** What to tell the reader; `null` where the person or the browser broke off: nothing is to be told. */
export function sayPasskeyError(error: unknown, t: Texts): string | null {
  if (!(error instanceof DOMException)) return sayError(error, t);
  switch (error.name) {
    case 'NotAllowedError':
    case 'AbortError':
      return null;
    case 'InvalidStateError':
      return t.passkeys.madeAlready;
    default:
      return t.passkeys.cannot;
  }
}

/** Makes a passkey on a device of the person, who shows the password once more. */
export async function makePasskey(name: string, password: string) {
  const begun = await need(client.POST('/v1/passkeys/challenge', { body: { password } }));
  const options = begun.options as MakingOptions;
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      attestation: 'none',
      challenge: fromBase64Url(options.challenge),
      user: { ...options.user, id: fromBase64Url(options.user.id) },
      excludeCredentials: options.excludeCredentials.map(({ type, id }) => ({ type, id: fromBase64Url(id) })),
    },
  });
  if (!(made instanceof PublicKeyCredential)) throw new DOMException('no passkey', 'NotAllowedError');
  const response = made.response as AuthenticatorAttestationResponse;
  const body = {
    name,
    credential_id: toBase64Url(made.rawId),
    algorithm: response.getPublicKeyAlgorithm(),
    public_key: toBase64Url(response.getPublicKey() ?? new ArrayBuffer(0)),
    client_data: toBase64Url(response.clientDataJSON),
    authenticator_data: toBase64Url(response.getAuthenticatorData()),
  };
  return need(client.POST('/v1/passkeys', { body }));
}

/** Signs in with a passkey that the person chooses. */
export async function signInWithPasskey() {
  const begun = await need(client.POST('/v1/session/passkey-challenge'));
  const options = begun.options as SigningOptions;
  const shown = await navigator.credentials.get({
    publicKey: { ...options, userVerification: 'required', challenge: fromBase64Url(options.challenge) },
  });
  if (!(shown instanceof PublicKeyCredential)) throw new DOMException('no passkey', 'NotAllowedError');
  const response = shown.response as AuthenticatorAssertionResponse;
  const body = {
    credential_id: toBase64Url(shown.rawId),
    client_data: toBase64Url(response.clientDataJSON),
    authenticator_data: toBase64Url(response.authenticatorData),
    signature: toBase64Url(response.signature),
  };
  return need(client.POST('/v1/session/passkey', { body })).then(keepCsrf);
}
