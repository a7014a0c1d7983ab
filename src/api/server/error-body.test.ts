import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorReport, GantryError } from '../../base/index.ts';
import { errorBody, tellable } from './error-body.ts';

type Code = ErrorReport['code'];
const bodyOf = (code: Code, facts: Record<string, string> = {}) => {
  const { error: _report, ...body } = errorBody(new GantryError(code, facts));
  return body;
};

test('the three fields are those of Ganeti', () => {
  assert.deepEqual(bodyOf('API_UNAUTHENTICATED'), {
    code: 401,
    message: 'Unauthorized',
    explain: 'No permission -- see authorization schemes',
  });
  assert.deepEqual(bodyOf('API_PATH_UNKNOWN', { path: '/x' }), {
    code: 404,
    message: 'Not Found',
    explain: 'Nothing matches the given URI',
  });
  assert.deepEqual(bodyOf('API_BODY_MALFORMED'), {
    code: 400,
    message: 'Unable to parse JSON data',
    explain: 'Bad request syntax or unsupported method',
  });
  assert.deepEqual(bodyOf('API_CONSOLE_UNAVAILABLE', { instance: 'web1' }), {
    code: 503,
    message: 'Instance console unavailable',
    explain: 'The server cannot process the request due to a high load',
  });
  for (const code of ['API_REQUEST_INVALID', 'API_QUERY_MALFORMED', 'API_QUERY_FAILED'] as const)
    assert.equal(bodyOf(code, { problem: `it's <b>"&"</b>` }).message, 'it&#x27;s &lt;b&gt;&quot;&amp;&quot;&lt;/b&gt;', code);
});

test('a parameter that does not fit is told as Python shows it', () => {
  const message = (field: string) => bodyOf('INPUT_INVALID', { subject: 'OP', field, problem: 'x' }).message;
  assert.equal(
    message('name'),
    'Invalid body parameters: (&quot;Parameter &#x27;OP.name&#x27; fails validation&quot;, &#x27;wrong_input&#x27;)',
  );
  assert.equal(
    message('a"b'),
    "Invalid body parameters: ('Parameter \\'OP.a\"b\\' fails validation', 'wrong_input')"
      .replaceAll("'", '&#x27;')
      .replaceAll('"', '&quot;'),
  );
});

test('other errors have our own sentence, defects the phrase of their status alone', () => {
  assert.match(bodyOf('API_HANDLER_TIMED_OUT').message, /\w+ .*\w+/);
  assert.deepEqual(bodyOf('INTERNAL', { detail: 'secret' }), {
    code: 500,
    message: 'Internal Server Error',
    explain: 'Server got itself in trouble',
  });
});

test('of a defect is told only where to look it up', () => {
  const usual = new GantryError('API_BODY_MALFORMED');
  assert.equal(tellable(usual, 'f'.repeat(32)), usual);
  const told = tellable(new GantryError('INTERNAL', { detail: 'secret' }), 'f'.repeat(32));
  assert.deepEqual([told.code, told.facts], ['INTERNAL', { detail: 'trace ffffffffffffffffffffffffffffffff, see the log of the master' }]);
});

test('beside them stands the report', () => {
  const error = new GantryError('API_REQUEST_INVALID', { problem: 'p' });
  assert.deepEqual(errorBody(error).error, error.toReport());
});
