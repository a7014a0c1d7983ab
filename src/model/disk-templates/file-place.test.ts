import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filePlace, filePlaceProblem } from './file-place.ts';

const uuid = '00000000-0000-4000-8000-000000000001';
const other = '00000000-0000-4000-8000-000000000002';
const instance = { uuid: '00000000-0000-4000-8000-00000000000a' };
const disk = (...logical_id: string[]) => ({ instance, uuid, format: 'raw', logical_id });
const problem = (...logical_id: string[]) => filePlaceProblem(disk(...logical_id), '/srv/d');

test('a file lies in a folder of the storage, and has no name of another disk', () => {
  for (const path of ['i1/x.raw', '/srv/d/i1/x', '/srv/d//i1/./x', '/elsewhere/i1/x', `i1/${uuid}.raw`, 'i1/a..b', `i1/${other}`])
    assert.equal(problem('loop', path), null, path);
  assert.equal(problem(), null);
  assert.equal(problem('blktap2', 'i1/x'), null);
  for (const [path, text] of [
    ['', /is empty/],
    ['x', /not of the form/],
    ['i1', /not of the form/],
    ['a/b/c', /not of the form/],
    ['/srv/d', /not of the form/],
    ['/srv/d/x', /not of the form/],
    ['/srv/d/a/b/c', /not of the form/],
    ['/etc/passwd', /not of the form/],
    ['i1/../x', /contains "\.\."/],
    ['/srv/d/../e/i1/x', /contains "\.\."/],
    ['i1/a\0b', /control characters/],
    ['i1/a\nb', /"i1\/a\\nb" has control characters/],
    ['i1/a\x1b[31m', /control characters/],
    ['i1/.x', /hidden/],
    ['.i1/x', /hidden/],
    [`i1/${other}.raw`, /of another disk; this one is/],
    [`i1/.${other}.raw.new`, /of another disk/],
    [`i1/${uuid}.snap-a.raw`, /of another disk/],
    [`i1/.${uuid}.raw.new`, /of another disk/],
    [`i1/${uuid}.qcow2`, /of another disk/],
  ] as const)
    assert.match(problem('loop', path) ?? 'nothing', text, path);
  assert.match(problem('zork', 'i1/x') ?? '', /driver "zork" is none of loop, /);
});

test('ways to write one place are the same', () => {
  const place = (...logical_id: string[]) => filePlace(disk(...logical_id), '/srv/d/');
  for (const path of ['i1/x', '/srv/d/i1/x', './i1//x', '//srv//d/./i1/x/']) assert.equal(place('loop', path), 'i1/x', path);
  assert.equal(place(), `${instance.uuid}/${uuid}.raw`);
  assert.equal(place('loop', '/elsewhere//i1/x'), '/elsewhere/i1/x');
  assert.equal(place('loop', '/srv/dd/i1/x'), '/srv/dd/i1/x');
});
