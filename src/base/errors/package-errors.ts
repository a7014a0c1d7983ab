import { defineErrors } from './define-errors.ts';

/** Errors of `./gantry package`. */
export const packageErrors = defineErrors({
  PACKAGE_NO_CHECKOUT: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_state',
    what: '{root} is not a checkout of Gantry: {missing} is missing.',
    why: 'A package is built from the sources and the history of Gantry, which an installed Gantry does not have.',
    todo: 'Clone the repository with git and run "./gantry package" there.',
  },
  PACKAGE_ARCHITECTURE: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_state',
    what: 'A package cannot be built on this machine ({architecture}).',
    why: 'The package contains the Node of the machine that builds it, and is for the architecture amd64.',
    todo: 'Build it on a Debian host with an x86-64 processor.',
  },
  PACKAGE_VERSION_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: '"{version}" cannot be the version of the package.',
    why: 'A version begins with a digit and consists of letters, digits, ".", "+" and "~", so that dpkg can compare it.',
    todo: 'Use a version such as 1.2.0 or 1.2.0~rc1.',
  },
  PACKAGE_HISTORY_SHALLOW: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_state',
    what: 'The history of this checkout is incomplete (a shallow clone).',
    why: 'The version of a package between two releases contains the number of commits, so that newer packages have higher versions.',
    todo: 'Fetch the whole history (the option "unshallow" of git fetch), or specify --version.',
  },
  PACKAGE_RELEASE_REFUSED: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_state',
    what: 'This is not the release {version}: {problem}.',
    why: 'A release is built from the commit with the tag "v{version}" and nothing else, so that anybody can build the same package again.',
    todo: 'Follow docs/releasing.md, or build a package between releases without --release.',
  },
  PACKAGE_MODULES_DIFFER: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The package {name} in node_modules is not what package-lock.json says: found {found}, expected {expected}.',
    why: 'The Debian package would contain other modules than those that were tested.',
    todo: 'Run "rm -r node_modules" and then the same command again.',
  },
  PACKAGE_BUILD_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The package could not be built in {folder}: {detail}',
    why: 'About 500 MiB are needed there and in the folder for temporary files. What was written has been removed.',
    todo: 'Fix the cause, or choose another folder with --dir and with the variable TMPDIR.',
  },
});
