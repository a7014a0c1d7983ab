import { setFlagsFromString } from 'node:v8';

// V8's second engine matches in linear time, so that a pattern from outside cannot hang the server.
setFlagsFromString('--enable-experimental-regexp-engine');

/** A regular expression that takes time in proportion to the text. @throws SyntaxError, also for back references and look-around */
export function linearRegExp(pattern: string): RegExp {
  return new RegExp(pattern, 'l');
}
