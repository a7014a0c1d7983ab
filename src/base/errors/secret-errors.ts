import { defineErrors } from './define-errors.ts';

export const secretErrors = defineErrors({
  SECRET_KEYS_UNUSABLE: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The key file {path} cannot be used: {problem}.',
    why: 'The master encrypts secret parameters with the first key of this file and opens them with all of them.',
    todo: 'Copy the file "secrets.key" from the state directory of another master or from a backup.',
  },
  SECRET_KEY_MISSING: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'A secret parameter is encrypted with the key {id}, which this master does not have.',
    why: 'Its key file has these keys: {known}. All masters of a cluster need the same keys.',
    todo: 'Copy the file "secrets.key" from the state directory of the master that has this key, and restart this master.',
  },
  SECRET_DAMAGED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'A secret parameter cannot be decrypted.',
    why: 'The stored value, or the key in the file "secrets.key", is not what it was when the value was stored.',
    todo: 'Restore "secrets.key" from a backup, or set the parameter again.',
  },
});
