import { secret } from '../base/secret.ts';

export const backDoor = secret;
