import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globPattern, isGlob } from './glob.ts';
import { parseFilter } from './parse-filter.ts';

test("filters are written as for Ganeti's lists", () => {
  for (const [text, filter] of [
    ['status == "running"', ['=', 'status', 'running']],
    ["name='web1'", ['=', 'name', 'web1']],
    ['be/vcpus >= 2', ['>=', 'be/vcpus', 2]],
    ['oper_ram < -1 or oper_ram != 5', ['|', ['<', 'oper_ram', -1], ['!=', 'oper_ram', 5]]],
    ['a and b and not c', ['&', ['?', 'a'], ['?', 'b'], ['!', ['?', 'c']]]],
    ['a or b and c', ['|', ['?', 'a'], ['&', ['?', 'b'], ['?', 'c']]]],
    ['(a or b) AND !c', ['&', ['|', ['?', 'a'], ['?', 'b']], ['!', ['?', 'c']]]],
    ['name =~ m/^web\\d+\\/x/i', ['=~', 'name', '(?i)^web\\d+/x']],
    ['name !~ m{^db}', ['!', ['=~', 'name', '^db']]],
    ['name =* "web*"', ['=~', 'name', '^web.*$']],
    ['name !* "w?b.[a-c]"', ['!', ['=~', 'name', '^w.b\\.[a-c]$']]],
    ['"prod" in tags', ['=[]', 'tags', 'prod']],
    ['"a\\"b" not in tags', ['!', ['=[]', 'tags', 'a"b']]],
    ['m == 1', ['=', 'm', 1]],
    ['disk.size/0 > 10', ['>', 'disk.size/0', 10]],
    ['name == "a\\\\b"', ['=', 'name', 'a\\b']],
    ["name == 'it\\'s'", ['=', 'name', "it's"]],
    ['name =~ m/a\\.b\\/c/', ['=~', 'name', 'a\\.b/c']],
    ['name =~ m(a)si and b', ['&', ['=~', 'name', '(?si)a'], ['?', 'b']]],
    ['name =~ m[a]', ['=~', 'name', 'a']],
    ['m < 1', ['<', 'm', 1]],
    ['name =~ "^a"', ['=~', 'name', '^a']],
    ['5 in list', ['=[]', 'list', 5]],
    ['a <= 1 or b > 2', ['|', ['<=', 'a', 1], ['>', 'b', 2]]],
    ['not not a', ['!', ['!', ['?', 'a']]]],
    ['((a))', ['?', 'a']],
    ['NOT a OR b', ['|', ['!', ['?', 'a']], ['?', 'b']]],
    ['a and (b or c) and d', ['&', ['?', 'a'], ['|', ['?', 'b'], ['?', 'c']], ['?', 'd']]],
  ] as const) {
    assert.deepEqual(parseFilter(text), filter, text);
  }
});

test('what is wrong is told with its place', () => {
  for (const [text, problem] of [
    ['', /it ends where the name of a field is needed/],
    ['status ==', /it ends where a text in quotes or a whole number is needed/],
    ['status == running', /a text in quotes or a whole number is needed at character 11, not "running"/],
    ['(a', /it ends where "\)" is needed/],
    ['a b', /"and", "or" or the end is needed at character 3, not "b"/],
    ['name == "web', /begins at character 9 has no end/],
    ['name =~ m/x/g', /flags i and s, not "g"/],
    ['a & b', /character 3 \("&"\) is not expected here/],
    ['"x" tags', /"in" is needed at character 5/],
    ['and', /the name of a field is needed/],
    ['a == b"', /begins at character 7 has no end/],
    ['a =~ 5', /a pattern such as m\/\^web\/ is needed at character 6, not "5"/],
    ['a =* b', /a text in quotes or a whole number is needed at character 6, not "b"/],
    ['"x" not tags', /"in" is needed at character 9, not "tags"/],
    ['"x" in', /it ends where the name of a field is needed/],
    ['"x" in "y"', /the name of a field is needed at character 8, not "y"/],
    ['a == "b" c', /"and", "or" or the end is needed at character 10, not "c"/],
    ['name =~ m/x', /begins at character 9 has no end/],
    ['name =~ m/x\\', /begins at character 9 has no end/],
    ['a or', /it ends where the name of a field is needed/],
    [')', /the name of a field is needed at character 1, not "\)"/],
  ] as const) {
    assert.throws(() => parseFilter(text), { code: 'CLI_FILTER_INVALID', message: problem }, text);
  }
});

test('any text is either read or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('ab m/"\'=!~*<>()[]{}1\\ inotadr')), maxLength: 24 }), (text) => {
      try {
        parseFilter(text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'CLI_FILTER_INVALID');
      }
    }),
    { seed: 11, numRuns: 2000 },
  );
});

test('a glob fits whole names only, and what else has a meaning in patterns means itself', () => {
  const fits = (glob: string, name: string) => new RegExp(globPattern(glob)).test(name);
  assert.ok(fits('web*', 'web12.example.org'));
  assert.ok(!fits('web*', 'myweb1'));
  assert.ok(fits('w?b', 'wib') && !fits('w?b', 'wiib'));
  assert.ok(fits('web[12]', 'web2') && !fits('web[!12]', 'web2') && fits('web[!12]', 'web3'));
  assert.ok(fits('a.b', 'a.b') && !fits('a.b', 'axb'));
  assert.ok(fits('[', '['));
  assert.ok(isGlob('web*') && isGlob('w?') && isGlob('w[1]') && !isGlob('web1.example.org'));
  fc.assert(
    fc.property(fc.string(), (text) => new RegExp(globPattern(text)) instanceof RegExp),
    { seed: 3 },
  );
});
