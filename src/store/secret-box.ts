import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GantryError } from '../base/index.ts';
import { isSealed, sealedPrefix } from '../model/index.ts';

/** Encrypts secret values for the store and opens them again (AES-256-GCM). */
export interface SecretBox {
  /** Id of the key that encrypts. */
  readonly current: string;
  seal(text: string): string;
  /** A value that is not encrypted comes back as it is. @throws SECRET_KEY_MISSING, SECRET_DAMAGED */
  open(value: string): string;
  /** Whether a value is encrypted with the newest key. */
  isCurrent(sealed: string): boolean;
}

export interface SecretKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
/** Texts are filled up to a multiple of this, so that the length of a password does not show. */
const block = 32;

export function newSecretKey(): SecretKey {
  return { id: randomBytes(6).toString('hex'), key: randomBytes(32) };
}

/** The line of a key in its file. */
export const formatSecretKey = ({ id, key }: SecretKey): string => `${id} ${key.toString('base64')}`;

/** Reads a key file: a key a line, the one that encrypts first. @throws SECRET_KEYS_UNUSABLE */
export function parseSecretKeys(text: string, path: string): SecretKey[] {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.flatMap((line, index): SecretKey[] => {
    if (line === '' || line.startsWith('#')) return [];
    const [, id, value = ''] = /^([0-9a-f]{4,32}) ([A-Za-z0-9+/]{43}=)$/.exec(line) ?? [];
    // The line itself may be most of a key, so it is not shown.
    if (id === undefined) throw new GantryError('SECRET_KEYS_UNUSABLE', { path, problem: `line ${index + 1} is not an id and a key` });
    return [{ id, key: Buffer.from(value, 'base64') }];
  });
  if (keys.length === 0) throw new GantryError('SECRET_KEYS_UNUSABLE', { path, problem: 'it holds no key' });
  return keys;
}

/** @param keys the first one encrypts, all of them open */
export function createSecretBox(keys: readonly SecretKey[] = [newSecretKey()]): SecretBox {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const [first] = keys as [SecretKey];
  const prefix = `${sealedPrefix}${first.id}:`;
  return {
    current: first.id,
    isCurrent: (sealed) => sealed.startsWith(prefix),
    seal(text) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, first.key, iv);
      cipher.setAAD(Buffer.from(prefix));
      const body = Buffer.concat([cipher.update(padded(text)), cipher.final()]);
      return `${prefix}${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(value) {
      if (!isSealed(value)) return value;
      const [id = '', body = ''] = value.slice(sealedPrefix.length).split(':');
      const key = byId.get(id);
      if (!key) throw new GantryError('SECRET_KEY_MISSING', { id, known: [...byId.keys()].join(', ') });
      return opened(key, `${sealedPrefix}${id}:`, Buffer.from(body, 'base64url'));
    },
  };
}

function opened(key: Buffer, prefix: string, bytes: Buffer): string {
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(prefix));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    const plain = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
    return plain.subarray(4, 4 + plain.readUInt32BE(0)).toString('utf8');
  } catch (cause) {
    throw new GantryError('SECRET_DAMAGED', {}, { cause });
  }
}

/** Length, text, zeros. */
function padded(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const result = Buffer.alloc(Math.ceil((4 + bytes.length) / block) * block);
  result.writeUInt32BE(bytes.length);
  bytes.copy(result, 4);
  return result;
}
