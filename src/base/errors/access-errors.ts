import { defineErrors } from './define-errors.ts';

export const accessErrors = defineErrors({
  AUTHENTICATION_SETTINGS_UNUSABLE: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The authentication settings in {path} cannot be used: {problem}',
    why: 'The file lists the authentication schemes in their order, each with its settings, as docs/rest-api.md describes. The master does not start without knowing who may use it.',
    todo: 'Correct the file, or remove it: then the users file alone counts. Start the master again.',
  },
  ACCESS_REFUSED: {
    kind: 'user',
    http: 403,
    ganeti: 'wrong_input',
    what: 'User {user} may not do this ({permission}): {reason}.',
    why: 'The rights of a user may depend on the objects and the parameters of a request.',
    todo: 'Use another user, or ask an administrator for the right.',
  },
});
