/** Secrets that people write into addresses: found, so that they are refused, and taken out of what is shown or kept. */

/** `scheme://user:password@`, up to the last "@" before the path: a password may hold one itself. */
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^/?#\s"'<>]*@/gi;

/** Query parameters whose value is the permission itself, as of a presigned address. */
const SECRET_PARAMETER =
  /([?&;](?:[a-z0-9]+[-_.])*(?:token|signature|sig|secret|password|passwd|pwd|credential|credentials|api[-_]?key|access[-_]?key|accesskeyid|secret[-_]?key)=)[^&;#\s"'<>]+/gi;

const HIDDEN = '***';

/** `text` with every secret of an address in it replaced by `***`. */
export function withoutCredentials(text: string): string {
  return text.replace(USER_INFO, `$1${HIDDEN}@`).replace(SECRET_PARAMETER, `$1${HIDDEN}`);
}

/** Whether the address holds a user, a password or a token. */
export function holdsCredentials(address: string): boolean {
  return withoutCredentials(address) !== address;
}
