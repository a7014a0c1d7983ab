import { readFileSync } from 'node:fs';

const { version: text } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** Version of this build, from its package. */
export const version: string = text;
