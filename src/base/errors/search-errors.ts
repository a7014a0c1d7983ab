import { defineErrors } from './define-errors.ts';

export const searchErrors = defineErrors({
  SEARCH_FILE_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: '{file}, line {line}: {problem}.',
    why: 'Model and assignment files of machine reassignment are whole numbers that are not negative, apart by blanks and lines, in a fixed order.',
    todo: 'Compare that line with the format of the ROADEF/EURO challenge 2012, or fetch the file again: it may be cut short.',
  },
  SEARCH_FILE_UNREADABLE: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'The file {file} cannot be read: {reason}.',
    why: 'It does not exist, is a folder, or this user may not read it.',
    todo: 'Give the path of a file that can be read.',
  },
  SEARCH_BENCHMARK_UNKNOWN: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'There is no benchmark "{name}".',
    why: 'The name of a benchmark comes first, then its options.',
    todo: 'Name one of these: {known}.',
  },
  SEARCH_OPTION_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'The options of the benchmark are wrong: {problem}.',
    why: 'roadef needs --model, --assignment and --out (or --set with a folder), and takes --seconds, --steps, --threads and --seed with numbers; htools takes --small and --peer-seconds.',
    todo: 'Give the options as in: gantry bench roadef --model FILE --assignment FILE --out FILE --seconds 300 --threads 2 --seed 1, or: gantry bench htools --small.',
  },
  SEARCH_START_INVALID: {
    kind: 'user',
    http: 409,
    ganeti: 'wrong_state',
    what: 'The assignment to start from breaks {count} constraints: {problems}.',
    why: 'The search only goes from one allowed assignment to the next, so it must be given one.',
    todo: 'Check that model and assignment belong together, or repair the assignment.',
  },
  SEARCH_RESULT_INVALID: {
    kind: 'bug',
    http: 500,
    ganeti: 'internal_error',
    what: 'The checker refuses the assignment that was found: {problems}.',
    why: 'The search and the checker compute constraints and cost independently, and do not agree.',
    todo: 'Nothing was written. Report this with the input files, the seed and the options.',
  },
});
